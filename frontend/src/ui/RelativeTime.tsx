import { ago, exactly } from "@/app/format";
import { useNow } from "@/ui/useNow";

/** How long ago, with the exact time when one points at it. */
export function RelativeTime({ iso }: { iso: string }) {
  const now = useNow();
  const then = Date.parse(iso);
  return (
    <time dateTime={iso} title={exactly(then)}>
      {ago(then, now)}
    </time>
  );
}
