/** Server-sent events out of text as it comes (WHATWG HTML, 9.2.6). Pure. */

export interface Told {
  /** Empty: nothing happened, and the place moved on all the same. */
  name: string;
  data: string;
  /** The place to go on from, null where the event names none. */
  id: string | null;
}

export class SseReader {
  private rest = "";
  private name = "";
  private data: string[] = [];
  private id: string | null = null;

  /** Takes what came; returns the events that are whole now. */
  feed(text: string): Told[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    const told: Told[] = [];
    for (const line of lines) {
      const one = this.take(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (one !== null) told.push(one);
    }
    return told;
  }

  private take(line: string): Told | null {
    if (line === "") return this.finish();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    return null; // a comment, or a field that is none of ours
  }

  private finish(): Told | null {
    const { name, data, id } = this;
    this.name = "";
    this.data = [];
    this.id = null;
    if (data.length === 0) return id === null ? null : { name: "", data: "", id };
    return { name: name || "message", data: data.join("\n"), id };
  }
}
