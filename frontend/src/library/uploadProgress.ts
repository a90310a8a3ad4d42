/** How far this browser's own uploads are; the uploads feature provides it. */
import { createContext, use, useSyncExternalStore } from "react";

export interface UploadProgress {
  /** Bytes. */
  sent: number;
  total: number;
  /** `stopped`: it does not go on before somebody does something. */
  state: "waiting" | "sending" | "paused" | "stopped";
}

export interface UploadProgressSource {
  subscribe: (listener: () => void) => () => void;
  /** The same object until something about it changes; null when this browser does not upload it. */
  of: (videoId: string) => UploadProgress | null;
}

const UNKNOWN: UploadProgressSource = { subscribe: () => () => undefined, of: () => null };

export const UploadProgressContext = createContext<UploadProgressSource>(UNKNOWN);

export function useUploadOf(videoId: string): UploadProgress | null {
  const source = use(UploadProgressContext);
  return useSyncExternalStore(source.subscribe, () => source.of(videoId));
}
