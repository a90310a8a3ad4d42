/** How an invite stands. Pure. */
import type { Invite } from "@/api/types";

export type InviteState = "open" | "used" | "expired";

/** @param now milliseconds since 1970 */
export function inviteState(
  { used_at, expires_at }: Pick<Invite, "used_at" | "expires_at">,
  now: number,
): InviteState {
  if (used_at !== null) return "used";
  return Date.parse(expires_at) <= now ? "expired" : "open";
}
