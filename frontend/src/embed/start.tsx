import "@/app/theme.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { texts } from "@/app/texts";

import { Embed } from "./Embed";
import { Shared } from "./shared";

const element = document.getElementById("root");
if (element === null) throw new Error("The page has no #root.");
// "/embed/" and the token. The API answers under the address of this page.
const token = decodeURIComponent(window.location.pathname.split("/")[2] ?? "");
document.title ||= texts.embed.untitled;

createRoot(element).render(
  <StrictMode>
    <Embed id={token} shared={new Shared(token)} />
  </StrictMode>,
);
