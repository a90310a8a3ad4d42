import { useState } from "react";
import { useLocation, useNavigate } from "react-router";

import { isApiError } from "@/api/problem";
import type { OutBecause } from "@/api/session";
import { textIn } from "@/app/forms";
import { useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { PasswordField } from "@/ui/PasswordField";
import { TextField } from "@/ui/TextField";

import styles from "./AuthPage.module.css";
import { REGISTER } from "./place";
import { useRegistration } from "./useRegistration";

interface Props {
  because: OutBecause;
}

const OF_A_FIELD = ["validation_failed", "password_rejected", "email_unavailable"];
const OF_THE_INVITE = ["invite_required", "invite_invalid"];

/** Logs in, or makes an account and logs in. The address stays: one goes on where one was. */
export function AuthPage({ because }: Props) {
  const { session } = useServices();
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const registration = useRegistration();
  const [mode, setMode] = useState<"login" | "register">(
    pathname === REGISTER ? "register" : "login",
  );
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const words = texts.auth;
  const registering = mode === "register";
  // Where it cannot be asked the form is there, and the API itself says no.
  const asked = isApiError(error, ...OF_THE_INVITE) ? "invite" : registration.data;
  const open = asked ?? (registration.isError ? "open" : undefined);
  const closed = open === "closed";

  const submit = async (form: FormData) => {
    const email = textIn(form, "email").trim();
    const password = textIn(form, "password");
    setBusy(true);
    setError(null);
    try {
      await (registering
        ? session.register(email, password, textIn(form, "invite").trim() || null)
        : session.logIn(email, password));
    } catch (refused) {
      setError(refused);
      if (isApiError(refused, "registration_closed", ...OF_THE_INVITE)) void registration.refetch();
    } finally {
      setBusy(false);
    }
  };

  const turn = () => {
    setMode(registering ? "login" : "register");
    setError(null);
    if (pathname === REGISTER) void navigate("/", { replace: true });
  };

  const emailError =
    wordsForField(error, "email") ??
    (isApiError(error, "email_unavailable") ? wordsFor(error) : undefined);
  const passwordError =
    wordsForField(error, "password") ??
    (isApiError(error, "password_rejected") ? error.message : undefined);
  const inviteError =
    wordsForField(error, "invite") ??
    (isApiError(error, ...OF_THE_INVITE) ? wordsFor(error) : undefined);
  const ofAField =
    inviteError ?? (isApiError(error, ...OF_A_FIELD) ? (emailError ?? passwordError) : undefined);

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{registering ? words.registerTitle : words.logInTitle}</h1>
        {error === null && !registering && <Reason because={because} />}
        {error !== null && ofAField === undefined && (
          <Callout tone="danger" title={wordsFor(error)} />
        )}
        {registering && closed && error === null && (
          <Callout title={words.closedTitle}>
            <p>{words.closedHint}</p>
          </Callout>
        )}
        {(!registering || open === "open" || open === "invite") && (
          <form
            noValidate
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault();
              void submit(new FormData(event.currentTarget));
            }}
          >
            {registering && open === "invite" && (
              <TextField
                label={words.invite}
                name="invite"
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                defaultValue={new URLSearchParams(search).get("invite") ?? ""}
                required
                hint={words.inviteHint}
                error={inviteError}
              />
            )}
            <TextField
              label={words.email}
              name="email"
              type="email"
              autoComplete="username"
              autoFocus
              required
              error={emailError}
            />
            <PasswordField
              label={words.password}
              name="password"
              autoComplete={registering ? "new-password" : "current-password"}
              required
              hint={registering ? words.passwordHint : undefined}
              error={passwordError}
            />
            <Button type="submit" variant="primary" busy={busy}>
              {registering ? words.register : words.logIn}
            </Button>
          </form>
        )}
        {/* Keeps its place while that is not known. */}
        <p className={styles.other}>
          {registering || open === "open" || open === "invite" ? (
            <>
              {registering ? words.toLogIn : words.toRegister}{" "}
              <Button variant="quiet" onClick={turn}>
                {registering ? words.logInTitle : words.registerTitle}
              </Button>
            </>
          ) : (
            closed && `${words.toRegister} ${words.closedHint}`
          )}
        </p>
      </div>
    </main>
  );
}

/** Why one is here and not where one was. */
function Reason({ because }: Props) {
  const words = texts.auth;
  if (because === "ended")
    return (
      <Callout title={words.ended}>
        <p>{words.endedHint}</p>
      </Callout>
    );
  if (because === "deleted")
    return (
      <Callout title={words.deleted}>
        <p>{words.deletedHint}</p>
      </Callout>
    );
  return null;
}
