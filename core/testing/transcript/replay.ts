/**
 * Feeds a recorded session through the core again.
 *
 * @module
 */

import type { ChatError } from "../../errors.ts";
import { type MoreProducer, NOT_YET, type Produced } from "../../producer.ts";
import { Session } from "../../session.ts";
import type { SessionEvent, SessionHandler } from "../../session_event.ts";
import { describeEntry } from "./format.ts";
import {
  type Transcript,
  type TranscriptCall,
  type TranscriptEntry,
  TranscriptError,
  type TranscriptTold,
} from "./transcript.ts";
import {
  checksum,
  firstDifference,
  recordError,
  recordReport,
  reviveError,
  sameError,
  sameReport,
} from "./values.ts";

const NOTHING = new Uint8Array(0);

/**
 * Does to a fresh session what a transcript says, and fails at the first thing that is told, sent or
 * counted in another way. Neither your hooks nor your producers are needed: what they did, and what
 * they answered, is in the transcript. There is no clock, no promise and no chance in it.
 *
 * The wording of errors is not compared. Messages of a {@linkcode TranscriptError} show sizes, and
 * no payload.
 *
 * @returns the session's events, with payload as your own bytes
 * @throws {TranscriptError} for the first entry that is not as it was, and for a transcript that was
 * recorded with sizes only.
 *
 * @example From a file, as it comes with a bug report
 * ```ts
 * import { parseTranscript, replayTranscript } from "asynchat/testing";
 * import { AsyncChat } from "asynchat";
 * import { ManualPeer, recordTranscript, stringifyTranscript } from "asynchat/testing";
 *
 * const chat = new AsyncChat({ terminator: "\n", foundTerminator() {} });
 * const recording = recordTranscript(chat);
 * new ManualPeer(chat).send("a\nb\n");
 * const file = stringifyTranscript(recording.transcript);
 *
 * const frames: string[] = [];
 * for (const event of replayTranscript(parseTranscript(file))) {
 *   if (event.type === "data") frames.push(new TextDecoder().decode(event.data));
 * }
 * if (frames.join() !== "a,b") throw new Error(frames.join());
 * ```
 */
export function replayTranscript(transcript: Transcript): SessionEvent[] {
  if (transcript.payload !== "bytes") {
    throw new TranscriptError(
      "this transcript has sizes and no payload: it can be read, not replayed; record it with " +
        'payload: "bytes"',
    );
  }
  return new Replay(transcript).run();
}

/** Something to be compared with its entry. */
type Told = Pick<TranscriptEntry, "size" | "sum" | "error" | "report" | "producer">;

/** What a producer's promise is waited for by. */
interface Waiting {
  readonly fulfil: (produced: Produced) => void;
  readonly reject: (error: unknown) => void;
}

/** One session, and how far its transcript has come. */
class Replay {
  readonly #transcript: Transcript;
  readonly #entries: readonly TranscriptEntry[];
  readonly #session: Session;
  readonly #events: SessionEvent[] = [];
  readonly #answers = new Map<number, Waiting>();
  readonly #cancels = new Map<number, (error: unknown) => void>();
  #at = 0;
  /** How deep the next entry stands, if the session does as it did. */
  #depth = 0;
  #failure: TranscriptError | undefined;
  /** The transcript ends in the middle of something, and here it ends. */
  #isOver = false;

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
    this.#entries = transcript.entries;
    this.#session = new Session(transcript.limits);
    this.#session.onlate = (error) => {
      this.#told("late", { error: recordError(error) });
    };
  }

  run(): SessionEvent[] {
    this.#performAll();
    if (this.#failure !== undefined) throw this.#failure;
    this.#compareStats();
    return this.#events;
  }

  #compareStats(): void {
    const { stats } = this.#transcript.end;
    if (stats === undefined) return;
    const now = this.#session.stats;
    const name = firstDifference(stats, now);
    if (name === undefined) return;
    const [expected, observed] = [String(stats[name]), String(now[name])];
    throw new TranscriptError(
      `at the end the transcript says that ${name} is ${expected}; now it is ${observed}`,
      undefined,
      expected,
      observed,
    );
  }

  /** Performs the calls that stand so deep. */
  #performAll(): void {
    while (!this.#isDone) {
      const entry = this.#entries[this.#at];
      if (entry === undefined || entry.depth < this.#depth) return;
      if (entry.call === undefined || entry.depth > this.#depth) this.#fail(this.#at, "nothing");
      else this.#perform(entry, entry.call);
    }
  }

  #perform(entry: TranscriptEntry, call: TranscriptCall): void {
    const index = this.#at++;
    let output: Uint8Array | undefined, thrown: { readonly error: unknown } | undefined;
    this.#depth++;
    try {
      output = this.#do(call, entry);
    } catch (error) {
      thrown = { error };
    }
    this.#depth--;
    if (this.#isDone || this.#endsIn(entry)) return;
    const next = this.#entries[this.#at];
    if (next !== undefined && next.depth > entry.depth) return this.#fail(this.#at, "nothing");
    const { size: _size, sum: _sum, threw: _threw, ...input } = entry;
    const outcome: TranscriptEntry = {
      ...input,
      ...(output === undefined ? {} : { size: output.length, sum: checksum(output) }),
      ...(thrown === undefined ? {} : { threw: recordError(thrown.error) }),
    };
    const { size, sum, threw } = outcome;
    if (size === entry.size && sum === entry.sum && sameError(threw, entry.threw)) return;
    this.#fail(index, describeEntry(withoutPayload(outcome)));
  }

  // --- what the session tells --------------------------------------------------------------------

  readonly #handler: SessionHandler = {
    connected: () => this.#event("connected", { type: "connected" }),
    data: (source, start, end) => {
      const data = source.slice(start, end);
      const told = { size: data.length, sum: checksum(data) };
      return this.#event("data", { type: "data", data }, told);
    },
    found: () => this.#event("found", { type: "found" }),
    drained: () => this.#event("drained", { type: "drained" }),
    timedOut: (error) =>
      this.#event("timedOut", { type: "timedOut", error }, { error: recordError(error) }),
    ended: () => this.#event("ended", { type: "ended" }),
    thrown: (error) =>
      this.#event("thrown", { type: "thrown", error }, { error: recordError(error) }),
    failed: (error) =>
      this.#event("failed", { type: "failed", error }, { error: recordError(error) }),
    closed: (report) => {
      this.#event("closed", { type: "closed", report }, { report: recordReport(report) });
    },
  };

  #event(name: TranscriptTold, event: SessionEvent, told: Told = {}): boolean {
    const entry = this.#told(name, told, () => this.#events.push(event));
    return entry !== undefined && entry.stop !== true;
  }

  /** Compares what is told with its entry, then does what was done meanwhile. */
  #told(name: TranscriptTold, told: Told, accept = () => {}): TranscriptEntry | undefined {
    if (this.#isDone) return undefined;
    const entry = this.#entries[this.#at];
    if (entry === undefined && this.#transcript.end.open >= this.#depth) {
      this.#isOver = true;
      return undefined;
    }
    if (entry === undefined || !this.#isSame(entry, name, told)) {
      this.#fail(this.#at, describeEntry({ depth: this.#depth, told: name, ...told }));
      return undefined;
    }
    this.#at++;
    accept();
    this.#depth++;
    this.#performAll();
    this.#depth--;
    if (this.#isDone || this.#endsIn(entry)) return undefined;
    if (entry.threw !== undefined) throw reviveError(entry.threw);
    return entry;
  }

  #isSame(entry: TranscriptEntry, name: TranscriptTold, told: Told): boolean {
    return entry.told === name && entry.depth === this.#depth &&
      entry.producer === told.producer && entry.size === told.size && entry.sum === told.sum &&
      sameError(entry.error, told.error) && sameReport(entry.report, told.report);
  }

  // --- what is done to the session ---------------------------------------------------------------

  #do(call: TranscriptCall, entry: TranscriptEntry): Uint8Array | undefined {
    const session = this.#session;
    const { bytes = NOTHING, value = 0, terminator = null, producer = 0, error } = entry;
    const given = error && reviveError(error);
    switch (call) {
      case "nextOutput":
        return session.nextOutput(value);
      case "takeInput":
        return session.takeInput();
      case "dispatch":
        return void session.dispatch(this.#handler);
      case "receive":
        return void session.receive(new Uint8Array(bytes));
      case "push":
        return void session.push(bytes);
      case "setTerminator":
        return void session.setTerminator(terminator);
      case "tick":
      case "sent":
      case "demand":
        return void session[call](value);
      case "fail":
      case "refuse":
        return void session[call](given as ChatError);
      case "abort":
        return void session.abort(given as Error, value === 1);
      case "beginHandover":
        return void session.beginHandover(value === 1);
      case "pushWithProducer":
        return void session.pushWithProducer(this.#producer(producer));
      case "answer":
        return this.#answer(entry, given);
      case "cancelFailed":
        return void this.#cancels.get(producer)?.(given);
      default:
        return void session[call]();
    }
  }

  #producer(id: number): MoreProducer {
    return {
      more: () => {
        const entry = this.#told("more", { producer: id });
        if (entry?.answer !== "promise") return producedBy(entry);
        return {
          then: (fulfil: unknown, reject: unknown) => {
            this.#answers.set(id, { fulfil, reject } as Waiting);
          },
        } as PromiseLike<Produced>;
      },
      cancel: () => {
        const entry = this.#told("cancel", { producer: id });
        if (entry?.answer !== "promise") return undefined;
        return {
          then: (_: unknown, reject: (error: unknown) => void) => {
            this.#cancels.set(id, reject);
          },
        };
      },
    };
  }

  #answer(entry: TranscriptEntry, error: unknown): undefined {
    const { producer = 0 } = entry;
    const waiting = this.#answers.get(producer);
    if (waiting === undefined) {
      return this.#fail(this.#at - 1, `nobody waits for producer ${producer}`);
    }
    this.#answers.delete(producer);
    if (entry.error === undefined) waiting.fulfil(producedBy(entry));
    else waiting.reject(error);
  }

  // --- the end -----------------------------------------------------------------------------------

  get #isDone(): boolean {
    return this.#isOver || this.#failure !== undefined;
  }

  /** Whether the transcript ends in the middle of that. */
  #endsIn({ depth }: TranscriptEntry): boolean {
    if (this.#at < this.#entries.length || this.#transcript.end.open <= depth) return false;
    return this.#isOver = true;
  }

  /** The session goes on, but nobody looks any more. */
  #fail(index: number, observed: string): undefined {
    const entry = this.#entries[index];
    const expected = entry === undefined ? "nothing" : describeEntry(withoutPayload(entry));
    this.#failure ??= new TranscriptError(
      `entry ${index}: the transcript says ${expected}; now it is ${observed}`,
      index,
      expected,
      observed,
    );
  }
}

/** Messages end in logs, where payload has no place. */
function withoutPayload({ bytes, ...entry }: TranscriptEntry): TranscriptEntry {
  return bytes === undefined ? entry : { ...entry, size: bytes.length };
}

function producedBy(entry: TranscriptEntry | undefined): Produced {
  switch (entry?.answer) {
    case "not yet":
      return NOT_YET;
    case "no piece":
      // Whatever it was, it could not be sent.
      return true as unknown as Produced;
    default:
      return entry?.bytes ?? null;
  }
}
