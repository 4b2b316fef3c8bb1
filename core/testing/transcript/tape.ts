/**
 * Where a recorder writes: entries, one inside another.
 *
 * @module
 */

import type { Session } from "../../session.ts";
import type {
  Transcript,
  TranscriptCall,
  TranscriptEnd,
  TranscriptEntry,
  TranscriptTold,
} from "./transcript.ts";
import { checksum, recordError } from "./values.ts";

/** What is known of an entry before it has its place. */
export type Note = Omit<TranscriptEntry, "depth">;

/** What is known when it is done; `null` when it had no effect, and is not worth an entry. */
export type Outcome = Note | null;

/** There is nothing more to be said about it. */
export const NOTHING_MORE = (): Note => ({});

/** What an entry costs beside its payload, in bytes, about. */
const ENTRY = 100;

/** Commands that change nothing when they throw. */
const REFUSING: ReadonlySet<TranscriptCall | undefined> = new Set<TranscriptCall>([
  "push",
  "pushWithProducer",
  "setTerminator",
  "demand",
  "beginHandover",
]);

/**
 * Runs what is recorded as entries.
 *
 * A call of the session from inside another is the session's own affair, and no entry, unless a
 * hook, or a producer, stands between the two.
 */
export class Tape {
  /** Called when no more is recorded. */
  onend: () => void = () => {};
  /** A dispatch has told all there was, and nothing has happened since. */
  isQuiet = false;

  readonly #session: Session;
  readonly #payload: "bytes" | "sizes";
  readonly #maxSize: number;
  readonly #entries: TranscriptEntry[] = [];
  #size = 0;
  /** How many calls and hooks are under way. */
  #depth = 0;
  /** Whether it is the session that runs, not somebody whom it has called. */
  #inside = false;
  #end: TranscriptEnd | undefined;

  /** Begins with nothing. */
  constructor(session: Session, payload: "bytes" | "sizes", maxSize: number) {
    this.#session = session;
    this.#payload = payload;
    this.#maxSize = maxSize;
  }

  /** What has been recorded so far. */
  get transcript(): Transcript {
    return {
      payload: this.#payload,
      limits: this.#session.limits,
      entries: [...this.#entries],
      end: this.#end ?? this.#endHere(false),
    };
  }

  /** Records no more; `full` when there is no room. */
  finish(full: boolean): void {
    if (this.#end !== undefined) return;
    this.#end = this.#endHere(full);
    this.onend();
  }

  #endHere(full: boolean): TranscriptEnd {
    const open = this.#depth;
    return { full, open, ...(open === 0 ? { stats: this.#session.stats } : {}) };
  }

  /** Runs a method of the session. */
  call<T>(
    call: TranscriptCall,
    note: () => Note,
    run: () => T,
    outcome: (result: T) => Outcome = NOTHING_MORE,
  ): T {
    if (this.#inside || this.#end !== undefined) return run();
    const noted = note();
    this.isQuiet = false;
    return this.#enclose({ call, ...noted }, true, run, outcome);
  }

  /** Runs what the session has called. */
  tell<T>(
    told: TranscriptTold,
    note: () => Note,
    run: () => T,
    outcome: (result: T) => Outcome = NOTHING_MORE,
  ): T {
    if (this.#end !== undefined) return run();
    return this.#enclose({ told, ...note() }, false, run, outcome);
  }

  /** Payload that goes in. */
  payloadOf(bytes: Uint8Array): Note {
    return this.#payload === "bytes" ? { bytes: new Uint8Array(bytes) } : { size: bytes.length };
  }

  /** Payload that comes out. */
  observe(bytes: Uint8Array, start = 0, end: number = bytes.length): Note {
    const size = end - start;
    return this.#payload === "bytes" ? { size, sum: checksum(bytes, start, end) } : { size };
  }

  #enclose<T>(note: Note, inside: boolean, run: () => T, outcome: (result: T) => Outcome): T {
    const wasInside = this.#inside;
    const at = this.#append(note);
    this.#depth++;
    this.#inside = inside;
    try {
      const result = run();
      this.#complete(at, outcome(result));
      return result;
    } catch (error) {
      const isRefused = REFUSING.has(note.call) && this.#isLast(at);
      this.#complete(at, isRefused ? null : { threw: recordError(error) });
      throw error;
    } finally {
      this.#depth--;
      this.#inside = wasInside;
    }
  }

  /** Answers where it stands; -1 when there is no room. */
  #append(note: Note): number {
    if (this.#end !== undefined) return -1;
    const cost = costOf(note);
    if (this.#size + cost > this.#maxSize) {
      this.finish(true);
      return -1;
    }
    this.#size += cost;
    return this.#entries.push({ depth: this.#depth, ...note }) - 1;
  }

  /** What had no effect, and in which nothing happened, leaves no entry. */
  #complete(at: number, outcome: Outcome): void {
    const entry = this.#entries[at];
    if (entry === undefined || this.#end !== undefined) return;
    if (outcome !== null) {
      this.#size += costOf(outcome) - ENTRY;
      this.#entries[at] = { ...entry, ...outcome };
    } else if (this.#isLast(at)) {
      this.#size -= costOf(entry);
      this.#entries.pop();
    }
  }

  #isLast(at: number): boolean {
    return at === this.#entries.length - 1;
  }
}

function costOf({ bytes }: Note): number {
  return ENTRY + (bytes?.length ?? 0);
}
