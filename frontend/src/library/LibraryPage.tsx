import { useEffect, useRef } from "react";
import { useSearchParams } from "react-router";

import { isApiError } from "@/api/problem";
import { texts } from "@/app/texts";
import { wordsFor } from "@/app/words";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Callout";
import { useTitle } from "@/ui/useTitle";

import { LibraryList } from "./LibraryList";
import { NoVideos, NoMatch } from "./Nothing";
import { Toolbar } from "./Toolbar";
import { useHiddenVideos } from "./useDelete";
import { useLibrary } from "./useLibrary";
import { useScrollMemory } from "./useScrollMemory";
import { type Looking, lookingFrom, paramsOf, viewOf } from "./view";

const EVERYTHING: Looking = { q: "", filter: "all", sort: "newest" };

/** The videos, and what of them one wants to see. */
export function LibraryPage() {
  useTitle(texts.library.title);
  const [params, setParams] = useSearchParams();
  const looking = lookingFrom(params);
  const look = (wanted: Looking) => {
    // Back leads to where one came from, not through every word searched for.
    setParams(paramsOf(wanted), { replace: true });
  };
  const search = useRef<{ focus: () => void }>(null);
  // The shortcut on other pages leads here with this word.
  const searching = params.has("search");
  useEffect(() => {
    if (!searching) return;
    search.current?.focus();
    setParams(
      (said) => {
        said.delete("search");
        return said;
      },
      { replace: true },
    );
  }, [searching, setParams]);

  const library = useLibrary(viewOf(looking));
  const hidden = useHiddenVideos();
  const { data, error, isPlaceholderData, hasNextPage } = library;
  const videos =
    data?.pages.flatMap((page) => page.items).filter(({ id }) => !hidden.has(id)) ?? [];
  useScrollMemory(paramsOf(looking).toString(), data !== undefined);

  const narrowed = looking.q !== "" || looking.filter !== "all";
  const nothing = data !== undefined && videos.length === 0 && !hasNextPage && !isPlaceholderData;
  return (
    <>
      <Toolbar looking={looking} onChange={look} searchRef={search} />
      <p role="status" className="visually-hidden">
        {narrowed && data !== undefined && !isPlaceholderData
          ? texts.library.found(videos.length, hasNextPage)
          : ""}
      </p>
      {data === undefined && error !== null ? (
        <Callout
          tone="danger"
          title={texts.library.failed}
          code={isApiError(error) ? error.code : undefined}
          actions={
            <Button busy={library.isFetching} onClick={() => void library.refetch()}>
              {texts.app.tryAgain}
            </Button>
          }
        >
          <p>{wordsFor(error)}</p>
        </Callout>
      ) : nothing ? (
        narrowed ? (
          <NoMatch
            q={looking.q}
            onClear={() => {
              look({ ...EVERYTHING, sort: looking.sort });
            }}
          />
        ) : (
          <NoVideos />
        )
      ) : (
        <LibraryList videos={videos} library={library} />
      )}
    </>
  );
}
