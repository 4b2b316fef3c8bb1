/**
 * The async face against the simplest reader there is: one that has the whole input at hand.
 *
 * @module
 */

import { Chat } from "../../core/chat.ts";
import { ChatError } from "../../core/errors.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { lend } from "../../core/testing/segmentation.ts";
import { type Choices, inputFor, terminatorFrom } from "./making.ts";

/** Turns after which everything has happened, and after which it never will. */
const SETTLED = 60, HANGING = 500;
/** Turns after which a call that was given up has said so. */
const GIVEN_UP = 10;

/** One call; `giveUp` gives it up after so many turns. */
export interface Call {
  readonly end: number | string | readonly string[] | "line" | "piece";
  readonly max?: number;
  readonly giveUp?: number;
}

/** Calls one after the other over an input that comes in chunks. */
export interface Reading {
  readonly text: string;
  readonly sizes: readonly number[];
  readonly calls: readonly Call[];
  /** How it ends: with a FIN, or cut. */
  readonly fin: boolean;
  readonly maxFrameLength: number;
}

/** A random one. */
export function readingFrom(choices: Choices): Reading {
  const ends = choices.list(1, 4, () => terminatorFrom(choices)).filter((end) =>
    end !== null
  ) as Call["end"][];
  const text = inputFor(choices, ends as string[], choices.integer(0, 60));
  return {
    text,
    sizes: choices.list(0, 40, () => choices.integer(1, choices.chance(0.2) ? 30 : 4)),
    calls: choices.list(1, 14, (): Call => ({
      end: choices.of<Call["end"]>([...ends, ...ends, "line", "piece", choices.integer(0, 9)]),
      ...(choices.chance(0.3) ? { max: choices.integer(1, 9) } : {}),
      ...(choices.chance(0.4) ? { giveUp: choices.integer(0, 8) } : {}),
    })),
    fin: choices.chance(0.8),
    maxFrameLength: choices.chance(0.4) ? choices.integer(1, 12) : 1_000,
  };
}

/** Does it; answers what was against the laws. */
export async function read(reading: Reading): Promise<string[]> {
  const input = new TextEncoder().encode(reading.text);
  const chat = new Chat({ maxFrameLength: reading.maxFrameLength });
  const peer = new ManualPeer(chat.asyncChat);
  const wrong: string[] = [];
  peer.onerror = (error) => wrong.push(`reported: ${String(error)}`);
  let over = false;
  const feeding = feed(chat, peer, input, reading, () => over);
  let at = 0;
  for (const call of reading.calls) {
    const expected = expectedOf(call, input, at, reading);
    const observed = await outcomeOf(chat, call);
    if (observed === "given up" && call.giveUp !== undefined) continue;
    if (call.end === "piece" && observed instanceof Uint8Array && observed.length > 0) {
      const part = input.slice(at, at + observed.length);
      if (show(part) !== show(observed)) wrong.push(`a piece ${show(observed)} at ${at}`);
      at += observed.length;
      continue;
    }
    if (show(observed) !== show(expected.outcome)) {
      wrong.push(
        `at ${at} ${JSON.stringify(call)}: ${show(observed)}, not ${show(expected.outcome)}`,
      );
      break;
    }
    at = expected.next;
  }
  over = true;
  if (await feeding) wrong.push("a read hangs");
  let closed = false;
  void chat.closed.then(() => closed = true);
  chat.close();
  for (let turn = 0; turn < SETTLED && !closed; turn++) {
    peer.settle();
    await Promise.resolve();
  }
  if (!closed) wrong.push("it was closed, and does not say so");
  return wrong;
}

/** Lets the chunks come as they are wanted, then the end. Answers whether a read never settled. */
async function feed(
  chat: Chat,
  peer: ManualPeer,
  input: Uint8Array,
  { sizes, fin }: Reading,
  isOver: () => boolean,
): Promise<boolean> {
  const { session } = chat.asyncChat;
  let spoil = () => {};
  let next = 0, ended = false;
  for (let at = 0, quiet = 0; !isOver(); quiet++) {
    peer.settle();
    if (quiet > HANGING) {
      chat.abort();
      return true;
    }
    if (session.wantsRead && !ended) {
      quiet = 0;
      spoil();
      spoil = () => {};
      if (at === input.length) {
        ended = true;
        if (fin) peer.end();
        else peer.fail();
        continue;
      }
      const size = Math.min(sizes[next++] ?? input.length, input.length - at);
      const lent = lend(input.subarray(at, at + size));
      spoil = lent.spoil;
      at += size;
      peer.send(lent.chunk);
    }
    await Promise.resolve();
  }
  return false;
}

type Outcome = Uint8Array | string | null;

async function outcomeOf(chat: Chat, { end, max, giveUp }: Call): Promise<Outcome> {
  const controller = new AbortController();
  const options = {
    signal: controller.signal,
    ...(max === undefined ? {} : { max }),
  };
  let settled = false;
  const reading = readBy(chat, end, options).then(
    (value): Outcome => value,
    (error: unknown): Outcome => {
      if (!(error instanceof ChatError)) return `untyped: ${String(error)}`;
      return error.kind === "aborted" ? "given up" : error.kind;
    },
  ).finally(() => settled = true);
  if (giveUp !== undefined) {
    for (let turn = 0; turn < giveUp && !settled; turn++) await Promise.resolve();
    controller.abort();
    for (let turn = 0; turn < GIVEN_UP && !settled; turn++) await Promise.resolve();
    if (!settled) return "it goes on, though it was given up";
  }
  return await reading;
}

function readBy(
  chat: Chat,
  end: Call["end"],
  options: { signal: AbortSignal; max?: number },
): Promise<Uint8Array | string | null> {
  if (end === "line") {
    return chat.readLine(options).then((line) => line === null ? null : `"${line}`);
  }
  if (end === "piece") return chat.read(options);
  if (typeof end === "number") return chat.readExactly(end, options);
  if (typeof end === "string") return chat.readUntil(reused(end), options);
  return chat.readUntil(end, options);
}

/** One buffer for the delimiters of all calls: each is overwritten by the next. */
const BUFFER = new Uint8Array(32);

function reused(text: string): Uint8Array {
  const { written } = new TextEncoder().encodeInto(text, BUFFER);
  return BUFFER.subarray(0, written);
}

/** What the call must come to, when it is not given up. */
function expectedOf(
  { end, max: own }: Call,
  input: Uint8Array,
  at: number,
  { fin, maxFrameLength }: Reading,
): { outcome: Outcome; next: number } {
  const max = own ?? maxFrameLength;
  const left = input.subarray(at);
  const atEnd = fin ? "incomplete" : "reset";
  if (end === "piece") return { outcome: fin ? null : "reset", next: at };
  if (typeof end === "number") {
    if (end > max) return { outcome: "limit", next: at };
    if (end === 0) return { outcome: new Uint8Array(0), next: at };
    if (end > left.length) return { outcome: atEnd, next: at };
    return { outcome: left.slice(0, end), next: at + end };
  }
  const delimiters = end === "line" ? ["\r\n", "\n"] : typeof end === "string" ? [end] : end;
  const found = firstOf(left, delimiters.map((text) => new TextEncoder().encode(text)));
  if (found === undefined || (!fin && found.open)) {
    if (left.length - heldBack(left, delimiters) > max) return { outcome: "limit", next: at };
    if (found === undefined && end === "line" && left.length === 0 && fin) {
      return { outcome: null, next: at };
    }
    // At the end, what was held back is payload as well.
    if (found === undefined && fin && left.length > max) return { outcome: "limit", next: at };
    return { outcome: atEnd, next: at };
  }
  if (found.start > max) return { outcome: "limit", next: at };
  const bytes = left.slice(0, found.start);
  const outcome = end === "line" ? `"${new TextDecoder().decode(bytes)}` : bytes;
  return { outcome, next: at + found.start + found.size };
}

/** The leftmost of them, and the longest there; `open` when what follows might change that. */
function firstOf(bytes: Uint8Array, delimiters: readonly Uint8Array[]) {
  let open = false;
  for (let start = 0; start < bytes.length; start++) {
    const there = bytes.subarray(start);
    open ||= delimiters.some((delimiter) =>
      delimiter.length > there.length && begins(delimiter, there)
    );
    const fits = delimiters.filter((delimiter) => begins(there, delimiter));
    if (fits.length === 0) continue;
    return { start, size: Math.max(...fits.map((delimiter) => delimiter.length)), open };
  }
  return undefined;
}

function begins(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.length <= bytes.length && beginning.every((byte, i) => byte === bytes[i]);
}

/** How many bytes at the end may be the beginning of a delimiter. */
function heldBack(bytes: Uint8Array, delimiters: readonly string[]): number {
  const encoded = delimiters.map((text) => new TextEncoder().encode(text));
  for (let start = 0; start < bytes.length; start++) {
    const there = bytes.subarray(start);
    if (encoded.some((delimiter) => begins(delimiter, there))) return there.length;
  }
  return 0;
}

function show(outcome: Outcome): string {
  if (!(outcome instanceof Uint8Array)) return String(outcome);
  return `[${[...outcome].join(" ")}]`;
}
