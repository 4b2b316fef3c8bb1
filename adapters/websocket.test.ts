import { describe, expect, it } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import { Chat } from "../core/chat.ts";
import { LimitError } from "../core/errors.ts";
import { decode, encode } from "../core/text.ts";
import { capabilities, converse, type WebSocketLike } from "./websocket.ts";

/** Behaves as the page's own does, as far as a conversation can tell; the tests play the network. */
class FakeSocket extends EventTarget {
  binaryType = "blob";
  readyState = 1;
  bufferedAmount = 0;
  url = "ws://there/";
  /** Whether what is sent stays in its buffer. */
  isSlow = false;
  readonly sent: Uint8Array[] = [];
  readonly closes: unknown[][] = [];
  other: FakeSocket | undefined;
  readonly #heard = new Set<string>();

  override addEventListener(type: string, listener: EventListener): void {
    this.#heard.add(type);
    super.addEventListener(type, listener);
  }

  send(bytes: Uint8Array): void {
    if (this.readyState === 0) throw new DOMException("not yet", "InvalidStateError");
    if (this.readyState !== 1) return;
    if (this.isSlow) this.bufferedAmount += bytes.length;
    this.sent.push(bytes);
    const { other } = this;
    if (other !== undefined) setTimeout(() => other.message(bytes.slice().buffer));
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
      throw new DOMException("no such code", "InvalidAccessError");
    }
    if (encode(reason ?? "").length > 123) throw new DOMException("too long", "SyntaxError");
    this.closes.push([code, reason]);
    if (this.readyState === 0) {
      this.readyState = 2;
      setTimeout(() => this.over(1006, "", false));
    }
    if (this.readyState !== 1) return;
    this.readyState = 2;
    const { other } = this;
    if (other === undefined) return;
    setTimeout(() => {
      other.over(code ?? 1005, reason ?? "", true);
      this.over(code ?? 1005, reason ?? "", true);
    });
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  message(data: unknown): void {
    if (this.readyState !== 1) return;
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  over(code: number, reason = "", wasClean = code !== 1006): void {
    this.readyState = 3;
    // Those that are made of Node's event emitters do.
    if (!wasClean && !this.#heard.has("error")) throw new Error("nobody listens for errors");
    if (!wasClean) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean }));
  }
}

const asSocket = (fake: FakeSocket) => fake as unknown as WebSocketLike;

function pair(): [FakeSocket, FakeSocket] {
  const [one, two] = [new FakeSocket(), new FakeSocket()];
  one.other = two;
  two.other = one;
  return [one, two];
}

const settled = (milliseconds = 2) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("converse()", () => {
  it("speaks both ways, and ends by the closing handshake behind the last byte", async () => {
    const [one, two] = pair();
    const chat = await converse(asSocket(one)), peer = await converse(asSocket(two));
    expect([one.binaryType, chat.peer]).toEqual(["arraybuffer", "ws://there/"]);
    const echoing = (async () => {
      for await (const line of peer.frames("\n")) await peer.write(`${decode(line)}!\n`);
    })();
    for (let i = 0; i < 20; i++) {
      await chat.write(`${i}`);
      await chat.write("\n");
      expect(await chat.readLine()).toBe(`${i}!`);
    }
    await chat.write("x".repeat(200_000));
    await chat.write("\n");
    expect(await chat.readLine()).toHaveLength(200_001);
    void peer.write("a late word");
    const report = await chat.closeWhenDone();
    await echoing;
    expect(report).toEqual({ reason: "closed", bytesUnsent: 0 });
    expect((await peer.closeWhenDone()).reason).toBe("ended");
    expect(one.closes).toEqual([[1000, ""]]);
    expect(Math.max(...one.sent.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
  });

  it("hears what comes with the handshake, text as UTF-8", async () => {
    const fake = new FakeSocket();
    fake.readyState = 0;
    const opening = converse(asSocket(fake));
    fake.open();
    fake.message("hé");
    fake.message(encode("llo\n").buffer);
    fake.message("");
    fake.over(1001);
    const chat = await opening;
    expect(await chat.readLine()).toBe("héllo");
    expect(await chat.read()).toBe(null);
    expect((await chat.closeWhenDone()).reason).toBe("ended");
  });

  it("rejects what will never stand, by its kind", async () => {
    const refused = new FakeSocket();
    refused.readyState = 0;
    const one = converse(asSocket(refused)).catch((error) => error);
    refused.over(1006);
    expect(await one).toMatchObject({ kind: "refused", code: "1006" });

    const late = new FakeSocket();
    late.readyState = 0;
    const chat = new AsyncChat();
    const two = converse(asSocket(late), chat, { connectTimeout: 5 }).catch((error) => error);
    expect(await two).toMatchObject({ kind: "timeout" });
    expect(late.closes).toEqual([[undefined, undefined]]);

    const aborted = new FakeSocket();
    aborted.readyState = 0;
    const controller = new AbortController();
    const three = converse(asSocket(aborted), { signal: controller.signal }).catch((error) =>
      error
    );
    controller.abort();
    expect(await three).toMatchObject({ kind: "aborted" });

    const gone = new FakeSocket();
    gone.readyState = 3;
    await expect(converse(asSocket(gone))).rejects.toMatchObject({ kind: "closed" });
    await expect(converse(asSocket(gone), { maxReceived: 0 })).rejects.toThrow(RangeError);
    // What could not be used may be used with another.
    const [fine] = pair();
    await converse(asSocket(fine), chat);
    chat.closeWhenDone();
    expect((await chat.closed).reason).toBe("closed");
  });

  it.each([
    [1000, true, "ended", undefined],
    [1001, true, "ended", undefined],
    [1005, true, "ended", undefined],
    [1006, false, "reset", "1006"],
    [1000, false, "reset", "1000"],
    [1009, true, "reset", "1009"],
    [1011, true, "reset", "1011"],
    [4000, true, "reset", "4000"],
  ])("takes close code %d, clean %s, for %s", async (code, wasClean, reason, told) => {
    const fake = new FakeSocket();
    const chat = new AsyncChat({ terminator: "\n", foundTerminator() {} });
    await converse(asSocket(fake), chat);
    fake.message("whole\nhalf");
    await settled();
    fake.over(code, "because", wasClean);
    const report = await chat.closed;
    expect(report.reason).toBe(reason);
    expect((report.error as { code?: string } | undefined)?.code).toBe(told);
    if (told !== undefined) {
      expect(report.error?.message).not.toContain("because");
      expect(report.error?.cause).toMatchObject({ code, reason: "because", wasClean });
    }
    expect(report.incomplete?.received).toBe(4);
  });

  it("can be read to the end of what had come before the cut", async () => {
    const fake = new FakeSocket();
    const chat = await converse(asSocket(fake));
    for (const text of ["a", "b", "c"]) fake.message(text);
    fake.over(1006);
    expect(decode(await chat.readExactly(3))).toBe("abc");
    await expect(chat.read()).rejects.toMatchObject({ kind: "reset" });
  });

  it("waits while much is buffered, and goes on when there is room", async () => {
    const fake = new FakeSocket();
    fake.isSlow = true;
    const chat = await converse(asSocket(fake), { closeTimeout: 60_000 });
    let written = 0;
    const writing = (async () => {
      for (; written < 40; written++) await chat.write(new Uint8Array(64 * 1024));
    })();
    await settled(20);
    expect(fake.sent.length).toBe(5);
    expect(written).toBeLessThanOrEqual(7);
    fake.bufferedAmount = 256 * 1024;
    await settled(20);
    expect(fake.sent.length).toBe(6);
    fake.isSlow = false;
    fake.bufferedAmount = 0;
    await writing;
    const closing = chat.closeWhenDone();
    await settled();
    expect([fake.sent.length, fake.closes]).toEqual([40, [[1000, ""]]]);
    fake.over(1000);
    expect(await closing).toEqual({ reason: "closed", bytesUnsent: 0 });
  });

  it("says what was not sent when the peer closes first", async () => {
    const fake = new FakeSocket();
    fake.isSlow = true;
    const chat = await converse(asSocket(fake));
    const writing = chat.write(new Uint8Array(1_000_000)).catch((error) => error);
    await settled();
    const sent = fake.sent.length * 64 * 1024;
    fake.over(1000);
    const error = await writing;
    expect(error).toMatchObject({ name: "UnsentError", kind: "reset" });
    // The write that waited for room counts as not sent: nobody knows.
    expect(error.bytesUnsent).toBeGreaterThanOrEqual(1_000_000 - sent);
    expect((await chat.closed).reason).toBe("reset");
  });

  it("bounds what nobody reads, and says so", async () => {
    const fake = new FakeSocket();
    const chat = await converse(asSocket(fake), { maxReceived: 10_000, peer: "the flood" });
    fake.message(new Uint8Array(5_000).buffer);
    await settled();
    let messages = 0;
    while (fake.readyState === 1 && messages < 1000) {
      fake.message(new Uint8Array(36).buffer);
      messages++;
      if (messages % 10 === 0) await settled(0);
    }
    const { reason, error } = await chat.closed;
    expect([reason, error]).toEqual(["limit", expect.any(LimitError)]);
    expect(error?.message).toMatch(/the flood sent more than 10000 bytes/);
    expect((error as LimitError).held).toBe(10_100);
    expect(messages).toBeLessThanOrEqual(120);
    expect(fake.closes).toEqual([[4000, expect.any(String)]]);
  });

  it("does not count what is read", async () => {
    const fake = new FakeSocket();
    let received = 0;
    const chat = new AsyncChat({
      collectIncomingData: (data) => void (received += data.length),
    });
    await converse(asSocket(fake), chat, { maxReceived: 10_000 });
    for (let i = 0; i < 100; i++) {
      fake.message(new Uint8Array(5_000).buffer);
      await settled(0);
    }
    expect(received).toBe(500_000);
    fake.over(1000);
    await chat.closed;
  });

  it.each(["close", "abort"] as const)("cuts it on %s, and the other side knows", async (how) => {
    const [one, two] = pair();
    const chat = await converse(asSocket(one)), peer = await converse(asSocket(two));
    await chat.write("half of ");
    expect(decode(await peer.readExactly(8))).toBe("half of ");
    chat[how]();
    await chat.closed;
    await expect(peer.read()).rejects.toMatchObject({ kind: "reset", code: "4000" });
  });

  it("refuses what is no bytes", async () => {
    const fake = new FakeSocket();
    const chat = await converse(asSocket(fake));
    fake.message(new Blob(["x"]));
    await expect(chat.read()).rejects.toMatchObject({ cause: expect.any(TypeError) });
    expect((await chat.closed).reason).toBe("failed");
  });

  it("closes a WebSocket that a used conversation is bound to", async () => {
    const [one] = pair(), fake = new FakeSocket();
    const chat = await converse(asSocket(one), new Chat());
    await expect(converse(asSocket(fake), chat)).rejects.toThrow(/has had its conversation/);
    expect(fake.closes).toEqual([[4000, expect.any(String)]]);
    await chat.closeWhenDone();
  });

  it("says what it cannot do", () => {
    expect(capabilities).toMatchObject({ halfClose: false, inputBackpressure: false });
  });
});
