/** What waits to be appended to a SourceBuffer: one append at a time, whatever waits of one run joined into it. */

export interface Waiting {
  bytes: Uint8Array<ArrayBuffer>[];
  size: number;
  /** Set where these bytes begin a run: timestampOffset and codecs change before they are appended. */
  run: { offset: number; mime: string } | null;
}

/** = how much may wait before the oldest is given up: a decoder that hangs must not fill the memory of a phone */
const WAITING_BYTES = 24 * 1024 * 1024;
export const KEEP_BEHIND_S = 5;

export class AppendQueue {
  private waiting: Waiting[] = [];
  private size = 0;

  push(bytes: Uint8Array<ArrayBuffer>, run: Waiting["run"]): boolean {
    const last = this.waiting[this.waiting.length - 1];
    if (run === null && last !== undefined) {
      last.bytes.push(bytes);
      last.size += bytes.byteLength;
    } else {
      this.waiting.push({ bytes: [bytes], size: bytes.byteLength, run });
    }
    this.size += bytes.byteLength;
    return this.size <= WAITING_BYTES;
  }

  take(): Waiting | null {
    const first = this.waiting.shift() ?? null;
    if (first !== null) this.size -= first.size;
    return first;
  }

  /** One fragment, though more of its run waits. */
  takeOne(): Waiting | null {
    const first = this.take();
    if (first === null || first.bytes.length === 1) return first;
    const [one, ...others] = first.bytes as [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]];
    this.putBack({ bytes: others, size: first.size - one.byteLength, run: null });
    return { bytes: [one], size: one.byteLength, run: first.run };
  }

  putBack(waiting: Waiting): void {
    this.waiting.unshift(waiting);
    this.size += waiting.size;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  clear(): void {
    this.waiting = [];
    this.size = 0;
  }
}

export function joined(parts: Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
