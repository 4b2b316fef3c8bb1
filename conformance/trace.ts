/**
 * What happened in a case, in order, on both sides: shown when it failed.
 *
 * @module
 */

/** One line of it. */
export interface TraceLine {
  /** Milliseconds since the case began. */
  readonly at: number;
  /** On which side it happened. */
  readonly side: "subject" | "witness";
  /** What happened, in words. */
  readonly what: string;
}

interface Entry {
  at: number;
  what: string;
  times: number;
  bytes: number;
}

/** Lines that are kept from the beginning, and as many from the end. */
const KEPT = 100;

/** Takes notes; the same thing many times in a row is one line. */
export class Trace {
  readonly #start: number = now();
  readonly #onadd: () => void;
  readonly #first: Entry[] = [];
  #last: Entry[] = [];
  #dropped = 0;
  #latest: Entry | undefined;

  /** Tells `onadd` of every note. */
  constructor(onadd: () => void = () => {}) {
    this.#onadd = onadd;
  }

  /** Notes that the subject did, or was told, `what`; with so many bytes. */
  add(what: string, bytes = 0): void {
    this.#onadd();
    const latest = this.#latest;
    if (latest?.what === what) {
      latest.times++;
      latest.bytes += bytes;
      return;
    }
    this.#latest = { at: now(), what, times: 1, bytes };
    if (this.#first.length < KEPT) {
      this.#first.push(this.#latest);
      return;
    }
    this.#last.push(this.#latest);
    if (this.#last.length < 2 * KEPT) return;
    this.#last = this.#last.slice(KEPT);
    this.#dropped += KEPT;
  }

  /** All lines, with what happened at the witness put where it belongs. */
  lines(witnessed: readonly { readonly at: number; readonly what: string }[]): TraceLine[] {
    const last = this.#last.slice(-KEPT);
    const dropped = this.#dropped + this.#last.length - last.length;
    const told = [...this.#first, ...last].map((entry) => this.#line("subject", entry));
    if (dropped > 0) {
      told.splice(KEPT, 0, { at: told[KEPT]!.at, side: "subject", what: `… ${dropped} more …` });
    }
    const seen = witnessed.map(({ at, what }) =>
      this.#line("witness", { at, what, times: 1, bytes: 0 })
    );
    return [...told, ...seen].sort((a, b) => a.at - b.at);
  }

  #line(side: TraceLine["side"], { at, what, times, bytes }: Entry): TraceLine {
    const line = [what, times > 1 ? `×${times}` : "", bytes > 0 ? `(${bytes} bytes)` : ""];
    const since = Math.max(0, Math.round((at - this.#start) * 10) / 10);
    return { at: since, side, what: line.filter((part) => part !== "").join(" ") };
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
