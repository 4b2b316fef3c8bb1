/**
 * The requests that http-parser's own tests are made of, as seen by this server.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fields, findAfter, readValue, type Token, tokenize, type Value } from "./c_source.ts";
import { bytesOf, type Difference, type Expected, type Sample, withHost } from "./samples.ts";

/** What is understood otherwise here, on purpose. */
export const DIFFERENCES: readonly Difference[] = [
  {
    why: "a fragment is no part of a target",
    verdict: 400,
    names: ["FRAGMENT_IN_URI", "POST_IDENTITY_BODY_WORLD"],
  },
  {
    why: "a target is ASCII, and a fragment is no part of it",
    verdict: 400,
    names: ["UTF8_PATH_REQ"],
  },
  { why: "a user has no place in a target", verdict: 400, names: ["PROXY_WITH_BASIC_AUTH"] },
  { why: "only OPTIONS asks for *", verdict: 400, names: ["MSEARCH_REQ"] },
  {
    why: "CONNECT is for proxies",
    verdict: 400,
    names: [
      "CONNECT_REQUEST",
      "CONNECT_CAPS_REQUEST",
      "HOSTNAME_UNDERSCORE",
      "CONNECT_WITH_BODY_REQUEST",
    ],
  },
  { why: "HTTP/0.9 is not spoken", verdict: 400, names: ["NO_HTTP_VERSION"] },
  { why: "another protocol is not spoken", verdict: 400, names: ["SOURCE_ICE_REQUEST"] },
  {
    why: "a folded field",
    verdict: 400,
    names: [
      "LINE_FOLDING_IN_HEADER",
      "CONNECTION_MULTI",
      "CONNECTION_MULTI_LWS_CRLF",
      "POST_MULTI_LINE_TE_LAST_CHUNKED",
    ],
  },
  { why: "a lone LF ends no line", verdict: 400, names: ["LINE_FOLDING_IN_HEADER_WITH_LF"] },
  {
    why: "no transfer coding but chunked is known",
    verdict: 501,
    names: ["POST_MULTI_TE_LAST_CHUNKED"],
  },
  {
    why: "nothing is upgraded: the request is answered, and what follows it is none",
    verdict: 400,
    names: ["UPGRADE_REQUEST", "CONNECTION_MULTI_LWS", "UPGRADE_POST_REQUEST"],
  },
  {
    why: "fields behind a body are dropped",
    verdict: "answered",
    names: ["CHUNKED_W_TRAILING_HEADERS"],
  },
];

/** Reads the folder that `test.c` is in. */
export function readHttpParser(folder: string): Sample[] {
  return parseHttpParser(readFileSync(join(folder, "test.c"), "utf8"));
}

/** The requests that are fine, then those that are errors. */
export function parseHttpParser(source: string): Sample[] {
  const tokens = tokenize(source);
  const [requests] = readValue(tokens, findAfter(tokens, ["requests", "[", "]", "="]));
  return [...(requests as readonly Fields[]).map(toSample), ...readErrors(tokens)];
}

/** Not spelled as it is sent. */
const METHODS: Readonly<Record<string, string>> = { MSEARCH: "M-SEARCH" };

function toSample({ label, parts }: Fields): Sample {
  const text = (name: string): string => {
    const value = parts[name];
    if (typeof value !== "string") throw new Error(`${label} has no ${name}`);
    return value;
  };
  const method = text("method").replace(/^HTTP_/, "");
  const expected: Expected = {
    method: METHODS[method] ?? method,
    target: text("request_url"),
    headers: parts.headers as readonly [string, string][],
    body: text("body"),
    keepAlive: text("should_keep_alive") === "TRUE",
  };
  return { name: label, input: bytesOf(withHost(text("raw"))), expected: [expected] };
}

/** What `test_simple()` is told to find an error in. */
function readErrors(tokens: readonly Token[]): Sample[] {
  const strings = new Map<string, Value>();
  const samples: Sample[] = [];
  for (const [at, { text }] of tokens.entries()) {
    const name = tokens[at + 1]?.text ?? "";
    const isString = tokens[at + 2]?.text === "=" && tokens[at + 3]?.kind === "string";
    if (text === "*" && isString) strings.set(name, readValue(tokens, at + 3)[0]);
    if (text !== "test_simple" || name !== "(") continue;
    const [first, end] = readValue(tokens, at + 2);
    const input = tokens[at + 2]!.kind === "string" ? first : strings.get(first as string);
    const error = tokens[end + 1]?.text ?? "";
    if (typeof input !== "string" || !/^HPE_(?!OK$)/.test(error)) continue;
    const number = samples.filter(({ name }) => name.startsWith(error)).length + 1;
    const bytes = bytesOf(withHost(input));
    samples.push({ name: `${error} ${number}`, input: bytes, expected: undefined });
  }
  return samples;
}
