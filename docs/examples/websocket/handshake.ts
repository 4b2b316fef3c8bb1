/**
 * The head of an HTTP/1.1 request, and what makes a WebSocket of it (RFC 6455, section 4.2).
 *
 * @module
 */

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** By name, in lower case; of several with one name, all, separated by commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What to answer instead of going on. */
export interface Refusal {
  readonly status: string;
  readonly why: string;
  /** Whole lines. */
  readonly headers?: string;
}

const REQUEST = /^([!#$%&'*+\-.^_`|~\w]+) (\S+) HTTP\/1\.1$/;
const HEADER = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*(.*?)[ \t]*$/;

/** Reads the head, without the empty line that ends it; `undefined` when it is none. */
export function parseHead(head: string): RequestHead | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target] = REQUEST.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase(), before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { method, target, headers };
}

/** Whether somebody asks for a WebSocket at all. */
export function asksForWebSocket({ headers }: RequestHead): boolean {
  return tokens(headers.get("upgrade")).includes("websocket");
}

/**
 * Why a request for a WebSocket cannot be granted, if it cannot.
 *
 * A page of somebody else's site may open a WebSocket to ours: browsers do not stop it, but they say
 * where the page is from. Only our own pages are let in, and whoever is no browser.
 */
export function refusalOf({ method, headers }: RequestHead): Refusal | undefined {
  const bad = (why: string): Refusal => ({ status: "400 Bad Request", why });
  if (method !== "GET") return bad("a WebSocket is asked for with GET");
  const host = headers.get("host");
  if (host === undefined) return bad("there is no Host");
  if (!tokens(headers.get("connection")).includes("upgrade")) return bad("Connection: Upgrade");
  if (headers.get("sec-websocket-version") !== "13") {
    return {
      status: "426 Upgrade Required",
      why: "only version 13 is spoken here",
      headers: "Sec-WebSocket-Version: 13\r\n",
    };
  }
  // 16 bytes in base64.
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) {
    return bad("Sec-WebSocket-Key is no 16 bytes");
  }
  const origin = headers.get("origin");
  if (origin !== undefined && !/^https?:\/\//.test(origin)) return foreign(origin);
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host) return foreign(origin);
  return undefined;
}

function foreign(origin: string): Refusal {
  return { status: "403 Forbidden", why: `pages of ${origin} are not let in` };
}

/** The answer that makes a WebSocket of the connection. */
export async function switchingProtocols({ headers }: RequestHead): Promise<string> {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${await acceptFor(headers.get("sec-websocket-key") ?? "")}\r\n\r\n`;
}

/** Proves to a client that its request was understood as one for a WebSocket. */
export async function acceptFor(key: string): Promise<string> {
  const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

function tokens(value = ""): string[] {
  return value.toLowerCase().split(",").map((token) => token.trim());
}
