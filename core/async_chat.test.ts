/** What the callback face does by default, and at its edges. */

import { describe, expect, it } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import type { AsyncChatOptions } from "./async_chat_options.ts";
import type { Attachment } from "./attachment.ts";
import { ChatError } from "./errors.ts";
import { ManualPeer } from "./testing/manual_peer.ts";

/** A conversation attached to something that only listens. */
function attached(
  options: AsyncChatOptions & ThisType<AsyncChat> = {},
  more: Partial<Attachment> = {},
) {
  const reported: unknown[] = [];
  const chat = new AsyncChat(options);
  chat.attach({
    peer: "somebody:1",
    local: "us:2",
    canReset: true,
    wake() {},
    report: (error) => reported.push(error),
    ...more,
  });
  return { chat, reported };
}

describe("attach()", () => {
  it("refuses buffer sizes with which nothing would ever move", () => {
    for (const name of ["inBufferSize", "outBufferSize"] as const) {
      for (const size of [0, -1, NaN]) {
        const chat = Object.assign(new AsyncChat(), { [name]: size });
        const message = `${name} must be 1 byte or more; got ${size}`;
        expect(() => new ManualPeer(chat)).toThrow(new RangeError(message));
        chat[name] = 1;
        new ManualPeer(chat);
      }
    }
  });
});

describe("by default", () => {
  it("frames that nobody wants are an exception that says what to do", async () => {
    const { chat, reported } = attached({ terminator: "\n" });
    chat.session.connected();
    chat.session.receive(new TextEncoder().encode("a\nb\n"));
    chat.dispatch();
    chat.session.disconnected();
    chat.dispatch();
    expect(reported.map(String)).toEqual([expect.stringMatching(/override foundTerminator\(\)/)]);
    expect(await chat.closed).toMatchObject({ reason: "aborted", error: reported[0] });
  });

  it.each([
    ["that the connection is gone", "reset", 0],
    ["with what the connection failed", "tls", 0],
    ["with a mistake of its own", "bug", 1],
  ])("a hook that rejects %s: %s", async (_, what, times) => {
    const failure = new ChatError(what === "tls" ? "tls" : "reset", "it failed");
    const { chat, reported } = attached({
      terminator: "\n",
      handleError() {},
      async foundTerminator() {
        this.push(new Uint8Array(100_000));
        const error = await this.drained().catch((error) => error);
        throw what === "bug" ? new Error("a bug") : what === "tls" ? failure : error;
      },
    });
    chat.session.connected();
    chat.session.receive(new TextEncoder().encode("a\n"));
    chat.dispatch();
    chat.session.fail(failure);
    chat.session.disconnected();
    for (let turn = 0; turn < 9; turn++) await Promise.resolve();
    chat.dispatch();
    expect(reported).toHaveLength(times);
    expect((await chat.closed).error).toBe(failure);
  });

  it("input is gathered, also where a hook hands it on to the default", () => {
    const { chat } = attached({
      collectIncomingData(data) {
        return AsyncChat.prototype.collectIncomingData.call(this, data);
      },
    });
    chat.session.connected();
    const chunk = new TextEncoder().encode("borrowed");
    chat.session.receive(chunk);
    chat.dispatch();
    chunk.fill(0);
    expect([chat.getText(), chat.getText()]).toEqual(["borrowed", ""]);
  });

  it("raw input that nobody takes is bounded, to the byte, and refused", async () => {
    for (const chunks of [["abcd", "ef"], ["abcdef"], ["abc", "def"]]) {
      const errors: ChatError[] = [];
      const chat = new AsyncChat({
        maxFrameLength: 4,
        handleError: (error) => void errors.push(error),
      });
      const peer = new ManualPeer(chat);
      for (const chunk of chunks) peer.send(chunk);
      peer.end();
      expect(errors).toEqual([expect.objectContaining({ kind: "limit", limit: 4, held: 4 })]);
      expect((await chat.closed).reason).toBe("limit");
    }
  });

  it("a failure is reported, and a hook that throws at the very end as well", async () => {
    const { chat, reported } = attached({
      handleClose() {
        throw new Error("at the end");
      },
    });
    chat.session.fail(new ChatError("tls", "broken"));
    chat.session.disconnected();
    chat.dispatch();
    expect((await chat.closed).reason).toBe("failed");
    expect(reported.map(String)).toEqual(["ChatError: broken", "Error: at the end"]);
  });
});

describe("without a socket", () => {
  it("it knows nobody, may be told what to send, and reports as an unhandled rejection", async () => {
    const chat = new AsyncChat();
    expect([chat.peer, chat.local, chat.getTerminator()]).toEqual([undefined, undefined, null]);
    chat.push("early");
    chat.abort("why", { reset: true });
    const error = await chat.drained().catch((error) => error);
    expect(error).toMatchObject({ kind: "closed", message: "the conversation is over" });
    const reports: unknown[] = [];
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (reason) => reports.push(reason));
    try {
      chat.report("lost");
      await new Promise((resolve) => setTimeout(resolve));
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    expect(reports).toEqual(["lost"]);
  });

  it("it can be given one, once", () => {
    const { chat } = attached();
    expect([chat.peer, chat.local]).toEqual(["somebody:1", "us:2"]);
    expect(() => new ManualPeer(chat)).toThrow(/make a new one for each connection/);
  });
});

describe("ends", () => {
  it("cannot be resets where the runtime has none", () => {
    const { chat } = attached({}, { canReset: false });
    expect(() => chat.abort(new Error("x"), { reset: true }))
      .toThrow(expect.objectContaining({ kind: "unsupported" }));
    chat.abort();
    expect(chat.session.wantsClose).toBe("close");
  });

  it("carry the reason: an error as it is, anything else in words", async () => {
    const error = new TypeError("mine");
    for (
      const [reason, message] of [[error, "mine"], ["why", "aborted: why"], [undefined, "aborted"]]
    ) {
      const chat = new AsyncChat();
      const peer = new ManualPeer(chat);
      chat.abort(reason);
      peer.settle();
      const report = await chat.closed;
      expect([report.reason, report.error?.message]).toEqual(["aborted", message]);
      expect(report.error === error || report.error?.cause === reason).toBe(true);
    }
  });

  it("reject whoever waits for drained(), and name the peer", async () => {
    const { chat } = attached();
    chat.session.connected();
    chat.push(new Uint8Array(64 * 1024));
    const waiting = chat.drained();
    chat.session.fail(new ChatError("reset", "gone"));
    await expect(waiting).rejects.toThrow("the conversation with somebody:1 is over");
    await expect(chat.drained()).rejects.toMatchObject({ kind: "closed" });
  });

  it("resolve drained() as soon as the queue is low", async () => {
    const chat = new AsyncChat();
    const peer = new ManualPeer(chat);
    peer.room = 0;
    await chat.drained();
    chat.push(new Uint8Array(64 * 1024));
    let drained = false;
    const waiting = chat.drained().then(() => drained = true);
    peer.room = 32 * 1024 - 1;
    peer.settle();
    await undefined;
    expect(drained).toBe(false);
    peer.room = 1;
    peer.settle();
    await waiting;
  });
});

describe("startTls()", () => {
  it("says why it cannot: nobody is there, it cannot be done, or TLS is spoken already", async () => {
    await expect(new AsyncChat().startTls())
      .rejects.toMatchObject({ kind: "unsupported", message: expect.stringMatching(/nobody/) });
    await expect(attached().chat.startTls()).rejects.toThrow(/somebody:1/);
    const tls = { protocol: undefined } as unknown as NonNullable<Attachment["tls"]>;
    await expect(attached({}, { tls }).chat.startTls())
      .rejects.toMatchObject({ kind: "tls", message: "TLS is spoken with somebody:1 already" });
  });

  it("takes the role it is told, else that of the connection, else the client's", async () => {
    const roles: string[] = [];
    const checkTls = (role: string) => {
      roles.push(role);
      throw new RangeError("no further");
    };
    const refused = (options: Parameters<AsyncChat["startTls"]>[0], more: Partial<Attachment>) =>
      expect(attached({}, { checkTls, ...more }).chat.startTls(options)).rejects.toThrow(
        RangeError,
      );
    await refused({}, {});
    await refused({}, { role: "server" });
    await refused({ role: "client" }, { role: "server" });
    expect(roles).toEqual(["client", "server", "client"]);
  });
});
