/** SMTP as a server reads it: command lines, and a text behind DATA. */

import { describe, expect, it } from "vitest";
import { concat } from "../../bytes.ts";
import type { ChatError } from "../../errors.ts";
import { parse, Parser } from "../../parser.ts";
import type { Protocol } from "../../protocol.ts";
import { ProtocolChat } from "../../protocol_chat.ts";
import { ManualPeer } from "../../testing/manual_peer.ts";
import { segmentedProtocol } from "../../testing/segmented_protocol.ts";
import { randomFrom, verifySegmentation } from "../../testing/segmentation.ts";
import { decode, encode } from "../../text.ts";
import { dotStuffed } from "../dot_stuffed.ts";
import { lines } from "../lines.ts";

type Heard =
  | { readonly verb: string; readonly argument: string }
  | { readonly text: string };

const command = lines({ max: 510 });
const text = dotStuffed({ max: 1024 });

/** One for each connection: `mode.data` says what comes next, and who answers 354 sets it. */
function smtp(mode: { data: boolean }): Protocol<Heard> {
  return function* () {
    if (mode.data) {
      mode.data = false;
      return { text: decode(yield* text.decode()) };
    }
    const [, verb = "", argument = ""] = /^(\S*) ?(.*)$/s.exec(yield* command.decode()) ?? [];
    return { verb: verb.toUpperCase(), argument };
  };
}

/** A server without patience: DATA is always accepted. */
function accepting(): Protocol<Heard> {
  const mode = { data: false };
  const read = smtp(mode);
  return function* () {
    const heard = yield* read();
    if ("verb" in heard && heard.verb === "DATA") mode.data = true;
    return heard;
  };
}

const SESSION =
  "EHLO me\r\nMAIL FROM:<a@b>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n\n.\n\r\n.\r\nQUIT\r\n";

describe("SMTP", () => {
  it("reads commands and a text, pipelined", () => {
    expect(parse(accepting(), SESSION)).toEqual([
      { verb: "EHLO", argument: "me" },
      { verb: "MAIL", argument: "FROM:<a@b>" },
      { verb: "DATA", argument: "" },
      { text: "Subject: x\r\n\r\n.dot\r\n\n.\n\r\n" },
      { verb: "QUIT", argument: "" },
    ]);
  });

  it.each([
    SESSION,
    "DATA\r\n.\r\nQUIT\r\n",
    "DATA\r\nx\r\n.\rQUIT\r\n",
    `${"A".repeat(511)}\r\nNOOP\r\n`,
    `DATA\r\n${"x".repeat(1000)}\r\n.${"y".repeat(30)}\r\n.\r\n`,
    "DATA\r\nQUIT\r\n",
  ])("does not care how an input is cut: %#", (input) => {
    verifySegmentation(input, () => segmentedProtocol(accepting()));
  });

  it("reads what was written, for 1,000 mails, however they are cut", () => {
    const random = randomFrom(25);
    for (let round = 0; round < 1000; round++) {
      const sent: Heard[] = [];
      const pieces: Uint8Array[] = [];
      for (let count = 0; count <= round % 3; count++) {
        const argument = "x .:<>"[round % 6]!.repeat(Math.floor(random() * 9));
        sent.push({ verb: "RCPT", argument }, { verb: "DATA", argument: "" });
        const lines = Array.from(
          { length: Math.floor(random() * 5) },
          () => [".", "..", "", "DATA", "a.b", ".\n x", "QUIT"][Math.floor(random() * 7)],
        );
        const mail = lines.map((line) => `${line}\r\n`).join("");
        sent.push({ text: mail });
        pieces.push(command.encode(`RCPT ${argument}`), command.encode("DATA"));
        pieces.push(text.encode(encode(mail)));
      }
      const input = concat(pieces);
      expect(parse(accepting(), input)).toEqual(sent);
      const ways = { everyWayUpTo: 0, randomWays: 3, seed: round };
      verifySegmentation(input, () => segmentedProtocol(accepting()), ways);
    }
  });

  it("reads the text behind DATA only when the server has said yes", () => {
    const mode = { data: false };
    const heard: Heard[] = [];
    const parser = new Parser(smtp(mode));
    for (const message of parser.receive(encode("DATA\r\nRSET\r\nDATA\r\n.\r\nQUIT\r\n"))) {
      heard.push(message);
      mode.data = heard.length === 3;
    }
    expect(heard.map((message) => "verb" in message ? message.verb : message)).toEqual([
      "DATA",
      "RSET",
      "DATA",
      { text: "" },
      "QUIT",
    ]);
  });

  it("answers over a conversation, also when the hook takes its time", async () => {
    const mode = { data: false };
    const peer = new ManualPeer(
      new ProtocolChat(smtp(mode), {
        async handleMessage(message) {
          await Promise.resolve();
          if ("text" in message) this.push(`250 ${message.text.length}\r\n`);
          else if (message.verb === "DATA") {
            mode.data = true;
            this.push("354\r\n");
          } else this.push("250\r\n");
        },
      }),
    );
    peer.send("NOOP\r\nDATA\r\nQUIT\r\n.\r\nNOOP\r\n");
    let answers = "";
    for (let turn = 0; turn < 20; turn++) {
      await Promise.resolve();
      answers += peer.takeText();
    }
    expect(answers).toBe("250\r\n354\r\n250 6\r\n250\r\n");
  });

  it.each<[string, string, ChatError["kind"]]>([
    ["a line that is too long, and does not run its tail", `${"A".repeat(3000)}SYST\r\n`, "limit"],
    ["\\n.\\r\\n as an end", "DATA\r\nx\r\n\n.\r\nQUIT\r\n", "incomplete"],
    ["\\r.\\r as an end", "DATA\r\n\r.\rQUIT\r\n", "incomplete"],
    ["a text of nothing but line ends", `DATA\r\n${"\r\n".repeat(513)}`, "limit"],
    ["half a line", "NOOP", "incomplete"],
  ])("refuses %s", (_, input, kind) => {
    expect(() => parse(accepting(), input)).toThrow(expect.objectContaining({ kind }));
  });
});
