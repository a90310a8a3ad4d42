import { Copy, Link2 } from "lucide-react";
import { useEffect, useId, useRef } from "react";

import type { CreatedInvite } from "@/api/types";
import { moment } from "@/app/format";
import { texts } from "@/app/texts";
import { inviteLink } from "@/auth/place";
import { Button } from "@/ui/Button";
import { say } from "@/ui/Toasts";

import styles from "./SettingsPage.module.css";

interface Props {
  invite: CreatedInvite;
  onDone: () => void;
}

/** A new invite: its code is shown here and never again. */
export function InviteMade({ invite, onDone }: Props) {
  const title = useId();
  const box = useRef<HTMLDivElement>(null);
  const words = texts.settings;
  const link = inviteLink(window.location.origin, invite.code);
  // The form that had the focus is gone.
  useEffect(() => {
    box.current?.focus();
  }, []);
  return (
    <div ref={box} role="group" tabIndex={-1} aria-labelledby={title} className={styles.made}>
      <p id={title} className={styles.name}>
        {words.inviteMade}
      </p>
      <p>
        {invite.email === null ? words.inviteForAnybody : words.inviteFor(invite.email)}{" "}
        {capital(words.inviteUntil(moment(Date.parse(invite.expires_at))))}.
      </p>
      <dl className={styles.codes}>
        <dt>{words.inviteCode}</dt>
        <dd>
          <code>{invite.code}</code>
        </dd>
        <dt>{words.inviteLink}</dt>
        <dd>
          <code>{link}</code>
        </dd>
      </dl>
      <div className={styles.together}>
        <Button
          icon={<Copy />}
          onClick={() => {
            void copy(invite.code, words.codeCopied);
          }}
        >
          {words.copyCode}
        </Button>
        <Button
          icon={<Link2 />}
          onClick={() => {
            void copy(link, words.linkCopied);
          }}
        >
          {words.copyInviteLink}
        </Button>
        <Button variant="quiet" onClick={onDone}>
          {words.inviteDone}
        </Button>
      </div>
    </div>
  );
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** Browsers allow it on a secure page only; what is to be copied can be read there anyway. */
async function copy(what: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(what);
    say({ title: done });
  } catch {
    say({ title: texts.settings.copyFailed, timeout: 10_000 });
  }
}
