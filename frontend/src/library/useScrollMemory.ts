import { useLayoutEffect, useRef } from "react";

/** How far down each view was when it was left, in pixels. */
const places = new Map<string, number>();

/**
 * Keep one's place in a list: who comes back to it is where they left it.
 *
 * @param ready whether there is something to scroll yet.
 */
export function useScrollMemory(view: string, ready: boolean): void {
  const restored = useRef(false);
  useLayoutEffect(() => {
    if (!ready) return;
    // Only on coming: another filter begins where one is.
    if (!restored.current) window.scrollTo({ top: places.get(view) ?? 0, behavior: "instant" });
    restored.current = true;
    const remember = () => {
      places.set(view, window.scrollY);
    };
    window.addEventListener("scroll", remember, { passive: true });
    return () => {
      window.removeEventListener("scroll", remember);
    };
  }, [view, ready]);
}
