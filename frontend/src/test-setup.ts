import "fake-indexeddb/auto";

import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Whoever waits goes on as soon as the thing is there; how fast a busy machine is, nobody asks.
configure({ asyncUtilTimeout: 60_000 });

afterEach(() => {
  cleanup();
});
