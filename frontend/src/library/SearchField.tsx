import { Search, X } from "lucide-react";
import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef, useState } from "react";

import { isTyping } from "@/app/shortcuts";
import { texts } from "@/app/texts";
import { IconButton } from "@/ui/IconButton";

import styles from "./SearchField.module.css";
import { MAX_SEARCH } from "./view";

const PAUSE_MS = 200;

interface Props {
  /** What is searched for. */
  value: string;
  /** Told when somebody has paused in typing. */
  onChange: (value: string) => void;
  ref?: Ref<{ focus: () => void }>;
}

/** Where one types what to look for. `/` leads here, Escape clears. */
export function SearchField({ value, onChange, ref }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  // What was told last: it comes back as `value`, and one may have typed on meanwhile.
  const [told, setTold] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (value !== told) {
      setTold(value);
      setText(value);
    }
  }

  const tell = (now: string) => {
    const wanted = now.trim();
    if (wanted === told) return;
    setTold(wanted);
    onChange(wanted);
  };
  const paused = useEffectEvent(tell);
  useEffect(() => {
    const timer = setTimeout(() => {
      paused(text);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);

  const focus = () => {
    field.current?.focus();
    field.current?.select();
  };
  useImperativeHandle(ref, () => ({ focus }), []);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (event.key !== "/" || modified || event.defaultPrevented || isTyping(event.target)) return;
      event.preventDefault();
      focus();
    };
    window.addEventListener("keydown", pressed);
    return () => {
      window.removeEventListener("keydown", pressed);
    };
  }, []);

  const clear = () => {
    setText("");
    tell("");
  };
  return (
    <form
      role="search"
      className={styles.search}
      onSubmit={(event) => {
        event.preventDefault();
        tell(text);
      }}
    >
      <Search aria-hidden />
      <input
        ref={field}
        type="search"
        dir="auto"
        aria-label={texts.library.search}
        aria-keyshortcuts="/"
        placeholder={texts.library.search}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={MAX_SEARCH}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
        // Later it would bring a person back who has opened a video in the meantime.
        onBlur={() => {
          tell(text);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          if (text === "") event.currentTarget.blur();
          else clear();
        }}
      />
      {text !== "" && (
        <IconButton
          label={texts.library.clearSearch}
          icon={<X />}
          onClick={() => {
            clear();
            focus();
          }}
        />
      )}
    </form>
  );
}
