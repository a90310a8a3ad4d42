/** The browser's word on whether there is a network. */

import type { Network } from "./ports";

export function browserNetwork(): Network {
  return {
    get online() {
      return navigator.onLine;
    },
    subscribe(listener) {
      addEventListener("online", listener);
      addEventListener("offline", listener);
      return () => {
        removeEventListener("online", listener);
        removeEventListener("offline", listener);
      };
    },
  };
}
