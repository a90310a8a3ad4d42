import { type RefObject, useLayoutEffect } from "react";

const HEIGHT = "--tray";

/** Tells the page how high something is that lies over its end, so that it leaves room for it. */
export function useRoom(ref: RefObject<HTMLElement | null>, shown: boolean): void {
  useLayoutEffect(() => {
    const element = ref.current;
    if (!shown || element === null) return;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => {
      style.setProperty(HEIGHT, `${element.offsetHeight}px`);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      style.removeProperty(HEIGHT);
    };
  }, [ref, shown]);
}
