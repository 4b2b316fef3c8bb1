/** HTTP/1.1: a head, and a body whose end the head tells. */

import { describe, expect, it } from "vitest";
import type { ChatError } from "../../errors.ts";
import { parse } from "../../parser.ts";
import { exactly, type Protocol, protocolError, rest, type Step, until } from "../../protocol.ts";
import { segmentedProtocol } from "../../testing/segmented_protocol.ts";
import { randomFrom, verifySegmentation } from "../../testing/segmentation.ts";
import { decode, encode } from "../../text.ts";
import { chunked } from "../chunked.ts";
import { decimal } from "../digits.ts";

interface Message {
  readonly start: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

const HEAD = until("\r\n\r\n", { max: 1024 });
const BODY = { max: 256, maxOverhead: 64 };
const body = chunked(BODY);

/** A response whose head tells no length goes on to the end of the input. */
function http(role: "server" | "client"): Protocol<Message> {
  return function* () {
    const [start = "", ...lines] = decode(yield* HEAD).split("\r\n");
    const wanted = role === "server" ? /^[A-Z]+ \S+ HTTP\/1\.1$/ : /^HTTP\/1\.1 \d{3} /;
    if (!wanted.test(start)) throw protocolError("the first line is none");
    const fields = lines.map(fieldOf);
    return { start, fields, body: decode(yield* bodyOf(fields, role)) };
  };
}

function fieldOf(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([^\r\n\0]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw protocolError("a field is none");
  return [name.toLowerCase(), value.trim()];
}

function* bodyOf(
  fields: Message["fields"],
  role: "server" | "client",
): Generator<Step, Uint8Array, Uint8Array> {
  const all = (wanted: string) =>
    fields.filter(([name]) => name === wanted).map(([, value]) => value);
  const codings = all("transfer-encoding"), lengths = new Set(all("content-length"));
  if (codings.length > 0) {
    if (codings.join().toLowerCase() !== "chunked" || lengths.size > 0) {
      throw protocolError("where the body ends is not clear");
    }
    return (yield* body.decode()).body;
  }
  const [length, ...others] = lengths;
  if (others.length > 0) throw protocolError("there are several lengths");
  if (length !== undefined) return yield* exactly(decimal(encode(length)), BODY);
  return role === "server" ? new Uint8Array(0) : yield* rest(BODY);
}

const REQUESTS = "GET / HTTP/1.1\r\nHost: a\r\n\r\n" +
  "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" +
  "PUT /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nT: v\r\n\r\n" +
  "GET /z HTTP/1.1\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall\r\n\r\nthere is";

describe("HTTP/1.1", () => {
  it("reads requests one after the other, whatever their bodies look like", () => {
    const messages = parse(http("server"), REQUESTS);
    expect(messages.map(({ start, body }) => [start.split(" ")[1], body])).toEqual([
      ["/", ""],
      ["/x", "hello"],
      ["/y", "abc"],
      ["/z", ""],
    ]);
  });

  it("reads a response to the end of the input", () => {
    expect(parse(http("client"), RESPONSE)[0]?.body).toBe("all\r\n\r\nthere is");
  });

  it("reads what was written, for 1,000 inputs of requests, however they are cut", () => {
    const random = randomFrom(80);
    for (let round = 0; round < 1000; round++) {
      const sent: string[] = [];
      let input = "";
      for (let count = 0; count <= round % 3; count++) {
        const content = Array.from(
          { length: Math.floor(random() * 20) },
          () => "\r\n0;:a"[Math.floor(random() * 6)],
        ).join("");
        sent.push(content);
        const fields = random() < 0.5 ? "A: b\r\n" : "";
        input += random() < 0.5
          ? `PUT /a HTTP/1.1\r\n${fields}Content-Length: ${content.length}\r\n\r\n${content}`
          : `PUT /a HTTP/1.1\r\n${fields}Transfer-Encoding: chunked\r\n\r\n` +
            decode(body.encode({ body: encode(content) }));
      }
      expect(parse(http("server"), input).map((message) => message.body)).toEqual(sent);
      const ways = { everyWayUpTo: 0, randomWays: 3, seed: round };
      verifySegmentation(input, () => segmentedProtocol(http("server")), ways);
    }
  });

  it.each<[string, "server" | "client"]>([
    [REQUESTS, "server"],
    [RESPONSE, "client"],
    ["HTTP/1.1 204 x\r\n\r\n", "client"],
    [RESPONSE + "x".repeat(256), "client"],
    [`GET /${"a".repeat(1024)} HTTP/1.1\r\n\r\n`, "server"],
    ["POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhello", "server"],
    ["GET / HTTP/1.1\r\n\r\nnonsense\r\n\r\n", "server"],
  ])("does not care how an input is cut: %#", (input, role) => {
    verifySegmentation(input, () => segmentedProtocol(http(role)));
  });

  it.each<[string, string, ChatError["kind"]]>([
    [
      "two ways to tell the end",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "protocol",
    ],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "protocol",
    ],
    ["a sign", "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "protocol"],
    ["an empty length", "POST / HTTP/1.1\r\nContent-Length: \r\n\r\n", "protocol"],
    ["a length above the bound", "POST / HTTP/1.1\r\nContent-Length: 257\r\n\r\n", "limit"],
    ["space before the colon", "POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n", "protocol"],
    ["a folded line", "GET / HTTP/1.1\r\n folded: x\r\n\r\n", "protocol"],
    ["a lone LF in a field", "GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n", "protocol"],
    ["lone LFs", "GET / HTTP/1.1\n\n", "incomplete"],
    ["an endless head", `GET /${"a".repeat(2000)}`, "limit"],
  ])("refuses %s", (_, input, kind) => {
    expect(() => parse(http("server"), input)).toThrow(expect.objectContaining({ kind }));
  });
});
