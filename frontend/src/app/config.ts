/** What differs between places where the same built page is served. */
export interface Config {
  /** Where the API is, without a slash at its end; empty for this page's own origin. */
  apiUrl: string;
}

/** Ask the server of the page; its own origin is the API when it says nothing. */
export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch("/config.json", { cache: "no-cache" });
    const said = (await response.json()) as { api_url?: unknown };
    return { apiUrl: typeof said.api_url === "string" ? said.api_url.replace(/\/$/, "") : "" };
  } catch {
    return { apiUrl: "" };
  }
}
