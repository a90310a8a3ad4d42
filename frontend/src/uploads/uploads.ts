import type { Video } from "@/api/types";

import type { UploadManager } from "./engine/manager";

/** The uploads of one person in this tab. */
export type Uploads = UploadManager<Video>;
