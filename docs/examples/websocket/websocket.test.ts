import { Chat, type ChatError, Parser } from "asynchat";
import { memoryPair } from "asynchat/adapters/memory";
import { converse } from "asynchat/adapters/web";
import { segmentedProtocol, verifySegmentation } from "asynchat/testing";
import { describe, expect, it } from "vitest";
import { acceptFor, parseHead, refusalOf } from "./handshake.ts";
import {
  closePayload,
  encodeFrame,
  type Message,
  messages,
  OPCODE,
  type WebSocketError,
} from "./messages.ts";
import { upgrade } from "./websocket.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const hex = (text: string) =>
  Uint8Array.from(text.match(/\w\w/g) ?? [], (two) => parseInt(two, 16));
const KEY = hex("37fa213d");

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A frame as no careful writer would make it. */
function raw(first: number, payload: Uint8Array | string = "", key = KEY): Uint8Array {
  const bytes = typeof payload === "string" ? encode(payload) : payload;
  const frame = encodeFrame(OPCODE.text, bytes, key);
  frame[0] = first;
  return frame;
}

/** All messages in some bytes, then the code that they are answered with. */
function read(bytes: Uint8Array, max?: number): unknown[] {
  const parser = new Parser(messages(max === undefined ? {} : { max }));
  const told: unknown[] = [];
  try {
    for (const message of parser.receive(bytes)) told.push(message);
    for (const message of parser.end()) told.push(message);
  } catch (error) {
    told.push((error as WebSocketError).closeCode ?? (error as ChatError).kind);
  }
  return told;
}

describe("messages()", () => {
  it("reads and writes the examples of RFC 6455, section 5.7", () => {
    const hello: Message = { type: "text", text: "Hello" };
    const fromServer = messages({ from: "server" });
    const all = join(
      hex("810548656c6c6f"),
      hex("010348656c"),
      hex("890548656c6c6f"),
      hex("80026c6f"),
    );
    expect([...new Parser(fromServer).receive(all)]).toEqual([
      hello,
      { type: "ping", bytes: encode("Hello") },
      hello,
    ]);
    expect(read(hex("818537fa213d7f9f4d5158"))).toEqual([hello]);
    expect(encodeFrame(OPCODE.text, encode("Hello"))).toEqual(hex("810548656c6c6f"));
    expect(encodeFrame(OPCODE.text, encode("Hello"), KEY)).toEqual(hex("818537fa213d7f9f4d5158"));
    const long = (length: number) => encodeFrame(OPCODE.binary, new Uint8Array(length));
    expect(long(256).subarray(0, 4)).toEqual(hex("827E0100"));
    expect(long(65536).subarray(0, 10)).toEqual(hex("827F0000000000010000"));
  });

  it("reads back what is written, at every bend of the length", () => {
    for (const length of [0, 1, 125, 126, 127, 255, 256, 65535, 65536, 70_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      const [message] = read(encodeFrame(OPCODE.binary, bytes, KEY));
      expect((message as { bytes: Uint8Array }).bytes).toEqual(bytes);
    }
  });

  it("does not care how the bytes were cut", () => {
    const dialogue = join(
      raw(0x01, "é".slice(0, 1)),
      raw(0x89, "are you there"),
      raw(0x00, encode("€").subarray(0, 2)),
      raw(0x80, encode("€").subarray(2)),
      encodeFrame(OPCODE.binary, new Uint8Array(200).fill(7), KEY),
      raw(0x82),
      raw(0x8a, "yes"),
      raw(0x88, closePayload(1000, "bye")),
    );
    const ways = verifySegmentation(dialogue, () => segmentedProtocol(messages()));
    expect(ways).toBeGreaterThan(200);
    expect(read(dialogue).map((message) => (message as Message).type))
      .toEqual(["ping", "text", "binary", "binary", "pong", "close"]);
    expect(read(dialogue)[1]).toEqual({ type: "text", text: "é€" });
    for (const wrong of [join(raw(0x81, "ok"), raw(0x83, "no")), raw(0x81, hex("80"))]) {
      verifySegmentation(wrong, () => segmentedProtocol(messages()));
    }
  });

  it.each<[string, Uint8Array, number | string]>([
    ["a frame that is not masked", hex("8100"), 1002],
    ["a reserved bit", raw(0xc1), 1002],
    ["an opcode that is none", raw(0x83), 1002],
    ["a control opcode that is none", raw(0x8b), 1002],
    ["a continuation of nothing", raw(0x80), 1002],
    ["a message inside another", join(raw(0x01, "a"), raw(0x81, "b")), 1002],
    ["a control frame in pieces", raw(0x09), 1002],
    ["a control frame that is too long", raw(0x89, "x".repeat(126)), 1002],
    ["a length of 16 bits that has room in 7", join(hex("81fe007d"), KEY), 1002],
    ["a length of 64 bits that has room in 16", join(hex("81ff000000000000ffff"), KEY), 1002],
    ["a length beyond any number", join(hex("81ffffffffffffffffff"), KEY), 1009],
    ["a message that is too long", raw(0x81, "x".repeat(1001)), 1009],
    [
      "fragments that are too long together",
      join(raw(0x01, "x".repeat(600)), raw(0x80, "x".repeat(401))),
      1009,
    ],
    ["text that is no UTF-8", raw(0x81, hex("c328")), 1007],
    ["text that is no UTF-8, before its message ends", raw(0x01, hex("ff")), 1007],
    ["text that ends inside a character", raw(0x81, hex("e282")), 1007],
    ["a close code of one byte", raw(0x88, hex("03")), 1002],
    ["a close code that nobody may send", raw(0x88, closePayload(1006)), 1002],
    ["a close reason that is no UTF-8", raw(0x88, hex("03e8ff")), 1007],
    ["an end inside a frame", raw(0x81, "half").subarray(0, 8), "incomplete"],
  ])("refuses %s", (_, bytes, code) => {
    const before = raw(0x81, "before"), after = code === "incomplete" ? [] : [raw(0x81, "after")];
    const told = read(join(before, bytes, ...after), 1000);
    expect(told).toEqual([{ type: "text", text: "before" }, code]);
  });

  it("bounds a message by its sum, and control frames by nothing else", () => {
    const fits = join(
      raw(0x01, "x".repeat(600)),
      raw(0x89, "x".repeat(125)),
      raw(0x80, "x".repeat(400)),
    );
    expect(read(fits, 1000)).toHaveLength(2);
  });
});

describe("the handshake", () => {
  const HEAD =
    "GET /chat HTTP/1.1\r\nHost: here:80\r\nUpgrade: WebSocket\r\nConnection: keep-alive, " +
    "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

  it("proves itself as RFC 6455, section 1.3, does", async () => {
    expect(await acceptFor("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });

  const refusal = (head: string) => refusalOf(parseHead(head.replace(/\r\n$/, ""))!)?.status;

  it("lets in its own pages, and whoever is no page", () => {
    expect(refusal(HEAD)).toBe(undefined);
    expect(refusal(`${HEAD}Origin: http://here:80\r\n`)).toBe(undefined);
  });

  it.each([
    ["another method", HEAD.replace("GET", "POST"), "400 Bad Request"],
    ["no host", HEAD.replace("Host", "Hast"), "400 Bad Request"],
    ["no connection", HEAD.replace("Upgrade\r", "close\r"), "400 Bad Request"],
    ["another version", HEAD.replace("13", "8"), "426 Upgrade Required"],
    ["a key that is too short", HEAD.replace("dGhl", ""), "400 Bad Request"],
    ["a page of another site", `${HEAD}Origin: http://there:80\r\n`, "403 Forbidden"],
    ["a page of another port", `${HEAD}Origin: http://here:8080\r\n`, "403 Forbidden"],
    ["a page of nobody", `${HEAD}Origin: null\r\n`, "403 Forbidden"],
  ])("refuses %s", (_, head, status) => {
    expect(refusal(head)).toBe(status);
  });

  it.each([
    "GET /\r\n",
    "GET / HTTP/2",
    "GET /  HTTP/1.1",
    "GET / HTTP/1.1\r\n folded: x",
    "",
    "x\n",
  ])(
    "takes %j for no head",
    (head) => expect(parseHead(head)).toBe(undefined),
  );
});

describe("WebSocketChat", () => {
  /** A client that speaks frames by hand, and the server's side. */
  async function meet(maxMessage?: number) {
    const client = new Chat(), http = new Chat();
    memoryPair(client, http, { capacity: 1000, segment: 7 });
    const hello = encodeFrame(OPCODE.text, encode("early"), KEY);
    await client.write(join(
      encode(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      ),
      hello,
    ));
    const head = parseHead(decode(await http.readUntil("\r\n\r\n")))!;
    const webSocket = await upgrade(http, head, maxMessage === undefined ? {} : { maxMessage });
    const answer = decode(await client.readUntil("\r\n\r\n"));
    expect(answer).toMatch(
      /^HTTP\/1\.1 101 [^]*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/,
    );
    const say = (first: number, payload?: string | Uint8Array) => client.write(raw(first, payload));
    return {
      client,
      webSocket: webSocket!,
      say,
      frames: client.messages(messages({ from: "server" })),
    };
  }

  async function next(frames: AsyncGenerator<Message>): Promise<Message> {
    const { value } = await frames.next();
    return value;
  }

  it("takes over in the middle, and carries a conversation of bytes", async () => {
    const { client, webSocket, say, frames } = await meet();
    const inner = converse(webSocket);
    await say(0x81, "\nto");
    await say(0x89, "there?");
    await say(0x82, "gether\nrest");
    expect([await inner.readLine(), await inner.readLine()]).toEqual(["early", "together"]);
    expect(await next(frames)).toEqual({ type: "pong", bytes: encode("there?") });
    await inner.write("x".repeat(3000));
    const { bytes } = await next(frames) as Message & { type: "binary" };
    expect(bytes).toHaveLength(3000);
    await say(0x88, closePayload(1000, "bye"));
    expect(await inner.readUntil("rest", {}).then(() => inner.read())).toBe(null);
    expect(await next(frames)).toEqual({ type: "close", code: 1000, reason: "" });
    client.end();
    expect((await inner.closeWhenDone()).reason).toBe("ended");
    expect((await webSocket.closed).bytesUnsent).toBe(0);
    await client.closeWhenDone();
  });

  it("ends by a closing handshake of its own", async () => {
    const { client, webSocket, say, frames } = await meet();
    const inner = converse(webSocket);
    await inner.write("last");
    const closing = inner.closeWhenDone();
    expect((await next(frames)).type).toBe("binary");
    expect(await next(frames)).toMatchObject({ type: "close", code: 1000 });
    await say(0x88, closePayload(1000));
    client.end();
    expect((await closing).bytesUnsent).toBe(0);
    await client.closeWhenDone();
  });

  it.each<[string, number, number, string]>([
    ["a broken rule", 0x83, 1002, "x"],
    ["malformed text", 0x81, 1007, "\xff"],
    ["too much", 0x81, 1009, "x".repeat(101)],
  ])("tells the peer of %s, and its own side", async (_, first, code, payload) => {
    const { client, webSocket, say, frames } = await meet(100);
    const reader = webSocket.readable.getReader();
    expect((await reader.read()).value).toBe("early");
    await say(first, Uint8Array.from(payload, (letter) => letter.charCodeAt(0)));
    expect(await next(frames)).toMatchObject({ type: "close", code });
    await expect(reader.read()).rejects.toMatchObject({ closeCode: code });
    await client.closeWhenDone();
    await webSocket.closed;
  });

  it("takes an end without a goodbye for a cut", async () => {
    const { client, webSocket } = await meet();
    const reader = webSocket.readable.getReader();
    expect((await reader.read()).value).toBe("early");
    await client.closeWhenDone();
    await expect(reader.read()).rejects.toMatchObject({ kind: "reset" });
  });

  it("leaves a peer whose messages nobody reads in the network", async () => {
    const { client, webSocket, say } = await meet();
    const sending = (async () => {
      for (let i = 0; i < 500; i++) await say(0x81, "x".repeat(1000));
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(webSocket.stats.bytesReceived).toBeLessThan(10_000);
    let length = 0;
    const reader = webSocket.readable.getReader();
    while (length < 500_005) length += (await reader.read()).value!.length;
    await sending;
    webSocket.close();
    client.close();
    await client.closed;
  });

  it("refuses on the connection itself", async () => {
    const client = new Chat(), http = new Chat();
    memoryPair(client, http);
    const head = parseHead("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket")!;
    expect(await upgrade(http, head)).toBe(undefined);
    void http.closeWhenDone();
    expect(decode(await client.readUntil("\r\n\r\n"))).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    await client.closeWhenDone();
  });
});
