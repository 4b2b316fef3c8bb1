/**
 * One HTTP/1.1 exchange from the client's side: a request, and the answer piece by piece.
 *
 * @module
 */

import type { Chat } from "asynchat";
import { parseField } from "../web/head.ts";
import { Lines, Patience } from "../web/lines.ts";
import {
  type BodyPieces,
  chunkedPieces,
  countedPieces,
  piecesToTheEnd,
  streamOf,
} from "../web/pieces.ts";

/** Bounds of one exchange. */
export interface AnswerLimits {
  /** Milliseconds for all of it. A server that drips does not get more. */
  readonly timeout: number;
  /** Most bytes of a body, as they come and as they are unpacked. */
  readonly maxBody: number;
}

/** What a server said, the body of which is still on its way. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Ends with the body, and is read to its end, or the connection is lost. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Whether the connection can be used again, once the body has been read. */
  readonly kept: boolean;
}

/** Most bytes of a head. */
const MAX_HEAD = 64 * 1024;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [^\0\r\n]*)?$/;

/** Asks for a page. The answer's body has to be read before the connection is used again. */
export async function ask(chat: Chat, url: URL, limits: AnswerLimits): Promise<Answer> {
  await chat.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
      "User-Agent: asynchat-crawler\r\nAccept: text/html, */*;q=0.5\r\nAccept-Encoding: gzip\r\n\r\n",
  );
  const patience = new Patience(limits.timeout);
  let head = await readHead(chat, patience);
  // Hints before the answer; nobody has to look at them.
  while (head.status < 200 && head.status !== 101) head = await readHead(chat, patience);
  const { version, status, headers } = head;
  const { pieces, isFramed } = bodyOf(chat, status, headers, limits, patience);
  const connection = (headers.get("connection") ?? "").toLowerCase();
  return {
    status,
    headers,
    body: bounded(unpacked(pieces, headers), limits.maxBody),
    kept: isFramed && version === "1.1" && !/(?:^|,)\s*close\s*(?:,|$)/.test(connection),
  };
}

async function readHead(chat: Chat, patience: Patience) {
  const lines = new Lines(chat, MAX_HEAD, patience);
  const line = await lines.next(502);
  const [, minor, status] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) throw new Error("that is no answer of HTTP/1.1");
  const headers = new Headers();
  for (let field = await lines.next(502); field !== ""; field = await lines.next(502)) {
    headers.append(...parseField(field));
  }
  return { version: `1.${minor}`, status: Number(status), headers };
}

/** How long the body is, as RFC 9112, section 6.3, has it. What is not clear is an error. */
function bodyOf(
  chat: Chat,
  status: number,
  headers: Headers,
  { maxBody }: AnswerLimits,
  patience: Patience,
): { readonly pieces: BodyPieces; readonly isFramed: boolean } {
  const coding = headers.get("transfer-encoding"), length = headers.get("content-length");
  if (status === 204 || status === 304) {
    return { pieces: countedPieces(chat, 0, patience), isFramed: true };
  }
  if (coding !== null) {
    if (coding.toLowerCase() !== "chunked" || length !== null) {
      throw new Error("nobody knows where that body ends");
    }
    return { pieces: chunkedPieces(chat, maxBody, patience), isFramed: true };
  }
  if (length === null) return { pieces: piecesToTheEnd(chat, patience), isFramed: false };
  if (!/^\d{1,15}$/.test(length)) throw new Error("a Content-Length that is none");
  return { pieces: countedPieces(chat, Number(length), patience), isFramed: true };
}

function unpacked(pieces: BodyPieces, headers: Headers): AsyncIterable<Uint8Array> {
  const coding = headers.get("content-encoding")?.toLowerCase() ?? "identity";
  if (coding === "identity") return pieces;
  if (coding !== "gzip") throw new Error(`a body packed by ${coding}, which was not asked for`);
  return streamOf(pieces).pipeThrough(new DecompressionStream("gzip"));
}

async function* bounded(body: AsyncIterable<Uint8Array>, max: number) {
  let left = max;
  for await (const piece of body) {
    left -= piece.length;
    if (left < 0) throw new Error(`the body has more than ${max} bytes`);
    yield piece;
  }
}
