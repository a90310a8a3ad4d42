/** Who may make an account here. */
import { offline, problemOf } from "@/api/problem";
import type { RegistrationMode } from "@/api/types";

/** Asked without a session: the way in is shown to who has none. @throws ApiError */
export async function askRegistration(
  apiUrl: string,
  signal?: AbortSignal,
): Promise<RegistrationMode> {
  const response = await fetch(`${apiUrl}/v1/auth/registration`, {
    signal: signal ?? null,
  }).catch((error: unknown) => {
    throw signal?.aborted ? error : offline();
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response, body);
  return (body as { registration: RegistrationMode }).registration;
}
