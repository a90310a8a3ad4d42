/** Where a key leads in a grid of cards. Pure. */

export interface GridShape {
  count: number;
  columns: number;
  rtl: boolean;
}

/** The index that a key leads to from `index`; null when the key means nothing here. */
export function target(
  key: string,
  index: number,
  { count, columns, rtl }: GridShape,
): number | null {
  const wanted = step(key, index, { count, columns, rtl });
  return wanted === null || wanted < 0 || wanted >= count ? null : wanted;
}

function step(key: string, index: number, { count, columns, rtl }: GridShape): number | null {
  switch (key) {
    case "ArrowRight":
      return index + (rtl ? -1 : 1);
    case "ArrowLeft":
      return index + (rtl ? 1 : -1);
    case "ArrowDown":
      // Below the last full row there may be a card only further left.
      return index + columns < count ? index + columns : belowRest(index, count, columns);
    case "ArrowUp":
      return index - columns;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

function belowRest(index: number, count: number, columns: number): number | null {
  const lastRow = Math.floor((count - 1) / columns);
  return Math.floor(index / columns) < lastRow ? count - 1 : null;
}
