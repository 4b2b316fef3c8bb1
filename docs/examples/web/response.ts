/**
 * An answer on its way: as fast as the client takes it, and never longer or shorter than announced.
 *
 * @module
 */

import type { Chat } from "asynchat";
import type { RequestHead } from "./head.ts";
import { REASONS } from "./reasons.ts";

/** What belongs to the connection, and is ours to say. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"];
/** Pieces above this go as they are, without a copy. */
const LARGE = 64 * 1024;

/** What was asked, as far as it matters for the answer. */
export type Asked = Pick<RequestHead, "method" | "version" | "expectsContinue">;

/** How the client will know where the body ends. */
type BodyEnd = "no body" | "counted" | "chunked" | "until the end";

/**
 * Sends it. Answers whether the connection is kept, which `mayKeep` is asked before the head goes
 * out; a body whose end only the end of the connection tells ends it.
 *
 * To a client that waits to be told to send its body nothing is sent before ours has begun: ours may
 * be made of it.
 *
 * @throws {TypeError} for what is no answer that can be sent: nothing has been sent then.
 */
export async function sendResponse(
  chat: Chat,
  response: Response,
  asked: Asked,
  mayKeep: () => boolean,
): Promise<boolean> {
  try {
    const { pieces, head, end } = plan(response, asked);
    const first = asked.expectsContinue ? await pieces.next() : undefined;
    const kept = end !== "until the end" && !asksToClose(response) && mayKeep();
    await send(chat, toBytes(`${head}connection: ${kept ? "keep-alive" : "close"}\r\n\r\n`));
    await sendBody(chat, from(first, pieces), end === "chunked");
    return kept;
  } catch (error) {
    // Whoever makes the body may stop; a stream that has ended refuses.
    response?.body?.cancel(error).catch(() => {});
    throw error;
  }
}

/** Everything that can be wrong with it before it is sent. */
function plan(response: Response, { method, version }: Asked) {
  if (!(response instanceof Response) || response.status < 200 || response.bodyUsed) {
    throw new TypeError("a handler answers with a Response that has not been used");
  }
  const { status, statusText, headers, body } = response;
  const length = announced(headers);
  const end = endOf(response, method, version, length);
  if (end === "counted" && body === null && (length ?? 0) > 0) {
    throw new TypeError(`a Content-Length of ${length}, and no body`);
  }
  const unsaid = status === 204 ? [...HOP_BY_HOP, "content-length"] : HOP_BY_HOP;
  const fields = [...headers].filter(([name]) => !unsaid.includes(name));
  if (end === "chunked") fields.push(["transfer-encoding", "chunked"]);
  if (end === "counted" && length === undefined) fields.push(["content-length", "0"]);
  if (!headers.has("date")) fields.push(["date", new Date().toUTCString()]);
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${statusText || (REASONS[status] ?? "")}\r\n${lines.join("")}`;
  return { pieces: piecesOf(body, end === "no body" ? "none" : length), head, end };
}

function endOf(
  { status, body }: Response,
  method: string,
  version: string,
  length: number | undefined,
): BodyEnd {
  if (method === "HEAD" || status === 204 || status === 304) return "no body";
  if (length !== undefined || body === null) return "counted";
  return version === "1.1" ? "chunked" : "until the end";
}

function announced(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  if (length === null) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new TypeError(`a Content-Length of ${length}`);
  return Number(length);
}

function asksToClose({ headers }: Response): boolean {
  return /(?:^|,)\s*close\s*(?:,|$)/i.test(headers.get("connection") ?? "");
}

/** The body's pieces: as many bytes as were announced, else the connection has to be cut. */
async function* piecesOf(
  body: ReadableStream<Uint8Array> | null,
  length: number | "none" | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (length === "none") return void await body?.cancel();
  let sent = 0;
  for await (const piece of body ?? []) {
    // A stream may have anything in it.
    if (!(piece instanceof Uint8Array)) throw new TypeError("a body is made of bytes");
    sent += piece.length;
    // More would be taken for the next answer.
    if (sent > (length ?? Infinity)) throw new RangeError("a body of too many bytes");
    if (piece.length > 0) yield piece;
  }
  if (length !== undefined && sent < length) throw new RangeError("a body of too few bytes");
}

/** All of them, the first of which may have been asked for already. */
async function* from(
  first: IteratorResult<Uint8Array, void> | undefined,
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
) {
  if (first?.done) return;
  if (first !== undefined) yield first.value;
  yield* pieces;
}

async function sendBody(
  chat: Chat,
  pieces: AsyncIterable<Uint8Array>,
  isChunked: boolean,
): Promise<void> {
  for await (const piece of pieces) {
    if (isChunked) await send(chat, `${piece.length.toString(16)}\r\n`, piece, "\r\n");
    else await send(chat, piece);
  }
  if (isChunked) await send(chat, "0\r\n\r\n");
}

/** Waits for room behind them. What is small leaves together. */
async function send(chat: Chat, ...pieces: (string | Uint8Array)[]): Promise<void> {
  await Promise.all(
    pieces.map((piece) => piece.length > LARGE ? chat.writeAll([piece]) : chat.write(piece)),
  );
}

/** A field's value is bytes, and `Headers` has one character for each. */
function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
