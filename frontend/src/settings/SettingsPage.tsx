import { useQuery } from "@tanstack/react-query";

import { answered } from "@/api/client";
import type { Limits } from "@/api/types";
import { bytes } from "@/app/format";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { Skeleton } from "@/ui/Skeleton";
import { useTitle } from "@/ui/useTitle";

import { DeleteSection } from "./DeleteSection";
import { Invites } from "./Invites";
import { PasswordSection } from "./PasswordSection";
import { SessionList } from "./SessionList";
import styles from "./SettingsPage.module.css";

export function SettingsPage() {
  const api = useApi();
  const words = texts.settings;
  useTitle(words.title);
  const me = useQuery({ queryKey: keys.me, queryFn: () => answered(api.GET("/v1/me")) });
  // Under a key of its own: the tray keeps its limits for as long as the page is open.
  const usage = useQuery({
    queryKey: keys.usage,
    queryFn: () => answered(api.GET("/v1/limits")),
  });
  return (
    <div className={styles.page}>
      <h1>{words.title}</h1>
      <section aria-labelledby="account" className={styles.section}>
        <h2 id="account">{words.account}</h2>
        <dl className={styles.facts}>
          <dt>{words.email}</dt>
          <dd>{me.data?.email ?? <Skeleton width="180px" />}</dd>
          <dt>{words.since}</dt>
          <dd>
            {me.data === undefined ? (
              <Skeleton width="120px" />
            ) : (
              new Date(me.data.created_at).toLocaleDateString(undefined, { dateStyle: "long" })
            )}
          </dd>
          <dt>{words.storage}</dt>
          <dd>{usage.data === undefined ? <Skeleton width="120px" /> : storageOf(usage.data)}</dd>
          <dt>{words.active}</dt>
          <dd>{usage.data === undefined ? <Skeleton width="60px" /> : activeOf(usage.data)}</dd>
        </dl>
      </section>
      {me.data?.role === "admin" && <Invites />}
      <PasswordSection email={me.data?.email ?? ""} />
      <SessionList />
      {me.data !== undefined && (
        <DeleteSection
          email={me.data.email}
          stored={usage.data?.bytes_used ? bytes(usage.data.bytes_used) : null}
        />
      )}
    </div>
  );
}

function storageOf(usage: Limits): string {
  const allowed = usage.bytes_allowed;
  return texts.settings.of(bytes(usage.bytes_used), allowed === null ? null : bytes(allowed));
}

function activeOf(usage: Limits): string {
  return texts.settings.of(String(usage.active), usage.active_allowed?.toString() ?? null);
}
