import { useCallback, useEffect, useRef, useState } from "react";

const PATIENCE_MS = 2500;

/** Whether nobody has done anything for a while; `stir` says that somebody has. */
export function useIdle(): { idle: boolean; stir: () => void; rest: () => void } {
  const [idle, setIdle] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const rest = useCallback(() => {
    clearTimeout(timer.current);
    setIdle(true);
  }, []);
  const stir = useCallback(() => {
    clearTimeout(timer.current);
    setIdle(false);
    timer.current = setTimeout(() => {
      setIdle(true);
    }, PATIENCE_MS);
  }, []);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  return { idle, stir, rest };
}
