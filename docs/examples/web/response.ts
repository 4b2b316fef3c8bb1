/**
 * An answer on its way: as fast as the client takes it, and never longer or shorter than announced.
 *
 * @module
 */

import type { Chat } from "asynchat";
import type { RequestHead } from "./head.ts";

/** What belongs to the connection, and is ours to say. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"];
/** Answers that have no body, whatever is said of it. */
const BODILESS = [204, 205, 304];

/** What was asked, as far as it matters for the answer. */
export type Asked = Pick<RequestHead, "method" | "version" | "expectsContinue">;

/**
 * Sends it. Answers whether the connection can be kept: a body whose end only the end of the
 * connection tells ends it.
 *
 * To a client that waits to be told to send its body nothing is sent before ours has begun: ours may
 * be made of it.
 */
export async function sendResponse(
  chat: Chat,
  response: Response,
  { method, version, expectsContinue }: Asked,
  keepAlive: boolean,
): Promise<boolean> {
  const { body } = response;
  const fields = [...response.headers].filter(([name]) => !HOP_BY_HOP.includes(name));
  const length = announced(response);
  const hasBody = method !== "HEAD" && !BODILESS.includes(response.status);
  let framing: "none" | "counted" | "chunked" | "until the end" = "none";
  if (hasBody && body !== null) {
    framing = length !== undefined ? "counted" : version === "1.1" ? "chunked" : "until the end";
  }
  const kept = keepAlive && framing !== "until the end";
  if (framing === "chunked") fields.push(["transfer-encoding", "chunked"]);
  if (hasBody && body === null) fields.push(["content-length", "0"]);
  if (!response.headers.has("date")) fields.push(["date", new Date().toUTCString()]);
  fields.push(["connection", kept ? "keep-alive" : "close"]);

  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = latin1(`HTTP/1.1 ${response.status} ${response.statusText}\r\n${lines}\r\n`);
  if (framing === "none") await body?.cancel();
  const pieces = framing === "none" ? nothing() : piecesOf(body!, length);
  const first = expectsContinue ? await pieces.next() : undefined;
  void chat.write(head);
  await sendBody(chat, from(first, pieces), framing === "chunked");
  return kept;
}

function announced({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  if (length === null) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new TypeError(`a Content-Length of ${length}`);
  return Number(length);
}

/** The body's pieces: as many bytes as were announced, else the connection has to be cut. */
async function* piecesOf(body: ReadableStream<Uint8Array>, length: number | undefined) {
  let sent = 0;
  for await (const piece of body) {
    sent += piece.length;
    // More would be taken for the next answer.
    if (sent > (length ?? Infinity)) throw new RangeError("a body of too many bytes");
    if (piece.length > 0) yield piece;
  }
  if (length !== undefined && sent < length) throw new RangeError("a body of too few bytes");
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

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
    if (isChunked) void chat.write(`${piece.length.toString(16)}\r\n`);
    await chat.write(piece);
    if (isChunked) void chat.write("\r\n");
  }
  if (isChunked) await chat.write("0\r\n\r\n");
}

/** A field's value is bytes, and `Headers` has one character for each. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
