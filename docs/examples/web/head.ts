/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: what two programs could read in two
 * ways is refused, since requests are smuggled through the difference.
 *
 * @module
 */

/** Why a request cannot be answered as it should be: a status to answer with, before closing. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** How the body behind a head ends: after so many bytes, or by its last chunk. */
export type BodyLength = number | "chunked";

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly version: "1.0" | "1.1";
  readonly headers: Headers;
  readonly length: BodyLength;
  /** Whether another request may follow. */
  readonly keepAlive: boolean;
  /** The client waits for a word before it sends the body. */
  readonly expectsContinue: boolean;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
/** Visible characters, space, tab, and what other character sets make of their letters. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:\d*)?$/;

/** Reads the head, given without the empty line at its end, one character a byte. */
export function parseHead(text: string): RequestHead {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, target, major, minor] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new HttpError(400, "no request line");
  if (major !== "1") throw new HttpError(505, "this server speaks HTTP/1.1");
  const version = minor === "0" ? "1.0" : "1.1";
  const headers = parseFields(lines);
  const connection = listOf(headers.get("connection"));
  return {
    method,
    url: urlOf(method, target, hostOf(headers, version)),
    version,
    headers,
    length: lengthOf(headers, version),
    keepAlive: version === "1.1"
      ? !connection.includes("close")
      : connection.includes("keep-alive"),
    expectsContinue: expectationOf(headers, version),
  };
}

function parseFields(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[ \t]+/, "").trimEnd();
    // A space before the colon, a folded line, a lone CR or LF: each has been used to smuggle.
    if (!TOKEN.test(name) || !VALUE.test(value)) throw new HttpError(400, "a malformed field");
    headers.append(name, value);
  }
  return headers;
}

function hostOf(headers: Headers, version: string): string {
  const host = headers.get("host");
  if (host === null && version === "1.0") return "localhost";
  // Several are joined by a comma and a space, which no host has.
  if (host === null || !HOST.test(host)) throw new HttpError(400, "not exactly one valid Host");
  return host;
}

function urlOf(method: string, target: string, host: string): string {
  if (method === "OPTIONS" && target === "*") return `http://${host}/`;
  const url = target.startsWith("/") ? `http://${host}${target}` : target;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new HttpError(400, "a malformed target");
  }
  return url;
}

function lengthOf(headers: Headers, version: string): BodyLength {
  const coding = headers.get("transfer-encoding"), length = headers.get("content-length");
  if (coding !== null) {
    if (length !== null) throw new HttpError(400, "both Transfer-Encoding and Content-Length");
    if (version === "1.0") throw new HttpError(400, "Transfer-Encoding in HTTP/1.0");
    if (coding.toLowerCase() === "chunked") return "chunked";
    throw new HttpError(501, "a transfer coding other than chunked");
  }
  if (length === null) return 0;
  // Digits and nothing else: no sign, no list, no second length.
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(400, "a malformed Content-Length");
  return Number(length);
}

function expectationOf(headers: Headers, version: string): boolean {
  const expectation = headers.get("expect");
  if (expectation === null || version === "1.0") return false;
  if (expectation.toLowerCase() === "100-continue") return true;
  throw new HttpError(417, "an expectation other than 100-continue");
}

function listOf(value: string | null): string[] {
  return (value ?? "").toLowerCase().split(",").map((each) => each.trim());
}
