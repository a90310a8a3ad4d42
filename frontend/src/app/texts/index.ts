/** All texts of the page, one section for each feature: the one folder to translate. */

import { ofFailures } from "./failures";
import { ofPeople } from "./people";
import { ofShares } from "./shares";
import { ofUploads } from "./uploads";
import { ofVideos } from "./videos";

export const texts = { ...ofPeople, ...ofVideos, ...ofShares, ...ofUploads, ...ofFailures };
