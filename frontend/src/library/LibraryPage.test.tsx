import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { problem } from "@/app/aPage";

import { showLibrary } from "./aLibrary";
import { aVideo } from "./aVideo";
import { applyChange } from "./cache";

const scrollTo = vi.fn();

beforeEach(() => {
  // jsdom has no layout to scroll.
  vi.stubGlobal("scrollTo", scrollTo);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The titles in the order they are shown. */
function shown(): (string | null)[] {
  const links = screen.queryAllByRole("link");
  return links.map((link) => link.textContent);
}

async function chooseFromMenu(title: string, action: string): Promise<void> {
  await userEvent.click(await screen.findByRole("button", { name: `More actions for ${title}` }));
  await userEvent.click(await screen.findByRole("menuitem", { name: action }));
}

describe("the library", () => {
  test("shows films page by page", async () => {
    const { asked } = showLibrary({
      videos: [aVideo(13), aVideo(12), aVideo(11)],
      pageSize: 2,
    });
    await userEvent.click(await screen.findByRole("button", { name: "Load more" }));
    await screen.findByRole("link", { name: "Film 11" });
    expect(shown()).toEqual(["Film 13", "Film 12", "Film 11"]);
    expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
    expect(asked.map(({ url }) => url.searchParams.get("cursor"))).toEqual([null, "2"]);
    const list = screen.getByRole("list", { name: "Videos" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(3);
  });

  test("tells sound from films", async () => {
    showLibrary({ videos: [aVideo(2, { kind: "audio" }), aVideo(1)] });
    const [sound, film] = await screen.findAllByRole("article");
    expect(sound?.textContent).toContain("Sound");
    expect(film?.textContent).not.toContain("Sound");
  });

  test("shows how far a film is that is being worked on, and why one failed", async () => {
    showLibrary({
      videos: [
        aVideo(12, { state: "processing", stage: "encoding", progress: 40, eta_seconds: 90 }),
        aVideo(11, {
          state: "failed",
          failure: { code: "encrypted_media", message: "", retryable: false },
        }),
      ],
    });
    const bar = await screen.findByRole("progressbar", { name: "Encoding" });
    expect(bar.getAttribute("aria-valuenow")).toBe("40");
    screen.getByText("40 % · 2 min left");
    screen.getByText("This video is protected against copying");
  });

  test("changes a card in place when word of it comes", async () => {
    const { client } = showLibrary({
      videos: [aVideo(12), aVideo(11, { state: "processing", stage: "publishing" })],
    });
    await screen.findByText("Saving the result");
    act(() => {
      applyChange(client, { kind: "video", video: aVideo(11, { version: 2 }) });
    });
    await waitFor(() => {
      expect(screen.queryByText("Saving the result")).toBeNull();
    });
    expect(shown()).toEqual(["Film 12", "Film 11"]);
  });

  test("without films invites to upload one", async () => {
    const choose = vi.fn();
    showLibrary({ choose });
    await userEvent.click(await screen.findByRole("button", { name: "Choose videos" }));
    expect(choose).toHaveBeenCalledOnce();
  });

  test("that does not load says so and can be asked again", async () => {
    let broken = true;
    showLibrary({
      videos: [aVideo(11)],
      answer: () => (broken ? problem(403, "forbidden") : undefined),
    });
    await screen.findByText("You are not allowed to do this.");
    broken = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByRole("link", { name: "Film 11" });
  });

  test("is walked with the arrow keys", async () => {
    showLibrary({ videos: [aVideo(13), aVideo(12), aVideo(11)] });
    (await screen.findByRole("link", { name: "Film 13" })).focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(document.activeElement?.textContent).toBe("Film 12");
    await userEvent.keyboard("{End}");
    expect(document.activeElement?.textContent).toBe("Film 11");
    await userEvent.keyboard("{Home}");
    expect(document.activeElement?.textContent).toBe("Film 13");
  });
});

describe("looking for a film", () => {
  const videos = [aVideo(12, { title: "Harbour" }), aVideo(11, { title: "Forest" })];

  test("begins with /, says how many there are, and ends with Escape", async () => {
    const { address } = showLibrary({ videos });
    await screen.findByRole("link", { name: "Forest" });
    await userEvent.keyboard("/harb");
    await waitFor(() => {
      expect(address.now).toBe("/?q=harb"); // a slow machine shows what "ha" finds first
    });
    await screen.findByText("1 video found");
    expect(shown()).toEqual(["Harbour"]);
    await userEvent.keyboard("{Escape}");
    await screen.findByRole("link", { name: "Forest" });
    expect(address.now).toBe("/");
  });

  test("takes what the address says", async () => {
    const { asked } = showLibrary({ videos, at: "/?q=for&state=ready&sort=title" });
    await screen.findByRole("link", { name: "Forest" });
    const said = asked[0]?.url.searchParams;
    expect([said?.get("q"), said?.getAll("state"), said?.get("sort")]).toEqual([
      "for",
      ["ready"],
      "title",
    ]);
    expect(screen.getByRole("searchbox")).toHaveProperty("value", "for");
  });

  test("that finds nothing offers to show all", async () => {
    const { address } = showLibrary({ videos, at: "/?state=failed&sort=oldest" });
    await screen.findByText("No matching video");
    await userEvent.click(screen.getByRole("button", { name: "Show all videos" }));
    await screen.findByRole("link", { name: "Forest" });
    expect(address.now).toBe("/?sort=oldest");
  });

  test("from another page puts the cursor into the field", async () => {
    const { address } = showLibrary({ videos, at: "/?search" });
    await waitFor(() => {
      expect(document.activeElement).toBe(screen.getByRole("searchbox"));
    });
    await waitFor(() => {
      expect(address.now).toBe("/");
    });
  });
});

describe("renaming", () => {
  test("shows the new title at once, and puts the old one back when it is refused", async () => {
    let refuse: (answer: Response) => void = () => undefined;
    const { asked } = showLibrary({
      videos: [aVideo(11)],
      answer: ({ method }) =>
        method === "PATCH" ? new Promise((resolve) => (refuse = resolve)) : undefined,
    });
    await chooseFromMenu("Film 11", "Rename");
    await userEvent.keyboard("Harbour{Enter}");
    await screen.findByRole("link", { name: "Harbour" });
    await waitFor(() => {
      expect(asked.at(-1)).toMatchObject({ method: "PATCH", body: { title: "Harbour" } });
    });
    act(() => {
      refuse(problem(404, "not_found"));
    });
    await screen.findByRole("link", { name: "Film 11" });
    await screen.findAllByText("It does not exist any more.");
  });

  test("keeps the title that the API took", async () => {
    const { client } = showLibrary({ videos: [aVideo(11)] });
    await chooseFromMenu("Film 11", "Rename");
    await userEvent.keyboard("Harbour{Enter}");
    await waitFor(() => {
      expect(client.isMutating()).toBe(0);
      expect(shown()).toEqual(["Harbour"]);
    });
  });

  test("is left with Escape, and by a title of nothing", async () => {
    const { asked } = showLibrary({ videos: [aVideo(11)] });
    await chooseFromMenu("Film 11", "Rename");
    await userEvent.keyboard("Harbour{Escape}");
    await screen.findByRole("link", { name: "Film 11" });
    await chooseFromMenu("Film 11", "Rename");
    await userEvent.keyboard("{Delete} {Enter}");
    await screen.findByRole("link", { name: "Film 11" });
    expect(asked.filter(({ method }) => method === "PATCH")).toEqual([]);
  });
});

test("a deleted film is gone at once, and back where it was when that is undone", async () => {
  const { asked } = showLibrary({ videos: [aVideo(23), aVideo(22), aVideo(21)] });
  await chooseFromMenu("Film 22", "Delete");
  await waitFor(() => {
    expect(shown()).toEqual(["Film 23", "Film 21"]);
  });
  await waitFor(() => {
    expect(document.activeElement?.textContent).toBe("Film 21");
  });
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => {
    expect(shown()).toEqual(["Film 23", "Film 22", "Film 21"]);
  });
  expect(asked.filter(({ method }) => method === "DELETE")).toEqual([]);
});

test("who comes back to the library is where they left it", async () => {
  const videos = [aVideo(12), aVideo(11)];
  const { leave, back } = showLibrary({ videos, at: "/?sort=oldest" });
  await screen.findByRole("link", { name: "Film 11" });
  vi.stubGlobal("scrollY", 640);
  window.dispatchEvent(new Event("scroll"));
  act(leave);
  expect(shown()).toEqual([]);
  // What is shown elsewhere is shorter; that is no place in the library.
  vi.stubGlobal("scrollY", 0);
  window.dispatchEvent(new Event("scroll"));
  act(back);
  await screen.findByRole("link", { name: "Film 11" });
  expect(scrollTo).toHaveBeenLastCalledWith({ top: 640, behavior: "instant" });
});
