/**
 * An HTTP/1.1 server on the engine, which takes any `fetch` handler.
 *
 * It shows how async views and controllers sit on a byte stream: a head by its delimiter, a body by
 * count or in chunks, an answer as fast as it is taken. It does not replace your runtime's own
 * server, which is faster and knows more of HTTP.
 *
 * @module
 */

import { type Chat, ChatError, IncompleteFrameError } from "asynchat";
import { type Listener, serve, type ServeOptions } from "asynchat/adapters";
import { RequestBody } from "./body.ts";
import { HttpError, parseHead, type RequestHead } from "./head.ts";
import { type Asked, sendResponse } from "./response.ts";

/** What a framework's `app.fetch` is. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** Where to listen, and how patient to be. */
export interface HttpOptions extends ServeOptions {
  /** Most bytes of a head; 16 KiB. */
  readonly maxHead?: number;
  /**
   * How long a head may take from the moment we are ready for it, in milliseconds; 60,000. Bytes
   * that drip in do not extend it, and a client that keeps its connection has so long.
   */
  readonly headTimeout?: number;
}

/** Serves until the listener is closed. */
export function serveHttp(handler: FetchHandler, options: HttpOptions): Promise<Listener> {
  const { maxHead = 16 * 1024, headTimeout = 60_000, ...others } = options;
  return serve({ idleTimeout: 120_000, ...others }, async (chat) => {
    const gone = new AbortController();
    void chat.closed.then(() => gone.abort());
    const exchange = { chat, handler, signal: gone.signal, max: maxHead, timeout: headTimeout };
    while (await answerOne(exchange));
  });
}

/** What all requests of one connection have in common. */
interface Exchange {
  readonly chat: Chat;
  readonly handler: FetchHandler;
  /** Given when the client is gone: what is done for it can stop. */
  readonly signal: AbortSignal;
  readonly max: number;
  readonly timeout: number;
}

/** What is answered when the head could not be read. */
const UNKNOWN: Asked = { method: "GET", version: "1.1", expectsContinue: false };

/** One request and its answer. Answers whether there may be another. */
async function answerOne(exchange: Exchange): Promise<boolean> {
  const { chat, handler, signal } = exchange;
  let head: RequestHead | undefined;
  let body: RequestBody;
  let response: Response;
  try {
    const text = await readHead(exchange);
    if (text === undefined) return false;
    head = parseHead(text);
    body = new RequestBody(chat, head);
    response = await handler(requestOf(head, body, signal));
  } catch (error) {
    return await refuse(chat, error, head ?? UNKNOWN);
  }
  // From here on part of an answer may be out: what fails cuts the connection, and is reported.
  const kept = await sendResponse(chat, response, head, head.keepAlive);
  return kept && await body.drain();
}

/** The head without its empty line; `undefined` when the client has nothing more to ask. */
async function readHead({ chat, max, timeout }: Exchange): Promise<string | undefined> {
  for (let blanks = 0;; blanks++) {
    let bytes: Uint8Array;
    try {
      bytes = await chat.readUntil("\r\n\r\n", { max, timeout });
    } catch (error) {
      // Between two requests a client may leave, and one that is idle is let go.
      const isIdle = error instanceof ChatError && error.kind === "timeout";
      if (isIdle || (error instanceof IncompleteFrameError && error.received === 0)) {
        return undefined;
      }
      throw error;
    }
    // Some clients send an empty line too many behind a body (RFC 9112, section 2.2).
    const text = String.fromCharCode(...bytes).replace(/^(?:\r\n)+/, "");
    if (text !== "") return text;
    if (blanks > 3) throw new HttpError(400, "nothing but empty lines");
  }
}

function requestOf(head: RequestHead, body: RequestBody, signal: AbortSignal): Request {
  const { method, url, headers, length } = head;
  const hasBody = length !== 0 && method !== "GET" && method !== "HEAD";
  try {
    return new Request(url, {
      method,
      headers,
      signal,
      ...(hasBody ? { body: body.stream(), duplex: "half" } : {}),
    });
  } catch {
    // Such as CONNECT and TRACE, which are no business of a handler.
    throw new HttpError(501, `the method ${method}`);
  }
}

/** Says why, and ends: what follows a request that was not understood cannot be understood. */
async function refuse(chat: Chat, error: unknown, asked: Asked): Promise<false> {
  const status = statusOf(error);
  if (status === undefined) throw error;
  const message = status === 500 ? "something went wrong here" : (error as Error).message;
  if (status === 500) chat.asyncChat.report(error);
  const response = new Response(`${message}\n`, { status });
  await sendResponse(chat, response, { ...asked, expectsContinue: false }, false);
  return false;
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpError) return error.status;
  if (!(error instanceof ChatError)) return 500;
  if (error.kind === "limit") return 431;
  if (error.kind === "protocol") return 400;
  // The connection itself has failed: nobody is there to be told.
  return undefined;
}
