/**
 * An HTTP/1.1 server on the engine, which takes any `fetch` handler.
 *
 * It shows how async views and controllers sit on a byte stream: a head by its lines, a body by
 * count or in chunks, an answer as fast as it is taken. It does not replace your runtime's own
 * server, which is faster and knows more of HTTP.
 *
 * @module
 */

import { type Chat, ChatError } from "asynchat";
import { capabilities, type Listener, serve, type ServeOptions } from "asynchat/adapters";
import { type BodyLimits, RequestBody } from "./body.ts";
import { parseField, parseRequestLine, type RequestHead, toHead } from "./head.ts";
import { HttpError } from "./http_error.ts";
import { Lines, Patience } from "./lines.ts";
import { type Asked, sendResponse } from "./response.ts";

/** What a framework's `app.fetch` is. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** How much a client may send, and how long it may take. */
export interface HttpLimits extends BodyLimits {
  /** Most bytes of a head. */
  readonly maxHead: number;
  /** Milliseconds from a head's first byte to its last. Bytes that drip in do not extend it. */
  readonly headTimeout: number;
  /** Milliseconds that a connection may wait for its next request. */
  readonly keepAliveTimeout: number;
}

/**
 * Where to listen, and how patient to be. When `signal` is given nobody new is let in, connections
 * between two requests are closed, and answers under way go out.
 */
export interface HttpOptions extends ServeOptions, Partial<HttpLimits> {}

/** What holds when nothing is said. */
export const DEFAULTS: HttpLimits = {
  maxHead: 16 * 1024,
  maxBody: 64 * 1024 * 1024,
  headTimeout: 30_000,
  bodyTimeout: 300_000,
  keepAliveTimeout: 60_000,
};

/** Serves until the listener is closed. */
export function serveHttp(handler: FetchHandler, options: HttpOptions): Promise<Listener> {
  const { maxHead, maxBody, headTimeout, bodyTimeout, keepAliveTimeout, ...others } = {
    ...DEFAULTS,
    ...options,
  };
  const limits = { maxHead, maxBody, headTimeout, bodyTimeout, keepAliveTimeout };
  // One listener on the signal, however many connections there are.
  const open = new Set<AbortController>();
  options.signal?.addEventListener("abort", () => open.forEach((stop) => stop.abort()));
  return serve({ idleTimeout: 120_000, closeTimeout: 5_000, ...others }, async (chat) => {
    const stop = new AbortController();
    if (options.signal?.aborted) return;
    open.add(stop);
    try {
      await converseHttp(chat, handler, { ...limits, signal: stop.signal });
    } finally {
      open.delete(stop);
    }
  });
}

/** What holds for one connection. */
export interface HttpTerms extends HttpLimits {
  /** Given when no more requests shall be taken. */
  readonly signal?: AbortSignal;
}

/** One connection: request after request, until one of the two has had enough. */
export async function converseHttp(
  chat: Chat,
  handler: FetchHandler,
  terms: HttpTerms = DEFAULTS,
): Promise<void> {
  let gone = new AbortController();
  void chat.closed.then(() => gone.abort());
  while (await answerOne(chat, handler, terms, gone.signal)) gone = new AbortController();
}

/** What is answered when the head could not be read. */
const UNKNOWN: Asked = { method: "GET", version: "1.1", expectsContinue: false };

/** One request and its answer. Answers whether there may be another. */
async function answerOne(
  chat: Chat,
  handler: FetchHandler,
  terms: HttpTerms,
  gone: AbortSignal,
): Promise<boolean> {
  let head: RequestHead | undefined;
  let body: RequestBody | undefined;
  let isBegun = false;
  try {
    head = await readHead(chat, terms);
    if (head === undefined) return false;
    const { keepAlive } = head, asked = body = new RequestBody(chat, head, terms);
    const response = await handler(requestOf(head, asked, gone));
    // Whatever a handler made of a malformed request, that is not what it is answered.
    if (asked.failure !== undefined) throw asked.failure;
    const kept = await sendResponse(chat, response, head, () => {
      isBegun = true;
      return keepAlive && asked.mayBeFollowed && !terms.signal?.aborted;
    });
    return kept && await asked.drain();
  } catch (error) {
    if (gone.aborted) return false;
    if (!isBegun) return await refuse(chat, body?.failure ?? error, head ?? UNKNOWN);
    // Half of an answer must not look like a whole one.
    chat.abort(error, { reset: capabilities.reset });
    if (body?.failure === undefined) throw error;
    return false;
  }
}

/** The next head; `undefined` when there is none, or nobody wants one any more. */
async function readHead(chat: Chat, terms: HttpTerms): Promise<RequestHead | undefined> {
  const lines = new Lines(chat, terms.maxHead, new Patience(terms.headTimeout));
  let line = "";
  // Some clients send an empty line too many behind a body (RFC 9112, section 2.2).
  while (line === "") {
    const begun = await firstByte(chat, terms);
    if (begun === null) return undefined;
    line = await lines.next(414, begun);
  }
  const first = parseRequestLine(line), headers = new Headers();
  for (line = await lines.next(431); line !== ""; line = await lines.next(431)) {
    headers.append(...parseField(line));
  }
  return toHead(first, headers, chat.tls === undefined ? "http" : "https");
}

/** Between two requests a client may leave, and one that has nothing to ask is let go. */
async function firstByte(
  chat: Chat,
  { keepAliveTimeout: timeout, signal }: HttpTerms,
): Promise<Uint8Array | null> {
  try {
    return await chat.read({ max: 1, timeout, ...(signal ? { signal } : {}) });
  } catch (error) {
    const { kind } = error as ChatError;
    if (kind === "timeout" || kind === "aborted" || kind === "reset") return null;
    throw error;
  }
}

function requestOf(head: RequestHead, body: RequestBody, signal: AbortSignal): Request {
  const { method, url, headers, length } = head;
  const hasBody = length !== 0 && method !== "GET" && method !== "HEAD";
  try {
    const rest = hasBody ? { body: body.stream(), duplex: "half" } : {};
    const request = new Request(url, { method, headers, signal, ...rest });
    // Some are written in capitals, or become GET: then a handler would not see what was asked.
    if (request.method === method) return request;
  } catch {
    // CONNECT and TRACE are no business of a handler.
  }
  throw new HttpError(501, `the method ${method}`);
}

/** Says why, and ends: what follows a request that was not understood cannot be understood. */
async function refuse(chat: Chat, error: unknown, asked: Asked): Promise<false> {
  const status = statusOf(error);
  // The connection itself has failed: nobody is there to be told.
  if (status === undefined) throw error;
  const message = status === 500 ? "something went wrong here" : messageOf(error);
  if (status === 500) chat.asyncChat.report(error);
  const body = new TextEncoder().encode(`${message}\n`);
  const headers = { "content-type": "text/plain", "content-length": `${body.length}` };
  const response = new Response(body, { status, headers });
  await sendResponse(chat, response, { ...asked, expectsContinue: false }, () => false);
  return false;
}

/** The engine's own messages are for us, and name the peer. */
function messageOf(error: unknown): string {
  if (error instanceof HttpError) return error.message;
  return (error as ChatError).kind === "incomplete" ? "the request was cut" : "a malformed request";
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpError) return error.status;
  if (!(error instanceof ChatError)) return 500;
  return error.kind === "protocol" || error.kind === "incomplete" ? 400 : undefined;
}
