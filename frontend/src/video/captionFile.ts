/** Reads a file of captions as somebody chose it. */

/** What the API takes, in bytes. */
const MOST_BYTES = 1024 * 1024;
const TAGGED = /[._]([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\.(?:vtt|srt)$/i;

export const CAPTION_TYPES = ".vtt,.srt,text/vtt,application/x-subrip";

export function isTooLarge(file: File): boolean {
  return file.size > MOST_BYTES;
}

/** Return the language that a name tells, such as `film.de.srt`; empty where it tells none. */
export function languageIn(name: string): string {
  return TAGGED.exec(name)?.[1] ?? "";
}

/** Read its text, also if it was written before everybody used UTF-8. */
export async function textOf(file: File): Promise<string> {
  return decoded(new Uint8Array(await file.arrayBuffer()));
}

export function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
