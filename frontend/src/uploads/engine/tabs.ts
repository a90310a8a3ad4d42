/** What the tabs of one user tell each other, so that each shows all uploads. */

import type { Action, StateName } from "./machine";

export type Command = Extract<Action, "pause" | "resume" | "cancel" | "retry" | "dismiss">;

export type Message =
  /** An upload was begun or ended: look again. */
  | { readonly type: "changed"; readonly id: string }
  /** How far is it? */
  | { readonly type: "ask"; readonly id: string }
  | {
      readonly type: "status";
      readonly id: string;
      readonly state: StateName;
      readonly sent: number;
      readonly cells: readonly number[];
    }
  /** For the tab that drives it. */
  | { readonly type: "command"; readonly id: string; readonly action: Command };

export interface Tabs {
  post(message: Message): void;
  /** Calls back with what other tabs say. */
  listen(listener: (message: Message) => void): void;
  close(): void;
}

const DEAF: Tabs = { post: () => undefined, listen: () => undefined, close: () => undefined };

export function browserTabs(userId: string): Tabs {
  if (!("BroadcastChannel" in globalThis)) return DEAF;
  const channel = new BroadcastChannel(`framemill-uploads-${userId}`);
  let open = true;
  return {
    post: (message) => {
      if (open) channel.postMessage(message);
    },
    listen: (listener) => {
      channel.onmessage = (event: MessageEvent<unknown>) => {
        if (isMessage(event.data)) listener(event.data);
      };
    },
    close: () => {
      open = false;
      channel.close();
    },
  };
}

/** A tab that was opened before an update may speak otherwise. */
function isMessage(data: unknown): data is Message {
  if (typeof data !== "object" || data === null) return false;
  const { type, id, cells } = data as Record<string, unknown>;
  if (typeof id !== "string") return false;
  if (type === "status") return Array.isArray(cells);
  return type === "changed" || type === "ask" || type === "command";
}
