/** Where an account is made; the link of an invite leads there. */
export const REGISTER = "/register";

/** @param origin of this page, as `https://films.example` */
export function inviteLink(origin: string, code: string): string {
  return `${origin}${REGISTER}?${new URLSearchParams({ invite: code }).toString()}`;
}
