import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const page = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const api = process.env.FRAMEMILL_API ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2023",
    // Small pieces would become data: URLs, which the policy forbids for scripts and styles.
    assetsInlineLimit: 0,
    manifest: true,
    sourcemap: false,
    // Its polyfill would be a script of its own; every browser we support preloads modules.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: page("index.html"), embed: page("src/embed/main.ts") },
      output: {
        // The API names it in the page that it writes for a link.
        entryFileNames: ({ name }) => (name === "embed" ? "embed.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  experimental: {
    // A player in a page of the API finds its pieces beside itself, which may be elsewhere.
    renderBuiltUrl: (_, { hostType }) => (hostType === "js" ? { relative: true } : undefined),
  },
  server: {
    port: 5173,
    proxy: { "/v1": api, "/embed/": api, "/openapi.json": api, "/docs": api },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    restoreMocks: true,
    testTimeout: 90_000,
    // A document for each file would take longer than the tests in it.
    pool: "threads",
    isolate: false,
  },
});
