import { describe, expect, it } from "vitest";
import { findAfter, readValue, tokenize } from "./c_source.ts";
import * as gunicorn from "./gunicorn.ts";
import * as httpParser from "./http_parser.ts";
import { readStrings } from "./python_strings.ts";
import {
  bytesOf,
  type Expected,
  isAsExpected,
  parseAnswers,
  type Sample,
  verdictOf,
  withHost,
} from "./samples.ts";

const C = String.raw`
/* "no string" { */ #define NO 1
#define LIMIT "none"
static int x = (a < b) ? 1 : 2; // {
const struct message requests[] =
#define FIRST 0
{ {.name= "first" /* here */
  ,.raw= "GET /\"q\" HTTP/1.1\r\n"
         "A: \x41\102\0\\n" // "not this"
         "\r\n"
  ,.method= HTTP_GET
  ,.request_url= "/\"q\""
  ,.should_keep_alive= TRUE
  ,.headers= { { "A", "\x41\102" }
             , { "B,}", "" },
             }
  ,.body= "ü" }
#if !STRICT
#define SECOND 1
, {.name = "second", .raw= "M-SEARCH", .method= HTTP_MSEARCH, .request_url= "*", .headers= { },
   .should_keep_alive= FALSE, .body= "" }
#endif
};
int main() {
  const char *bad = "bad "
    "one";
  test_simple("ok", HPE_OK);
  test_simple("GET / HTP/1.1" "\r\n", HPE_INVALID_VERSION);
  test_simple(bad, HPE_INVALID_VERSION);
  test_simple(buf, HPE_INVALID_METHOD);
}`;

describe("tables in C", () => {
  it("have strings, names and braces", () => {
    const tokens = tokenize(C);
    const [requests] = readValue(tokens, findAfter(tokens, ["requests", "[", "]", "="]));
    expect(requests).toMatchObject([
      {
        label: "FIRST",
        parts: {
          name: "first",
          raw: 'GET /"q" HTTP/1.1\r\nA: AB\0\\n\r\n',
          method: "HTTP_GET",
          headers: [["A", "AB"], ["B,}", ""]],
          body: "\xc3\xbc",
        },
      },
      { label: "SECOND", parts: { headers: [], should_keep_alive: "FALSE" } },
    ]);
  });

  it("end where they end", () => {
    expect(() => readValue(tokenize("{ { 1 }"), 0)).toThrow("not closed");
    expect(() => findAfter(tokenize("a b"), ["b", "a"])).toThrow("there is no b a");
  });

  it("are samples, fine ones and errors", () => {
    const samples = httpParser.parseHttpParser(C);
    expect(samples.map(({ name }) => name)).toEqual([
      "FIRST",
      "SECOND",
      "HPE_INVALID_VERSION 1",
      "HPE_INVALID_VERSION 2",
    ]);
    expect(samples[1]?.expected).toMatchObject([{ method: "M-SEARCH", keepAlive: false }]);
    expect(samples[3]).toMatchObject({ input: bytesOf("bad one"), expected: undefined });
  });
});

describe("what a file of gunicorn's says", () => {
  it.each([
    [String.raw`"a" b'b' """c"d""" # "e"`, ['abc"d']],
    [String.raw`"a", 'b"'`, ["a", 'b"']],
    [String.raw`("\r\n\xe0\\\"\u00e0" ` + '\\\n "b")', ['\r\n\xe0\\"\xe0b']],
    ['"""a\nb"""', ["a\nb"]],
    ["1, x", []],
  ])("has strings: %j", (text, strings) => {
    expect(readStrings(text)).toEqual(strings);
  });

  it("is understood", () => {
    const about = `
req1 = {
    "method": "GET",
    "uri": uri("/a?b"),
    "headers": [("A", "1"), ('B', "2" "3")],
    "body": b""
}
req2 = { "method": "POST", "uri": uri("/" + x), "headers": [ ("A", value) ], "body": b"""x
y""" }
request = [req1, req2]`;
    expect(gunicorn.readExpected(about)).toEqual([
      { method: "GET", target: "/a?b", headers: [["A", "1"], ["B", "23"]], body: "" },
      { method: "POST", target: "/", headers: undefined, body: "x\ny" },
    ]);
  });
});

function answer(status: number, about: unknown, keepAlive = status < 400): string {
  const body = typeof about === "string" ? about : JSON.stringify(about);
  return `HTTP/1.1 ${status} x\r\ncontent-length: ${body.length}\r\n` +
    `connection: ${keepAlive ? "keep-alive" : "close"}\r\n\r\n${body}`;
}

describe("answers", () => {
  const asked = {
    method: "POST",
    target: "/%22",
    headers: { a: "1, 2", host: "corpus" },
    body: "b",
  };
  const expected = {
    method: "POST",
    target: 'http://h/"',
    headers: [["A", "1"], ["A", " 2 "]],
    body: "b",
    keepAlive: true,
  } as const;
  const sample = (...requests: Expected[]): Sample => ({
    name: "x",
    input: bytesOf(""),
    expected: requests,
  });

  it("are what was expected, or not", () => {
    const holds = (changed: Partial<Expected>, said: object = asked) =>
      isAsExpected(sample({ ...expected, ...changed }), parseAnswers(answer(200, said)));
    expect(holds({})).toBe(true);
    expect(holds({ headers: [["A", "1, 2"], ["Host", "corpus"]] })).toBe(true);
    expect(holds({ method: "PUT" })).toBe(false);
    expect(holds({ target: "/" })).toBe(false);
    expect(holds({ headers: [["A", "1"]] })).toBe(false);
    expect(holds({ headers: [["A", "1, 2"], ["Host", "other"]] })).toBe(false);
    expect(holds({ body: "" })).toBe(false);
    expect(holds({ keepAlive: false })).toBe(false);
    expect(holds({ method: "GET", body: "ignored" }, { ...asked, method: "GET", body: "" }))
      .toBe(true);
  });

  it("are as many as requests, or one refusal at last", () => {
    const [fine, refusal] = [answer(200, asked), answer(400, "no\n")];
    const refused: Sample = { name: "x", input: bytesOf(""), expected: undefined };
    expect(isAsExpected(sample(expected), parseAnswers(fine + fine))).toBe(false);
    expect(isAsExpected(sample(expected, expected), parseAnswers(fine + fine))).toBe(true);
    expect(isAsExpected(sample(expected), parseAnswers(fine + refusal))).toBe(false);
    expect(isAsExpected(refused, parseAnswers(fine + refusal))).toBe(true);
    expect(isAsExpected(refused, parseAnswers(fine))).toBe(false);
    expect(verdictOf(parseAnswers(fine + refusal))).toBe(400);
    expect(verdictOf(parseAnswers(fine))).toBe("answered");
    expect(() => verdictOf(parseAnswers(refusal + fine))).toThrow("not at last");
    expect(() => verdictOf(parseAnswers(answer(400, "", true)))).toThrow("not at last");
  });

  it.each(["x", answer(200, asked) + "x", answer(200, "abc").slice(0, -1)])(
    "are answers and nothing else: %j",
    (output) => expect(() => parseAnswers(output)).toThrow("no answer"),
  );

  it("come to who has said a host", () => {
    expect(withHost("GET / HTTP/1.1\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHOST: x\r\n\r\n")).toBe(
      "GET / HTTP/1.1\r\nHost: corpus\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHOST: x\r\n\r\n",
    );
    expect(withHost("GET / HTTP/1.0\r\n\r\n")).toBe("GET / HTTP/1.0\r\n\r\n");
  });
});
