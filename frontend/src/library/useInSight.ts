import { type RefObject, useEffect, useEffectEvent } from "react";

/** How far below the window something counts as being in sight, so that it is there in time. */
const AHEAD = "0px 0px 900px 0px";

/** Call back when an element is in sight, and again each time `wanted` becomes true while it is. */
export function useInSight(
  element: RefObject<Element | null>,
  wanted: boolean,
  onSight: () => void,
): void {
  const seen = useEffectEvent(onSight);
  useEffect(() => {
    if (!wanted || element.current === null || !("IntersectionObserver" in window)) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) seen();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  }, [element, wanted]);
}
