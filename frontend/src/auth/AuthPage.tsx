import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

import { isApiError } from "@/api/problem";
import { useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor, wordsForField } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { IconButton } from "@/ui/IconButton";
import { TextField } from "@/ui/TextField";

import styles from "./AuthPage.module.css";

interface Props {
  because: "nobody" | "left" | "ended";
}

const OF_A_FIELD = ["validation_failed", "password_rejected", "email_unavailable"];

/** Logs in, or makes an account and logs in. The address stays: one goes on where one was. */
export function AuthPage({ because }: Props) {
  const { session } = useServices();
  const [mode, setMode] = useState<"login" | "register">("login");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const words = texts.auth;
  const registering = mode === "register";

  const submit = async (form: FormData) => {
    const email = textIn(form, "email").trim();
    const password = textIn(form, "password");
    setBusy(true);
    setError(null);
    try {
      await (registering ? session.register(email, password) : session.logIn(email, password));
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };

  const emailError =
    wordsForField(error, "email") ??
    (isApiError(error, "email_unavailable") ? wordsFor(error) : undefined);
  const passwordError =
    wordsForField(error, "password") ??
    (isApiError(error, "password_rejected") ? error.message : undefined);
  const general =
    error !== null && !(isApiError(error, ...OF_A_FIELD) && (emailError ?? passwordError));

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{registering ? words.registerTitle : words.logInTitle}</h1>
        {because === "ended" && error === null && (
          <Callout title={words.ended}>
            <p>{words.endedHint}</p>
          </Callout>
        )}
        {general && <Callout tone="danger" title={wordsFor(error)} />}
        <form
          noValidate
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void submit(new FormData(event.currentTarget));
          }}
        >
          <TextField
            label={words.email}
            name="email"
            type="email"
            autoComplete="username"
            autoFocus
            required
            error={emailError}
          />
          <TextField
            label={words.password}
            name="password"
            type={shown ? "text" : "password"}
            autoComplete={registering ? "new-password" : "current-password"}
            required
            hint={registering ? words.passwordHint : undefined}
            error={passwordError}
            end={
              <IconButton
                type="button"
                label={shown ? words.hidePassword : words.showPassword}
                icon={shown ? <EyeOff /> : <Eye />}
                onClick={() => {
                  setShown(!shown);
                }}
              />
            }
          />
          <Button type="submit" variant="primary" busy={busy}>
            {registering ? words.register : words.logIn}
          </Button>
        </form>
        <p className={styles.other}>
          {registering ? words.toLogIn : words.toRegister}{" "}
          <Button
            variant="quiet"
            onClick={() => {
              setMode(registering ? "login" : "register");
              setError(null);
            }}
          >
            {registering ? words.logInTitle : words.registerTitle}
          </Button>
        </p>
      </div>
    </main>
  );
}

function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
