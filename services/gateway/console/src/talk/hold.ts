/** Hold to talk: a pointer on the button, or the space bar anywhere but in a text field. */

type Source = "pointer" | "space";

export class HoldToTalk {
  private readonly sources = new Set<Source>();
  private readonly abort = new AbortController();

  constructor(private readonly onChange: (isHeld: boolean) => void) {
    const options = { signal: this.abort.signal };
    window.addEventListener("keydown", (event) => this.onKeyDown(event), options);
    window.addEventListener("keyup", (event) => this.onKeyUp(event), options);
    // Whoever looks away does not hold on: the key's or the pointer's end would never be told to us.
    window.addEventListener("blur", () => this.letGo(), options);
    document.addEventListener("visibilitychange", () => document.hidden && this.letGo(), options);
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    // From here on the end of this press comes to the button, wherever the finger has gone.
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.set("pointer", true);
  }

  /** pointerup, pointercancel, lostpointercapture */
  up(): void {
    this.set("pointer", false);
  }

  letGo(): void {
    for (const source of [...this.sources]) this.set(source, false);
  }

  close(): void {
    this.letGo();
    this.abort.abort();
  }

  private onKeyDown(event: KeyboardEvent): void {
    if (event.code !== "Space" || event.ctrlKey || event.altKey || event.metaKey || isText(event.target)) return;
    event.preventDefault(); // no scrolling, no click of the button that has the focus
    if (!event.repeat) this.set("space", true);
  }

  private onKeyUp(event: KeyboardEvent): void {
    if (event.code !== "Space" || !this.sources.has("space")) return;
    event.preventDefault();
    this.set("space", false);
  }

  private set(source: Source, isHeld: boolean): void {
    const was = this.sources.size > 0;
    if (isHeld) this.sources.add(source);
    else this.sources.delete(source);
    const is = this.sources.size > 0;
    if (is !== was) this.onChange(is);
  }
}

const WRITES = "input:not([type=button], [type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable='true']";

export function isText(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(WRITES) !== null;
}
