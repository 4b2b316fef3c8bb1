/**
 * Replays vectors: recorded conversations of CPython's `asynchat`, which say what a session must
 * tell and send, step by step. `oracle/README.md` has the format.
 *
 * An engine that is polled sends when it is asked, where asynchat sends inside `push`. So a step is
 * compared as a whole: its data joined between the other events, its output joined, `more()` left
 * out. Where asynchat's behaviour is a defect that we mend, the vector ends for us:
 * {@linkcode QUIRKS}. `end.fifo` counts entries of asynchat's own queue, and is not compared.
 *
 * @module
 */

import { AsyncChat } from "../core/async_chat.ts";
import { ChatError } from "../core/errors.ts";
import type { Terminator } from "../core/terminator.ts";
import { ScriptedSocket } from "./scripted_socket.ts";
import type {
  Vector,
  VectorAction,
  VectorEvent,
  VectorOp,
  VectorTerminator,
} from "./vector_format.ts";
import {
  CLAUSES_OF_END,
  CLAUSES_OF_EVENT,
  CLAUSES_OF_OP,
  ERROR_NAMES,
  QUIRKS,
} from "./vector_quirks.ts";

/** One place where the replay and the recording are not the same. */
export interface Difference {
  /** The vector's. */
  readonly id: string;
  /** The step, from 0; `"end"` for what was left after the last. */
  readonly step: number | "end";
  /** The op of that step, or the part of `end`, as JSON. */
  readonly op: string;
  /** What was recorded, as JSON, in the form that is compared. */
  readonly expected: string;
  /** What the replay gave. */
  readonly observed: string;
  /** The clauses that it breaks. */
  readonly clauses: readonly string[];
}

/** What a replay found. */
export interface Replayed {
  /**
   * Nothing; or the first step that differs, as what follows it would only repeat it; or, when all
   * steps agree, each part of `end` that differs.
   */
  readonly differences: readonly Difference[];
  /** How many steps were compared. */
  readonly compared: number;
}

/** Replays a vector against a fresh {@linkcode AsyncChat}, and compares. */
export function replayVector(vector: Vector): Replayed {
  const replay = new Replay(vector);
  const stop = stopOf(vector);
  for (const [step, [op, recorded]] of vector.steps.entries()) {
    if (step === stop) return { differences: [], compared: step };
    const expected = seen(translate(vector, recorded));
    const observed = seen(replay.step(op));
    if (encode(expected) === encode(observed)) continue;
    const difference: Difference = {
      id: vector.id,
      step,
      op: JSON.stringify(op),
      expected: encode(expected),
      observed: encode(observed),
      clauses: clausesOf(op, expected, observed),
    };
    return { differences: [difference], compared: step + 1 };
  }
  return { differences: replay.compareEnd(), compared: vector.steps.length };
}

/** The first step that is not compared: where a quirk shows that we do not keep. */
function stopOf({ q, steps }: Vector): number {
  return Math.min(
    steps.length,
    ...Object.entries(q).filter(([tag]) => !QUIRKS[tag]?.keep).map(([, step]) => step),
  );
}

// --- the run -------------------------------------------------------------------------------------

/** What the replay tells; more than a recording can hold. */
type Event = VectorEvent | readonly ["crash", string];

/** A producer of the script. */
interface Parts {
  readonly parts: readonly string[];
  /** It was told that nobody will ask again. */
  cancelled: boolean;
}

class Replay {
  readonly #vector: Vector;
  readonly #chat: AsyncChat;
  readonly #socket: ScriptedSocket;
  readonly #producers: Parts[] = [];
  #events: Event[] = [];
  #founds = 0;
  /** The sum of the bytes of the frame under way. */
  #frame = 0;
  /** Actions of collect callbacks, in order, each with the payload told when it runs. */
  readonly #inCollect: { readonly at: number; readonly actions: readonly VectorAction[] }[];
  #collected = 0;
  #closedByScript = false;
  /** All steps are done: callbacks act no more. */
  #isDone = false;

  constructor(vector: Vector) {
    this.#vector = vector;
    this.#inCollect = collectActions(vector);
    const chat: AsyncChat = this.#chat = new AsyncChat({
      maxFrameLength: Infinity,
      handleConnect: () => {
        // Who is connected from the start has no connect callback in asynchat.
        if (vector.conn === 1) return;
        this.#tell("connect", vector.kpol);
      },
      collectIncomingData: (data) => this.#collect(data),
      foundTerminator: () => this.#found(),
      handleError: (error) => this.#tell(["err", error.name]),
      handleException: (error) => {
        this.#tell(["err", nameOf(error)]);
        if (vector.he === "close") chat.abort(error);
      },
      handleClose: () => {
        // asynchat's close() has no close callback.
        if (!this.#closedByScript) this.#tell("close");
      },
    });
    chat.outBufferSize = vector.out;
    this.#socket = new ScriptedSocket(chat, {
      readSize: vector.in,
      connected: vector.conn === 1,
      endNeedsRoom: true,
    });
    this.#socket.turn();
  }

  /** Runs one op until nothing moves; answers what was seen. */
  step(op: VectorOp): Event[] {
    this.#events = [];
    try {
      this.#run(op);
      this.#socket.turn();
    } catch (error) {
      // No op of a driver may throw; what the actions throw has been told.
      this.#tell(["crash", String(error)]);
    }
    for (const error of this.#socket.reported.splice(0)) this.#tell(["crash", String(error)]);
    const sent = latin1(this.#socket.takeSent());
    return sent === "" ? this.#events : [...this.#events, ["o", sent]];
  }

  #run(op: VectorOp): void {
    const socket = this.#socket;
    switch (op[0]) {
      case "feed":
        return socket.feed(bytesOf(op[1]));
      case "eof":
        return socket.end();
      case "rerr":
        return this.#failRead(op[1]);
      case "werr":
        if (!survives(this.#vector, op[1])) socket.writeError = errorOf(op[1]);
        return;
      case "room":
        socket.room = op[1] ?? Infinity;
        return;
      case "connect":
        return socket.connect();
    }
    try {
      this.#act(op);
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
      this.#tell(["throw", nameOf(error)]);
    }
  }

  /** Compares what was left after the last step; to be called once, last. */
  compareEnd(): Difference[] {
    this.#isDone = true;
    const { end } = this.#vector, chat = this.#chat;
    const isOpen = this.#socket.isOpen;
    const parts = [
      this.#partOfEnd("open", end.open, isOpen ? 1 : 0),
      this.#partOfEnd("term", translateTerminator(end.term), textOf(chat.getTerminator())),
    ];
    // What asynchat keeps after the end, we drop.
    if (isOpen && end.open === 1) {
      parts.push(this.#partOfEnd("held", end.held, this.#takeHeld()));
      parts.push(this.#partOfEnd("pend", end.pend + this.#unasked(), this.#takePending()));
    }
    return parts.filter(({ expected, observed }) => expected !== observed);
  }

  #partOfEnd(part: string, expected: unknown, observed: unknown): Difference {
    return {
      id: this.#vector.id,
      step: "end",
      op: JSON.stringify(part),
      expected: JSON.stringify(expected),
      observed: JSON.stringify(observed),
      clauses: CLAUSES_OF_END[part] ?? [],
    };
  }

  /** Bytes of producers that are still queued and that asynchat has not asked for. */
  #unasked(): number {
    let bytes = 0;
    for (const [number, { parts, cancelled }] of this.#producers.entries()) {
      if (cancelled) continue;
      const end = parts.indexOf("");
      const asked = countAsked(this.#vector, number);
      for (const part of parts.slice(asked, end < 0 ? undefined : end)) bytes += part.length;
    }
    return bytes;
  }

  /** What an end of input would deliver is what is held back. */
  #takeHeld(): string {
    this.#events = [];
    this.#chat.session.receiveEnd();
    this.#chat.dispatch();
    return this.#events.map((event) => event[0] === "d" ? event[1] : "").join("");
  }

  /** What goes out when there is room is what was queued, asked for or not. */
  #takePending(): number {
    this.#socket.writeError = undefined;
    this.#socket.room = Infinity;
    this.#socket.connect();
    return this.#socket.takeSent().length;
  }

  #tell(event: Event, actions: readonly VectorAction[] = []): void {
    this.#events.push(event);
    this.#runAll(actions);
  }

  #runAll(actions: readonly VectorAction[]): void {
    if (this.#isDone) return;
    for (const action of actions) this.#act(action);
  }

  #found(): void {
    const { pol, by } = this.#vector;
    const index = by === "data" ? this.#frame : this.#founds;
    this.#founds++;
    this.#frame = 0;
    this.#tell("f", pol.length === 0 ? [] : pol[index % pol.length]);
  }

  #collect(data: Uint8Array): void {
    this.#tell(["d", latin1(data)]);
    for (const byte of data) this.#frame += byte;
    this.#collected += data.length;
    while (this.#inCollect.length > 0 && this.#inCollect[0]!.at <= this.#collected) {
      this.#runAll(this.#inCollect.shift()!.actions);
    }
  }

  #act(action: VectorAction): void {
    const chat = this.#chat;
    switch (action[0]) {
      case "term":
        return chat.setTerminator(terminatorOf(action[1]));
      case "push":
        return void chat.push(bytesOf(action[1]));
      case "pushp":
        return void chat.pushWithProducer(bytesOf(action[1]));
      case "prod":
        return this.#produce(action[1]);
      case "cwd":
        return chat.closeWhenDone();
      case "discard":
        return chat.discardBuffers();
      case "close":
        if (this.#socket.isOpen) this.#closedByScript = true;
        return chat.close();
      case "get":
        return this.#tell(["term", textOf(chat.getTerminator())]);
      case "raise":
        throw new Boom();
      default:
        throw new SyntaxError(`unknown op or action ${JSON.stringify(action)}`);
    }
  }

  #produce(parts: readonly string[]): void {
    const producer: Parts = { parts, cancelled: false };
    this.#producers.push(producer);
    let asked = 0;
    this.#chat.pushWithProducer({
      more() {
        if (asked > parts.length) throw new Error("a producer was asked behind its end");
        return bytesOf(parts[asked++] ?? "");
      },
      cancel: () => {
        producer.cancelled = true;
      },
    });
  }

  #failRead(code: string): void {
    if (code === "EAGAIN" || survives(this.#vector, code) || !this.#socket.isOpen) return;
    this.#socket.fail(errorOf(code));
  }
}

/**
 * asynchat's application may keep a channel after an error of its socket. No transport of ours
 * tells an error that a connection survives, so there is nothing to tell here.
 */
function survives({ he }: Vector, code: string): boolean {
  return he === "keep" && errorOf(code).kind !== "reset";
}

/**
 * Callback number k is known by the payload told up to its end: bytes that asynchat held back come
 * there with those behind them, and here before them.
 */
function collectActions(
  { cpol = {}, steps }: Vector,
): { at: number; actions: readonly VectorAction[] }[] {
  const found: { at: number; actions: readonly VectorAction[] }[] = [];
  let collects = 0, at = 0;
  for (const event of steps.flatMap(([, events]) => events)) {
    if (event[0] !== "d") continue;
    at += event[1].length;
    const actions = cpol[collects++];
    if (actions !== undefined) found.push({ at, actions });
  }
  return found;
}

function countAsked({ steps }: Vector, producer: number): number {
  return steps.flatMap(([, events]) => events)
    .filter((event) => event[0] === "m" && event[1] === producer).length;
}

// --- what is compared ----------------------------------------------------------------------------

/** A step in the form in which it is compared. */
interface Seen {
  readonly events: readonly Event[];
  readonly sent: string;
}

/** The recording as it would read here. */
function translate(vector: Vector, events: readonly VectorEvent[]): VectorEvent[] {
  const translated: VectorEvent[] = [];
  for (const event of events) {
    if (typeof event === "string") {
      translated.push(event);
    } else if (event[0] === "err" || event[0] === "throw") {
      const [what, name] = event;
      if (name === "OSError" && vector.he === "keep") continue;
      translated.push([what, ERROR_NAMES[name] ?? name]);
    } else if (event[0] === "term") {
      translated.push(["term", translateTerminator(event[1])]);
    } else {
      translated.push(event);
    }
  }
  return translated;
}

/** TERM-5: an empty one is the same as null, and given back as such. */
function translateTerminator(terminator: VectorTerminator): VectorTerminator {
  return terminator === "" ? null : terminator;
}

function seen(told: readonly Event[]): Seen {
  const events: Event[] = [];
  let sent = "", data = "";
  const flush = () => {
    if (data !== "") events.push(["d", data]);
    data = "";
  };
  for (const event of told) {
    if (event[0] === "m") continue;
    if (event[0] === "o") {
      sent += event[1];
    } else if (event[0] === "d") {
      data += event[1];
    } else {
      flush();
      events.push(event);
    }
  }
  flush();
  return { events, sent };
}

function encode({ events, sent }: Seen): string {
  return JSON.stringify(sent === "" ? events : [...events, ["o", sent]]);
}

function clausesOf(op: VectorOp, expected: Seen, observed: Seen): string[] {
  const length = Math.max(expected.events.length, observed.events.length);
  let kinds = ["o"];
  for (let index = 0; index < length; index++) {
    const pair = [expected.events[index], observed.events[index]];
    if (JSON.stringify(pair[0]) === JSON.stringify(pair[1])) continue;
    kinds = pair.map((event) => typeof event === "string" ? event : event?.[0] ?? "");
    break;
  }
  const clauses = kinds.flatMap((kind) => CLAUSES_OF_EVENT[kind] ?? []);
  return [...new Set([...clauses, ...CLAUSES_OF_OP[op[0]] ?? []])];
}

/** What the action `raise` throws. */
class Boom extends Error {
  override name = "Boom";
}

// --- bytes ---------------------------------------------------------------------------------------

function terminatorOf(terminator: VectorTerminator): Terminator {
  return typeof terminator === "string" ? bytesOf(terminator) : terminator;
}

function textOf(terminator: Terminator): VectorTerminator {
  return terminator instanceof Uint8Array ? latin1(terminator) : terminator as VectorTerminator;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

function errorOf(code: string): ChatError {
  const kind = code === "ECONNRESET" || code === "EPIPE" ? "reset" : "unknown";
  return new ChatError(kind, `the script failed with ${code}`, { code });
}
