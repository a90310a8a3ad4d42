/** How any page starts an upload; the uploads feature provides what happens then. */
import { createContext, use } from "react";

export interface UploadActions {
  /** Ask for files, then upload them. */
  choose: () => void;
  add: (files: File[]) => void;
}

const NOTHING: UploadActions = { choose: () => undefined, add: () => undefined };

export const UploadActionsContext = createContext<UploadActions>(NOTHING);

export function useUploadActions(): UploadActions {
  return use(UploadActionsContext);
}
