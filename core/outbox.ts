/**
 * The sending half of a session: the queue, what the system is taking, and whom to ask for more.
 *
 * @module
 */

import {
  acknowledge,
  coalesce,
  dropHead,
  EMPTY_OUTPUT,
  enqueue,
  head,
  type Output,
  producersOf,
  supply,
} from "./output.ts";
import { isPromiseLike } from "./promise_like.ts";
import { NOT_YET, type Piece, pieceBytes, type Produced, type Producer } from "./producer.ts";
import { GATHERED, Slab, WIDEST } from "./slab.ts";

/** Where an outbox tells what it cannot answer. */
export interface OutboxEvents {
  /** A producer has answered, later than it was asked. */
  answered(): void;
  /** A producer threw or rejected. What was behind it has been dropped: so many bytes. */
  threw(error: unknown, dropped: number): void;
  /** A producer that is not asked any more failed. */
  late(error: unknown): void;
}

const NOTHING = new Uint8Array(0);

/**
 * Bytes and producers, first in, first out; asks a producer when everything before it has gone.
 *
 * A fence parts what may go out now from what has to wait until something else has happened.
 */
export class Outbox {
  readonly #events: OutboxEvents;
  #output: Output = EMPTY_OUTPUT;
  /** Small pieces at the very end of that, not in the queue yet. */
  readonly #slab = new Slab();
  /** What waits behind the fence; `undefined` while there is none. */
  #behind: Output | undefined;
  /** Bytes at the head that were handed out, and are not to be touched. */
  #inFlight = 0;
  #dropInFlight = false;
  #waitingFor: "nothing" | "promise" | "resume" = "nothing";
  #asked: Producer | undefined;
  /** What the one who is being asked is to be told when it has answered. */
  #owed: (() => void) | undefined;

  /** Starts empty. */
  constructor(events: OutboxEvents) {
    this.#events = events;
  }

  /** Queued bytes that have not gone out; what producers hold is not counted. */
  get bytes(): number {
    return this.#output.bytes + this.#slab.length + (this.#behind?.bytes ?? 0);
  }

  /** Whether neither bytes nor a producer are queued. */
  get isEmpty(): boolean {
    return this.isGone && (this.#behind ?? EMPTY_OUTPUT).front === null;
  }

  /** Whether everything before the fence has gone out. */
  get isGone(): boolean {
    return this.#output.front === null && this.#slab.length === 0;
  }

  /** Whether {@linkcode next} may have something. */
  get isReady(): boolean {
    return !this.isGone && this.#waitingFor === "nothing";
  }

  /**
   * Queues a copy of a piece that surely fits into `room` bytes, if it is so small, and so much is
   * queued already, that it is better gathered with others. Answers how many bytes it has; 0 when it
   * was not queued.
   */
  gather(piece: Piece, room: number): number {
    if (typeof piece !== "string" && !(piece instanceof Uint8Array)) return 0;
    if (piece.length > GATHERED || WIDEST * piece.length > room) return 0;
    if (this.#behind !== undefined || this.isGone) return 0;
    if (this.#slab.length === 0) this.#gatherHead();
    this.resume();
    const size = this.#slab.add(piece);
    if (size > 0) return size;
    this.#seal();
    return this.#slab.add(piece);
  }

  /** A small piece that waits alone goes in front of what is gathered behind it. */
  #gatherHead(): void {
    const { front, back, taken } = this.#output;
    if (front === null || front.next !== null || back !== null) return;
    if (taken + this.#inFlight > 0 || !(front.entry instanceof Uint8Array)) return;
    if (front.entry.length > GATHERED) return;
    this.#slab.add(front.entry);
    this.#output = EMPTY_OUTPUT;
  }

  /** What was gathered takes its place in the queue. */
  #seal(): void {
    if (this.#slab.length > 0) this.#output = enqueue(this.#output, this.#slab.take());
  }

  /** Queues bytes that nobody will change, not empty, or a producer. */
  add(entry: Uint8Array | Producer): void {
    if (this.#behind !== undefined) {
      this.#behind = enqueue(this.#behind, entry);
      return;
    }
    this.#seal();
    this.#output = enqueue(this.#output, entry);
    this.resume();
  }

  /** What is added from now on waits behind a fence, until it is lifted. */
  fence(): void {
    this.#behind ??= EMPTY_OUTPUT;
  }

  /** Lets what waits behind the {@linkcode fence} go, now that everything before it has. */
  lift(): void {
    this.#output = this.#behind!;
    this.#behind = undefined;
  }

  /** Asks a producer again that had nothing yet. Answers whether there is one. */
  resume(): boolean {
    if (this.#waitingFor !== "resume") return false;
    this.#waitingFor = "nothing";
    return true;
  }

  /** The next bytes to send, at most `max`, which stay queued; `undefined` when there are none now. */
  next(max: number): Uint8Array | undefined {
    while (this.isReady && this.#asked === undefined) {
      // A producer may have pushed something.
      this.#seal();
      const entry = head(this.#output);
      if (!(entry instanceof Uint8Array)) {
        this.#ask(entry as Producer);
        continue;
      }
      this.#output = coalesce(this.#output, max);
      const bytes = head(this.#output) as Uint8Array;
      this.#inFlight = Math.min(bytes.length, max);
      return bytes.length > max ? bytes.subarray(0, max) : bytes;
    }
    return undefined;
  }

  /** So many of the bytes handed out last have gone out. */
  sent(size: number): void {
    if (this.#inFlight === 0) return;
    this.#inFlight = 0;
    this.#output = acknowledge(this.#output, size);
    if (!this.#dropInFlight) return;
    this.#dropInFlight = false;
    if (this.#output.taken > 0 || size === 0) this.#output = dropHead(this.#output);
  }

  /** Drops everything but what the system is taking, and tells the producers why. */
  discard(reason: unknown): void {
    this.#slab.take();
    const queued = this.#output;
    this.#output = EMPTY_OUTPUT;
    if (this.#inFlight > 0) {
      const bytes = (head(queued) as Uint8Array).subarray(0, this.#inFlight);
      this.#output = enqueue(EMPTY_OUTPUT, bytes);
      this.#dropInFlight = true;
    }
    this.#cancelAll(queued, reason);
    this.#dropBehind(reason);
  }

  /** Drops everything, tells the producers why, and answers how many bytes that was. */
  drop(reason: unknown): number {
    this.#seal();
    const queued = this.#output;
    this.#output = EMPTY_OUTPUT;
    this.#inFlight = 0;
    this.#cancelAll(queued, reason);
    return queued.bytes + this.#dropBehind(reason);
  }

  /** Tells a producer that it will not be asked any more. */
  cancel(producer: Producer, reason: unknown): void {
    // It has given a command itself, and a generator cannot return while it runs.
    if (producer === this.#asked) {
      this.#owed = () => this.cancel(producer, reason);
      return;
    }
    try {
      const done = producer.cancel(reason);
      if (isPromiseLike(done)) done.then(undefined, (error) => this.#events.late(error));
    } catch (error) {
      this.#events.late(error);
    }
  }

  #ask(producer: Producer): void {
    this.#asked = producer;
    let produced: Produced | PromiseLike<Produced>;
    try {
      produced = producer.next();
      if (!isPromiseLike(produced)) return this.#take(producer, produced);
    } catch (error) {
      return this.#threw(producer, error);
    } finally {
      const owed = this.#owed;
      this.#asked = this.#owed = undefined;
      owed?.();
    }
    // Unless it has discarded the queue, and itself with it.
    if (head(this.#output) === producer) this.#waitingFor = "promise";
    produced.then(
      (settled) => this.#settle(producer, () => this.#take(producer, settled)),
      (error) => this.#settle(producer, () => this.#threw(producer, error)),
    );
  }

  #settle(producer: Producer, act: () => void): void {
    // Discarded meanwhile, or all is over: it has been told so, and is not heard any more.
    if (head(this.#output) !== producer) return;
    this.#waitingFor = "nothing";
    try {
      act();
    } catch (error) {
      this.#threw(producer, error);
    }
    this.#events.answered();
  }

  #take(producer: Producer, produced: Produced): void {
    if (head(this.#output) !== producer) return;
    if (produced === NOT_YET) {
      this.#waitingFor = "resume";
      return;
    }
    const bytes = produced === null || produced === undefined ? NOTHING : pieceBytes(produced);
    this.#output = bytes.length === 0 ? dropHead(this.#output) : supply(this.#output, bytes);
  }

  /** What was before it has gone out; nothing behind it may follow. */
  #threw(producer: Producer, error: unknown): void {
    if (head(this.#output) !== producer) return this.#events.late(error);
    this.#output = dropHead(this.#output);
    this.cancel(producer, error);
    this.#events.threw(error, this.drop(error));
  }

  #dropBehind(reason: unknown): number {
    const queued = this.#behind;
    if (queued === undefined) return 0;
    this.#behind = EMPTY_OUTPUT;
    this.#cancelAll(queued, reason);
    return queued.bytes;
  }

  #cancelAll(output: Output, reason: unknown): void {
    this.#waitingFor = "nothing";
    for (const producer of producersOf(output)) this.cancel(producer, reason);
  }
}
