/**
 * The messages of RFC 6455, as a protocol: frames in, messages out. No socket, no promise.
 *
 * @module
 */

import { ChatError, exactly, type Protocol, type Step } from "asynchat";

/** What comes in. Fragments have been joined, and the text is text. */
export type Message =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly bytes: Uint8Array }
  | { readonly type: "ping" | "pong"; readonly bytes: Uint8Array }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** What ends the connection, with the code that the peer is told. */
export class WebSocketError extends ChatError {
  /** 1002 against the rules, 1007 malformed text, 1009 too long. */
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(closeCode === 1009 ? "limit" : "protocol", message);
    this.name = "WebSocketError";
    this.closeCode = closeCode;
  }
}

/** How to read. */
export interface MessagesOptions {
  /** Longest message, all its fragments together, in bytes; 1 MiB. */
  readonly max?: number;
  /** Whose frames they are: a client has to mask its own, and a server must not; `"client"`. */
  readonly from?: "client" | "server";
}

export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const CONTINUATION = 0;

const HEAD = exactly(2);
const KEY = exactly(4);
const LENGTHS: Readonly<Record<number, Step>> = { 126: exactly(2), 127: exactly(8) };
/** No length is written longer than it needs. */
const SHORTEST: Readonly<Record<number, number>> = { 126: 126, 127: 65536 };
/** Longest payload of a control frame, in bytes. */
const CONTROL = 125;

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/**
 * Makes the protocol for one connection: between the fragments of a message others may come, so it
 * remembers what it has of one.
 */
export function messages(options: MessagesOptions = {}): Protocol<Message> {
  const { max = 1024 * 1024, from = "client" } = options;
  let gathered: Gathered | undefined;

  return function* message() {
    for (;;) {
      const frame = yield* frames(from === "client", max - (gathered?.length ?? 0));
      if (frame.opcode >= OPCODE.close) return control(frame);
      if ((frame.opcode === CONTINUATION) === (gathered === undefined)) {
        throw new WebSocketError(1002, "a message begins, and only then is continued, once");
      }
      gathered ??= frame.opcode === OPCODE.text ? new Text() : new Binary();
      gathered.add(frame.payload);
      if (!frame.final) continue;
      const whole = gathered.end();
      gathered = undefined;
      return whole;
    }
  };
}

function* frames(masked: boolean, room: number): Generator<Step, Frame, Uint8Array> {
  const [first = 0, second = 0] = yield* HEAD;
  const final = first >= 0x80, opcode = first & 0x0f;
  let length = second & 0x7f;
  if ((first & 0x70) !== 0) throw new WebSocketError(1002, "no extension was agreed on");
  if (opcode !== CONTINUATION && !Object.values<number>(OPCODE).includes(opcode)) {
    throw new WebSocketError(1002, `there is no opcode ${opcode}`);
  }
  if (second >= 0x80 !== masked) {
    throw new WebSocketError(1002, `a frame ${masked ? "has to be" : "must not be"} masked`);
  }
  const isControl = opcode >= OPCODE.close;
  if (isControl && (!final || length > CONTROL)) {
    throw new WebSocketError(1002, `a control frame is whole, and at most ${CONTROL} bytes long`);
  }
  const extended = LENGTHS[length];
  if (extended !== undefined) {
    const least = SHORTEST[length]!;
    length = (yield* extended).reduce((sum, byte) => sum * 256 + byte, 0);
    if (length < least) throw new WebSocketError(1002, `${length} is written with too many bytes`);
  }
  if (!isControl && length > room) {
    throw new WebSocketError(1009, `a message is longer than what is left of its ${room} bytes`);
  }
  const key = masked ? yield* KEY : undefined;
  // The bytes are ours, so they are unmasked where they lie.
  const payload = yield* exactly(length, { max: length });
  if (key !== undefined) mask(payload, key);
  return { final, opcode, payload };
}

function mask(payload: Uint8Array, key: Uint8Array): void {
  for (let i = 0; i < payload.length; i++) payload[i]! ^= key[i & 3]!;
}

function control({ opcode, payload }: Frame): Message {
  if (opcode === OPCODE.ping) return { type: "ping", bytes: payload };
  if (opcode === OPCODE.pong) return { type: "pong", bytes: payload };
  if (payload.length === 0) return { type: "close", code: 1005, reason: "" };
  const code = payload[0]! * 256 + (payload[1] ?? 0);
  if (payload.length === 1 || !isSendable(code)) {
    throw new WebSocketError(1002, `${code} is no code to close with`);
  }
  const reason = new Text();
  reason.add(payload.subarray(2));
  return { type: "close", code, reason: reason.end().text };
}

/** Codes that may be sent: the others stand for what nobody said. */
function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

/** What there is of a message, fragment by fragment. */
interface Gathered {
  readonly length: number;
  add(payload: Uint8Array): void;
  end(): Message;
}

class Text implements Gathered {
  length = 0;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #text = "";

  add(payload: Uint8Array): void {
    this.length += payload.length;
    this.#text += this.#decode(payload);
  }

  end(): Message & { type: "text" } {
    return { type: "text", text: this.#text + this.#decode() };
  }

  #decode(payload?: Uint8Array): string {
    try {
      return this.#decoder.decode(payload, { stream: payload !== undefined });
    } catch {
      throw new WebSocketError(1007, "text has to be UTF-8");
    }
  }
}

class Binary implements Gathered {
  length = 0;
  readonly #parts: Uint8Array[] = [];

  add(payload: Uint8Array): void {
    // Else empty ones, for which there is no bound, would pile up.
    if (payload.length > 0) this.#parts.push(payload);
    this.length += payload.length;
  }

  end(): Message {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { type: "binary", bytes };
  }
}

/** Writes one whole message, or a control frame; with a `key`, of 4 bytes, as a client has to. */
export function encodeFrame(opcode: number, payload: Uint8Array, key?: Uint8Array): Uint8Array {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const start = 2 + extended + (key === undefined ? 0 : 4);
  const frame = new Uint8Array(start + length);
  frame[0] = 0x80 | opcode;
  frame[1] = (key === undefined ? 0 : 0x80) | [length, 0, 126, 0, 0, 0, 0, 0, 127][extended]!;
  for (let i = 0, rest = length; i < extended; i++, rest = Math.floor(rest / 256)) {
    frame[1 + extended - i] = rest % 256;
  }
  frame.set(payload, start);
  if (key === undefined) return frame;
  frame.set(key, start - 4);
  mask(frame.subarray(start), key);
  return frame;
}

/** The payload of a close frame; the reason is cut to what it has room for. */
export function closePayload(code: number, reason = ""): Uint8Array {
  if (code === 1005) return new Uint8Array(0);
  const payload = new Uint8Array(CONTROL);
  payload.set([code >> 8, code & 0xff]);
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return payload.subarray(0, 2 + written);
}
