import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Mail, Ticket } from "lucide-react";
import { useState } from "react";

import { answered } from "@/api/client";
import { isApiError } from "@/api/problem";
import type { CreatedInvite, Invite } from "@/api/types";
import { moment } from "@/app/format";
import { keys } from "@/app/queries";
import { useApi } from "@/app/services";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { useRegistration } from "@/auth/useRegistration";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { RelativeTime } from "@/ui/RelativeTime";
import { Skeleton } from "@/ui/Skeleton";
import { complain, say } from "@/ui/Toasts";
import { useNow } from "@/ui/useNow";

import { InviteForm } from "./InviteForm";
import { InviteMade } from "./InviteMade";
import { inviteState } from "./inviteState";
import styles from "./SettingsPage.module.css";

const PAGE_SIZE = 20;

/** For admins: who may make an account. */
export function Invites() {
  const api = useApi();
  const queryClient = useQueryClient();
  const registration = useRegistration();
  // Told once: it is held here and nowhere else.
  const [made, setMade] = useState<CreatedInvite | null>(null);
  const words = texts.settings;
  const invites = useInfiniteQuery({
    queryKey: keys.invites,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return answered(api.GET("/v1/admin/invites", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchOnMount: "always",
  });
  const refresh = () => queryClient.invalidateQueries({ queryKey: keys.invites });
  const end = useMutation({
    mutationFn: async ({ id }: Invite) => {
      try {
        const params = { path: { invite_id: id } };
        await answered(api.DELETE("/v1/admin/invites/{invite_id}", { params }));
      } catch (error) {
        // Another admin was quicker; it is what was wanted.
        if (!isApiError(error, "not_found")) throw error;
      }
    },
    onSuccess: (_, { id }) => {
      if (made?.id === id) setMade(null);
      say({ title: words.inviteEnded });
    },
    onError: complain,
    onSettled: refresh,
  });
  const items = invites.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <section aria-labelledby="invites" className={styles.section}>
      <h2 id="invites">{words.invites}</h2>
      <p className={styles.hint}>
        {registration.data === "open"
          ? words.invitesOpen
          : registration.data === "closed"
            ? words.invitesClosed
            : words.invitesHint}
      </p>
      {made === null ? (
        <InviteForm
          onMade={(invite) => {
            setMade(invite);
            void refresh();
          }}
        />
      ) : (
        <InviteMade
          invite={made}
          onDone={() => {
            setMade(null);
          }}
        />
      )}
      {invites.isError && (
        <Callout tone="danger" title={words.invitesFailed}>
          <p>{wordsFor(invites.error)}</p>
        </Callout>
      )}
      {items.length === 0 && invites.isSuccess ? (
        <p className={styles.hint}>{words.noInvites}</p>
      ) : (
        <ul className={styles.list} aria-label={words.inviteList}>
          {invites.isPending && (
            <li className={styles.row}>
              <Skeleton height="40px" />
            </li>
          )}
          {items.map((invite) => (
            <Row
              key={invite.id}
              invite={invite}
              busy={end.isPending && end.variables.id === invite.id}
              onEnd={() => {
                end.mutate(invite);
              }}
            />
          ))}
        </ul>
      )}
      {invites.hasNextPage && (
        <div>
          <Button busy={invites.isFetchingNextPage} onClick={() => void invites.fetchNextPage()}>
            {words.moreInvites}
          </Button>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  invite: Invite;
  busy: boolean;
  onEnd: () => void;
}

function Row({ invite, busy, onEnd }: RowProps) {
  const now = useNow();
  const words = texts.settings;
  const who = invite.email ?? words.anybody;
  const state = inviteState(invite, now);
  return (
    <li className={styles.row}>
      {invite.email === null ? <Ticket /> : <Mail />}
      <div className={styles.who}>
        <p className={styles.name}>{who}</p>
        <p className={styles.hint}>
          {state === "used" && invite.used_at !== null ? (
            <>
              {words.inviteUsed} <RelativeTime iso={invite.used_at} />
            </>
          ) : state === "expired" ? (
            <>
              {words.inviteExpired} <RelativeTime iso={invite.expires_at} />
            </>
          ) : (
            <time dateTime={invite.expires_at}>
              {words.inviteUntil(moment(Date.parse(invite.expires_at)))}
            </time>
          )}{" "}
          · {words.inviteMadeAt} <RelativeTime iso={invite.created_at} />
        </p>
      </div>
      {state === "open" && (
        <Button busy={busy} onClick={onEnd} aria-label={words.inviteEndOf(who)}>
          {words.inviteEnd}
        </Button>
      )}
    </li>
  );
}
