import { Chat } from "asynchat";
import { memoryPair } from "asynchat/adapters/memory";
import { describe, expect, it, vi } from "vitest";
import { encodeFrame, type Message, messages, OPCODE } from "../websocket/messages.ts";
import { browsers } from "./browsers.ts";
import { Lobby } from "./lobby.ts";
import { Visitor } from "./visitor.ts";

vi.spyOn(console, "log").mockImplementation(() => {});

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A browser's connection, and what the server does with it. */
function open(lobby = new Lobby()): { browser: Chat; serving: Promise<void> } {
  const browser = new Chat(), server = new Chat();
  memoryPair(browser, server, { segment: 5 });
  const serving = browsers("<p>hé", (peer) => new Visitor(lobby, peer))(server);
  return { browser, serving: serving.finally(() => void server.closeWhenDone()) };
}

async function ask(request: string): Promise<string> {
  const { browser, serving } = open();
  await browser.write(request);
  let answer = "";
  for await (const piece of browser) answer += decode(piece);
  await Promise.all([serving, browser.closeWhenDone()]);
  return answer;
}

describe("browsers()", () => {
  it("shows the page, and says how long it is in bytes", async () => {
    const answer = await ask("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\nContent-Length: 6\r\n[^]*\r\n\r\n<p>hé$/);
  });

  it.each([
    ["GET /etc/passwd HTTP/1.1\r\n\r\n", "404"],
    ["POST / HTTP/1.1\r\n\r\n", "405"],
    ["nonsense\r\n\r\n", "400"],
    [`GET / HTTP/1.1\r\nCookie: ${"x".repeat(9000)}\r\n\r\n`, "400"],
    ["GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "400"],
  ])("answers %j with %s", async (request, status) => {
    expect(await ask(request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it("lets a guest in whose lines come in any messages", async () => {
    const lobby = new Lobby();
    const said: string[] = [];
    const ann = lobby.enter((line) => said.push(line));
    const { browser, serving } = open(lobby);
    await browser.write(
      "GET / HTTP/1.1\r\nHost: here\r\nOrigin: http://here\r\nUpgrade: websocket\r\n" +
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    expect(decode(await browser.readUntil("\r\n\r\n"))).toContain("101 Switching Protocols");
    let heard = "";
    const listening = (async () => {
      for await (const message of browser.messages<Message>(messages({ from: "server" }))) {
        if (message.type === "binary") heard += decode(message.bytes);
        if (message.type === "close") return message.code;
      }
      return undefined;
    })();
    for (const part of ["he", "llo\nhow ", "", "are you?\n/quit\n"]) {
      const key = Uint8Array.of(1, 2, 3, 4);
      await browser.write(encodeFrame(OPCODE.text, new TextEncoder().encode(part), key));
    }
    expect(await listening).toBe(1000);
    await browser.closeWhenDone();
    await serving;
    expect(said).toEqual([
      "* guest2 is here",
      "guest2: hello",
      "guest2: how are you?",
      "* guest2 has left",
    ]);
    expect(heard.split("\r\n").slice(1)).toEqual([
      `* you are guest2 in hall, with ${ann.nick}`,
      "* bye",
      "",
    ]);
  });
});
