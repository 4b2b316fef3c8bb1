/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: what two programs could read in two
 * ways is refused, since requests are smuggled through the difference.
 *
 * @module
 */

import { HttpError } from "./http_error.ts";

/** How the body behind a head ends: after so many bytes, or by its last chunk. */
export type BodyLength = number | "chunked";

/** The first line of a request. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
}

/** A request without its body. */
export interface RequestHead extends Omit<RequestLine, "target"> {
  readonly url: string;
  readonly headers: Headers;
  readonly length: BodyLength;
  /** Whether the client would ask for more. */
  readonly keepAlive: boolean;
  /** The client waits for a word before it sends the body. */
  readonly expectsContinue: boolean;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// A fragment is no part of a target, and a backslash would become a slash.
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!"$-[\]-~]+) HTTP\/(\d)\.(\d)$/;
/** Visible characters, space, tab, and what other character sets make of their letters. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:\d*)?$/;

/** Reads the first line. */
export function parseRequestLine(line: string): RequestLine {
  const [, method, target, major, minor] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) throw new HttpError(400, "no request line");
  if (major !== "1") throw new HttpError(505, "this server speaks HTTP/1.1");
  return { method, target, version: minor === "0" ? "1.0" : "1.1" };
}

/** Reads one of the other lines. Space around the value is `Headers`' to take off. */
export function parseField(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon)), value = line.slice(colon + 1);
  // A space before the colon, a folded line, a lone CR: each has been used to smuggle.
  if (!TOKEN.test(name) || !VALUE.test(value)) throw new HttpError(400, "a malformed field");
  return [name, value];
}

/** Understands them together. */
export function toHead(
  { method, target, version }: RequestLine,
  headers: Headers,
  scheme: "http" | "https" = "http",
): RequestHead {
  const url = urlOf(method, target, `${scheme}://${hostOf(headers, version)}`);
  // A whole URL as the target outdoes what Host says (RFC 9112, section 3.2.2).
  headers.set("host", url.host);
  const connection = listOf(headers.get("connection"));
  return {
    method,
    url: url.href,
    version,
    headers,
    length: lengthOf(headers, version),
    keepAlive: version === "1.1"
      ? !connection.includes("close")
      : connection.includes("keep-alive"),
    expectsContinue: expectationOf(headers, version),
  };
}

function hostOf(headers: Headers, version: string): string {
  const host = headers.get("host");
  if (host === null && version === "1.0") return "localhost";
  // Several are joined by a comma and a space, which no host has.
  if (host === null || !HOST.test(host)) throw new HttpError(400, "not exactly one valid Host");
  return host;
}

function urlOf(method: string, target: string, origin: string): URL {
  const path = method === "OPTIONS" && target === "*" ? "/" : target;
  const text = path.startsWith("/") ? `${origin}${path}` : path;
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username === "" && url.password === "") return url;
  throw new HttpError(400, "a malformed target");
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
