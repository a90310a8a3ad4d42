/** Server-Sent Events as a parser: lines in, events out. https://html.spec.whatwg.org/#parsing-an-event-stream */

export interface ServerEvent {
  event: string;
  data: string;
  id: string;
}

/** Takes text as it comes and gives the events that are complete. */
export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";

  push(text: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0)
          found.push({
            event: this.#event || "message",
            data: this.#data.join("\n"),
            id: this.#id,
          });
        this.#event = "";
        this.#data = [];
      } else this.#take(line);
    }
    return found;
  }

  #take(line: string): void {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
  }
}
