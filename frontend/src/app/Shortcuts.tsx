import { Suspense, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { useUploadActions } from "@/library/uploadActions";

import { lazyPart } from "./lazyPart";
import { isTyping, wishOf } from "./shortcuts";

const ShortcutList = lazyPart(async () => (await import("./ShortcutList")).ShortcutList);

/** Listens for the keys that work everywhere, and lists them. */
export function Shortcuts() {
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const uploads = useUploadActions();
  const before = useRef<string | null>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      const wish = wishOf(event, before.current);
      before.current = event.key;
      if (wish === null) return;
      // The library's own field listens for `/` itself; from elsewhere it leads there.
      if (wish.kind === "search") {
        if (window.location.pathname !== "/") void navigate("/?search");
        return;
      }
      event.preventDefault();
      if (wish.kind === "go") void navigate(wish.to);
      else if (wish.kind === "upload") uploads.choose();
      else setHelp(true);
    };
    window.addEventListener("keydown", pressed);
    return () => {
      window.removeEventListener("keydown", pressed);
    };
  }, [navigate, uploads]);
  if (!help) return null;
  return (
    <Suspense>
      <ShortcutList
        onClose={() => {
          setHelp(false);
        }}
      />
    </Suspense>
  );
}
