import { useEffect } from "react";

import { texts } from "@/app/texts";

/** Name the page in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? texts.app.name : `${title} · ${texts.app.name}`;
  }, [title]);
}
