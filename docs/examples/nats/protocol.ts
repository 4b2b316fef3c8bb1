/**
 * What a NATS broker says, as a protocol, and what is said to it.
 *
 * @module
 */

import { decimal, exactly, LimitError, type Protocol, protocolError, until } from "asynchat";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const encode = (text: string) => encoder.encode(text);
const decode = (bytes: Uint8Array) => decoder.decode(bytes);

/** What a broker says of itself; there is more. */
export interface Info {
  /** Most bytes of a payload, headers included. */
  readonly max_payload: number;
  readonly server_name?: string;
  readonly version?: string;
}

/** Something that was published. */
export interface Message {
  readonly subject: string;
  /** Which of our subscriptions it is for. */
  readonly sid: number;
  /** Where an answer is wanted. */
  readonly reply: string | undefined;
  /** As they came: `NATS/1.0`, perhaps a status, then lines of names and values. */
  readonly headers: string;
  readonly payload: Uint8Array;
}

/** What a broker says. */
export type Told =
  | { readonly op: "INFO"; readonly info: Info }
  | { readonly op: "MSG"; readonly message: Message }
  | { readonly op: "PING" | "PONG" | "+OK" }
  | { readonly op: "-ERR"; readonly reason: string };

/** Long enough for an INFO with the addresses of a cluster. */
const LINE = until("\r\n", { max: 64 * 1024 });
const CR = 0x0d, LF = 0x0a;

/** Reads what a broker says, with payloads of at most `maxPayload` bytes; 8 MiB. */
export function fromBroker(
  { maxPayload = 8 * 1024 * 1024 }: { readonly maxPayload?: number } = {},
): Protocol<Told> {
  return function* () {
    const line = decode(yield* LINE);
    const [, op = "", rest = ""] = /^(\S+)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    switch (op.toUpperCase()) {
      case "INFO":
        return { op: "INFO", info: infoOf(rest) };
      case "MSG":
      case "HMSG": {
        const { lengths: [headers, total], ...head } = headOf(op.toUpperCase() === "HMSG", rest);
        if (total > maxPayload) throw new LimitError("a message is too long", maxPayload, total);
        const bytes = yield* exactly(total, { max: maxPayload });
        const [cr, lf] = yield* exactly(2);
        if (cr !== CR || lf !== LF) throw protocolError("a payload does not end with CRLF");
        const message = {
          ...head,
          headers: decode(bytes.subarray(0, headers)),
          payload: bytes.subarray(headers),
        };
        return { op: "MSG", message };
      }
      case "-ERR":
        return { op: "-ERR", reason: rest.replace(/^'(.*)'$/, "$1") };
      case "PING":
        return { op: "PING" };
      case "PONG":
        return { op: "PONG" };
      case "+OK":
        return { op: "+OK" };
      default:
        throw protocolError(`no broker says ${JSON.stringify(line.slice(0, 16))}`);
    }
  };
}

function infoOf(json: string): Info {
  let info: unknown;
  try {
    info = JSON.parse(json);
  } catch {
    throw protocolError("the INFO is no JSON");
  }
  if (typeof info === "object" && info !== null && "max_payload" in info) {
    if (Number.isSafeInteger(info.max_payload)) return info as Info;
  }
  throw protocolError("the INFO does not say how long a payload may be");
}

/** `subject sid [reply] [length of headers] length` */
function headOf(hasHeaders: boolean, text: string) {
  const words = text.split(/[ \t]+/);
  const numbers = words.splice(hasHeaders ? -2 : -1).map((word) => decimal(encode(word)));
  const [subject = "", sid = "", reply, ...more] = words;
  const [headers = 0, total = 0] = hasHeaders ? numbers : [0, ...numbers];
  if (sid === "" || more.length > 0 || headers > total) throw protocolError("a MSG without sense");
  const lengths = [headers, total] as const;
  return { subject, sid: decimal(encode(sid)), reply, lengths };
}

/** Who one is. */
export interface Credentials {
  readonly user?: string;
  readonly pass?: string;
}

/** Says who one is, and what one can: headers, by which a broker tells that nobody listens. */
export function writeConnect(credentials: Credentials, name: string): string {
  const can = { verbose: false, pedantic: false, headers: true, no_responders: true };
  const who = { name, lang: "asynchat", version: "0.1.0", protocol: 1, ...credentials };
  return `CONNECT ${JSON.stringify({ ...can, ...who })}\r\n`;
}

/**
 * Publishes.
 *
 * @throws {ChatError} kind `"protocol"` for a subject that would be read as something else.
 */
export function writePublish(subject: string, payload: Uint8Array, reply?: string): Uint8Array {
  const subjects = [subject, ...reply === undefined ? [] : [reply]].map(checked).join(" ");
  const head = encode(`PUB ${subjects} ${payload.length}\r\n`);
  const command = new Uint8Array(head.length + payload.length + 2);
  command.set(head);
  command.set(payload, head.length);
  command.set([CR, LF], head.length + payload.length);
  return command;
}

/**
 * Subscribes; each message goes to one of those with the same `queue`.
 *
 * @throws {ChatError} kind `"protocol"` for a subject or a queue that would be read as another.
 */
export function writeSubscribe(subject: string, sid: number, queue?: string): string {
  return `SUB ${
    [subject, ...queue === undefined ? [] : [queue]].map(checked).join(" ")
  } ${sid}\r\n`;
}

function checked(name: string): string {
  if (/^[^\s\p{Cc}]+$/u.test(name)) return name;
  throw protocolError(`a subject has neither spaces nor line ends; got ${JSON.stringify(name)}`);
}
