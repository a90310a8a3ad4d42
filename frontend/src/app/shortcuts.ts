/** Keys that work on every page. Pure: what a key means is decided here and done elsewhere. */

export type Wish =
  { kind: "go"; to: string } | { kind: "upload" } | { kind: "search" } | { kind: "help" };

interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const PLACES: Record<string, string> = { l: "/", a: "/activity", s: "/settings" };

/** @param before the key pressed just before, for those of two keys. */
export function wishOf(event: Key, before: string | null): Wish | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const place = before === "g" ? PLACES[event.key] : undefined;
  if (place !== undefined) return { kind: "go", to: place };
  if (event.key === "u") return { kind: "upload" };
  if (event.key === "/") return { kind: "search" };
  if (event.key === "?") return { kind: "help" };
  return null;
}

/** Whether keys are text where the focus is, or belong to a window over the page. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input:not([type=range]), textarea, select, [role=dialog], [role=menu]") !==
        null)
  );
}
