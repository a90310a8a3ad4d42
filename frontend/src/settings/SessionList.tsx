import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Laptop, TerminalSquare } from "lucide-react";
import { useState } from "react";

import { answered } from "@/api/client";
import type { BrowserSession } from "@/api/types";
import { keys } from "@/app/queries";
import { useApi, useServices } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { Confirm } from "@/ui/Dialog";
import { RelativeTime } from "@/ui/RelativeTime";
import { Skeleton } from "@/ui/Skeleton";
import { complain, say } from "@/ui/Toasts";

import { nameOf } from "./client";
import styles from "./SettingsPage.module.css";

/** Where one is logged in, and how to end it. */
export function SessionList() {
  const api = useApi();
  const { session } = useServices();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const words = texts.settings;
  const sessions = useQuery({
    queryKey: keys.sessions,
    queryFn: () => answered(api.GET("/v1/auth/sessions")),
    refetchOnMount: "always",
  });
  const end = useMutation({
    mutationFn: (id: string) =>
      answered(
        api.DELETE("/v1/auth/sessions/{session_id}", { params: { path: { session_id: id } } }),
      ),
    onSuccess: () => {
      say({ title: words.ended });
    },
    onError: complain,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.sessions }),
  });
  const endAll = useMutation({
    mutationFn: () => answered(api.DELETE("/v1/auth/sessions")),
    // The cookie is of no use any more: the way out takes it away too.
    onSuccess: () => session.logOut(),
    onError: complain,
  });

  return (
    <section aria-labelledby="sessions" className={styles.section}>
      <h2 id="sessions">{words.sessions}</h2>
      <p className={styles.hint}>{words.sessionsHint}</p>
      {sessions.isError && <Callout tone="danger" title={wordsFor(sessions.error)} />}
      <ul className={styles.list}>
        {sessions.isPending && (
          <li className={styles.row}>
            <Skeleton height="40px" />
          </li>
        )}
        {sessions.data?.items.map((item) => (
          <Row
            key={item.id}
            item={item}
            busy={end.isPending && end.variables === item.id}
            onEnd={() => {
              if (item.current) session.logOut().catch(complain);
              else end.mutate(item.id);
            }}
          />
        ))}
      </ul>
      <div>
        <Button
          onClick={() => {
            setAsking(true);
          }}
        >
          {words.endAll}
        </Button>
      </div>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={words.endAllTitle}
        hint={words.endAllHint}
        confirm={words.endAll}
        busy={endAll.isPending}
        onConfirm={() => {
          endAll.mutate();
        }}
      />
    </section>
  );
}

interface RowProps {
  item: BrowserSession;
  busy: boolean;
  onEnd: () => void;
}

function Row({ item, busy, onEnd }: RowProps) {
  const words = texts.settings;
  const name = nameOf(item.user_agent, item.client);
  return (
    <li className={styles.row}>
      {item.client === "native" ? <TerminalSquare /> : <Laptop />}
      <div className={styles.who}>
        <p className={styles.name}>
          {name}
          {item.current && <span className={styles.this}>{words.thisOne}</span>}
        </p>
        <p className={styles.hint}>
          {words.lastUsed} <RelativeTime iso={item.used_at} /> · {words.from(item.address)}
        </p>
      </div>
      <Button busy={busy} onClick={onEnd} aria-label={item.current ? undefined : words.endOf(name)}>
        {item.current ? texts.app.logOut : words.end}
      </Button>
    </li>
  );
}
