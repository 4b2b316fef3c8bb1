import { describe, expect, it } from "vitest";
import { AsyncChat } from "../core/async_chat.ts";
import type { AsyncChatOptions } from "../core/async_chat_options.ts";
import { Chat } from "../core/chat.ts";
import type { Engine } from "../core/chat_engine.ts";
import type { CloseReport } from "../core/close_report.ts";
import { ChatError } from "../core/errors.ts";
import type { Detached } from "../core/handover.ts";
import type { TlsInfo } from "../core/tls.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { drive } from "./driver.ts";
import { memoryPair } from "./memory.ts";
import { connect, serve } from "./node.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const kindOf = (error: unknown) => error instanceof ChatError ? error.kind : String(error);
const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A wire on which every byte of ours is marked with whether it went before or after the switch. */
class Wire implements Transport {
  readonly peer = "wire";
  readonly local = undefined;
  readonly canReset = false;
  tls: TlsInfo | undefined;
  events!: TransportEvents;
  /** What was written; from the switch on behind a bar. */
  written = "";
  readonly log: string[] = [];
  /** Bytes it takes at a time; the rest when `writable()` is called by the test. */
  room = Infinity;
  handed = "";
  reading = false;
  finish!: (error?: unknown) => void;

  resume() {
    this.reading = true;
  }
  pause() {
    this.reading = false;
  }
  write(bytes: Uint8Array) {
    const taken = bytes.subarray(0, this.room);
    this.room -= taken.length;
    this.written += decode(taken);
    return taken.length;
  }
  end() {
    this.log.push("end");
  }
  close() {
    this.log.push("close");
    queueMicrotask(() => this.events.closed());
  }
  checkTls() {}
  startTls({ input }: { input: Uint8Array }): Promise<TlsInfo> {
    this.handed = decode(input);
    this.written += "|";
    this.log.push(`tls ${this.reading}`);
    return new Promise((resolve, reject) =>
      this.finish = (error) => {
        if (error !== undefined) return reject(error);
        this.tls = { alpn: "x", version: "TLSv1.3" };
        resolve(this.tls);
      }
    );
  }
}

/** A conversation on such a wire, with everything that it was told. */
function standing(options: AsyncChatOptions & ThisType<AsyncChat> = {}) {
  const wire = new Wire(), told: string[] = [], errors: unknown[] = [];
  let report: CloseReport | undefined;
  const chat = new AsyncChat({
    terminator: "\r\n",
    foundTerminator() {
      told.push(this.getText());
    },
    handleError: (error) => void errors.push(error),
    handleClose: (given) => void (report = given),
    ...options,
  });
  drive(chat, (events) => {
    wire.events = events;
    return wire;
  });
  return { wire, chat, told, errors, reported: () => report };
}

describe("startTls()", () => {
  it("sends what was queued in plaintext, the go-ahead last, and the rest only when TLS is spoken", async () => {
    const { wire, chat, told } = standing();
    wire.room = 3;
    chat.push("queued ");
    const starting = chat.startTls({ goAhead: "go" });
    chat.push("secret");
    await turns();
    expect(wire.written).toBe("que");
    expect(wire.log).toEqual([]);
    wire.room = Infinity;
    wire.events.writable();
    expect(wire.written).toBe("queued go|");
    expect(wire.log).toEqual(["tls false"]);
    await turns();
    expect(wire.written).toBe("queued go|");
    expect(chat.bytesQueued).toBe(6);
    wire.finish();
    expect(await starting).toEqual({ alpn: "x", version: "TLSv1.3" });
    expect(wire.written).toBe("queued go|secret");
    expect(wire.reading).toBe(true);
    expect(chat.tls?.alpn).toBe("x");
    wire.events.data(encode("after\r\n"));
    expect(told).toEqual(["after"]);
  });

  it.each([
    ["a whole line", "STARTTLS\r\nEVIL\r\n"],
    ["part of a line", "STARTTLS\r\nEV"],
    ["part of its end", "STARTTLS\r\n\r"],
    ["one byte", "STARTTLS\r\n\n"],
  ])("fails for plaintext in the same segment: %s", async (_, segment) => {
    const { wire, chat, told, errors, reported } = standing({
      foundTerminator() {
        told.push(this.getText());
        starting = this.startTls({ goAhead: "go" });
        this.push("secret");
      },
    });
    let starting: Promise<unknown> | undefined;
    wire.events.data(encode(segment));
    expect(kindOf(await starting!.catch((error) => error))).toBe("protocol");
    expect(told).toEqual(["STARTTLS"]);
    expect(errors.map(kindOf)).toEqual(["protocol"]);
    await chat.closed;
    expect(reported()).toMatchObject({ reason: "failed", bytesUnsent: 8 });
    expect(wire.written).toBe("");
    expect(wire.log).toEqual(["close"]);
  });

  it("fails for plaintext in a later segment, before the handshake", async () => {
    const { wire, chat, told } = standing();
    wire.room = 1;
    const starting = chat.startTls({ goAhead: "go" });
    await turns();
    wire.events.data(encode("EVIL\r\n"));
    expect(kindOf(await starting.catch((error) => error))).toBe("protocol");
    await chat.closed;
    expect(told).toEqual([]);
    expect(wire.written).toBe("g");
  });

  it("fails for a frame that had begun to be told", async () => {
    const { wire, chat, told } = standing();
    wire.events.data(encode("EV"));
    expect(kindOf(await chat.startTls().catch((error) => error))).toBe("protocol");
    expect(told).toEqual([]);
    await chat.closed;
  });

  it("hands over what has come, when it is told to", async () => {
    const { wire, chat, told } = standing({
      foundTerminator() {
        told.push(this.getText());
        if (!this.tls) starting = this.startTls({ buffered: "hand-over" });
      },
    });
    let starting: Promise<unknown> | undefined;
    wire.events.data(encode("PROXY TCP4\r\nCLIENT HE"));
    expect(wire.handed).toBe("CLIENT HE");
    wire.finish();
    await starting;
    wire.events.data(encode("first\r\n"));
    expect(told).toEqual(["PROXY TCP4", "first"]);
    chat.close();
  });

  it("drops what was gathered and not taken", async () => {
    const { wire, chat } = standing({ terminator: null });
    wire.events.data(encode("plain"));
    const starting = chat.startTls();
    await turns();
    wire.finish();
    await starting;
    wire.events.data(encode("secret"));
    expect(chat.getText()).toBe("secret");
    chat.close();
  });

  it("closes when the handshake fails, and says nothing more in plaintext", async () => {
    const { wire, chat, errors, reported } = standing();
    const starting = chat.startTls({ goAhead: "go" });
    chat.push("secret");
    await turns();
    wire.finish(new ChatError("tls", "no certificate"));
    expect(kindOf(await starting.catch((error) => error))).toBe("tls");
    await chat.closed;
    expect(errors.map(kindOf)).toEqual(["tls"]);
    expect(reported()).toMatchObject({ reason: "failed", bytesUnsent: 6 });
    expect([wire.written, wire.log]).toEqual(["go|", ["tls false", "close"]]);
  });

  it("gives a failure that is no ChatError a kind, and keeps it as the cause", async () => {
    const { wire, chat } = standing();
    const starting = chat.startTls();
    await turns();
    const cause = new Error("bad record");
    wire.finish(cause);
    const error = await starting.catch((error) => error);
    expect([kindOf(error), error.cause, error.message]).toEqual([
      "tls",
      cause,
      "no TLS with wire: bad record",
    ]);
    await chat.closed;
  });

  it("gives a silent peer up", async () => {
    const { chat, reported } = standing();
    const error = await chat.startTls({ timeout: 5 }).catch((error) => error);
    expect(kindOf(error)).toBe("timeout");
    await chat.closed;
    expect(reported()?.reason).toBe("timeout");
  });

  it.each(["close", "abort", "peer"] as const)(
    "rejects when the conversation ends in the handshake: %s",
    async (how) => {
      const { wire, chat, reported } = standing();
      const starting = chat.startTls();
      await turns();
      if (how === "peer") wire.events.failed(new ChatError("reset", "cut"));
      else chat[how]();
      const kind = { close: "closed", abort: "aborted", peer: "reset" }[how];
      expect(kindOf(await starting.catch((error) => error))).toBe(kind);
      wire.finish();
      await chat.closed;
      expect(reported()?.reason).toBe(kind);
      expect(wire.log).toEqual(["tls false", "close"]);
    },
  );

  it("lets a hook wait for it, also when it fails", async () => {
    let caught: unknown;
    const { wire, chat } = standing({
      async foundTerminator() {
        caught = await this.startTls().catch((error) => error);
      },
    });
    wire.events.data(encode("STARTTLS\r\n"));
    await turns();
    wire.finish(new ChatError("tls", "no certificate"));
    await chat.closed;
    expect(kindOf(caught)).toBe("tls");
  });

  it("closes in order behind a handshake that was under way when closeWhenDone() was called", async () => {
    const { wire, chat, reported } = standing();
    const starting = chat.startTls();
    chat.push("bye");
    chat.closeWhenDone();
    await turns();
    expect(wire.log).toEqual(["tls false"]);
    wire.finish();
    await starting;
    expect([wire.written, wire.log]).toEqual(["|bye", ["tls false", "end"]]);
    wire.events.ended();
    await chat.closed;
    expect(reported()).toMatchObject({ reason: "closed", bytesUnsent: 0 });
  });

  it("is refused a second time, where it was not asked for, while closing, and when all is over", async () => {
    const { wire, chat } = standing();
    const starting = chat.startTls();
    await turns();
    await expect(chat.startTls()).rejects.toThrow("being started");
    wire.finish();
    await starting;
    expect(kindOf(await chat.startTls().catch((error) => error))).toBe("tls");
    chat.push("unharmed");
    await turns();
    expect(wire.written).toBe("|unharmed");
    chat.closeWhenDone();
    expect(kindOf(await chat.detach().catch((error) => error))).toBe("closed");
    chat.close();
    expect(kindOf(await chat.detach().catch((error) => error))).toBe("closed");

    const [one, two] = [new AsyncChat(), new AsyncChat()];
    memoryPair(one, two);
    expect(kindOf(await one.startTls({ goAhead: "go" }).catch((error) => error))).toBe(
      "unsupported",
    );
    expect(one.bytesQueued).toBe(0);
    one.close();
  });
});

describe("startTls() that nobody waits for", () => {
  it("is no unhandled rejection where a peer brings about that it is refused", async () => {
    const { wire, chat, told } = standing({
      foundTerminator() {
        const line = this.getText();
        told.push(line);
        if (line === "QUIT") this.closeWhenDone();
        else void this.startTls({ goAhead: "go" });
      },
    });
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", listener);
    wire.events.data(encode("STARTTLS\r\n"));
    wire.finish();
    await turns();
    wire.events.data(encode("STARTTLS\r\nQUIT\r\nSTARTTLS\r\n"));
    await turns();
    process.off("unhandledRejection", listener);
    expect(told).toEqual(["STARTTLS", "STARTTLS", "QUIT", "STARTTLS"]);
    expect(unhandled).toEqual([]);
    expect(wire.written).toBe("go|");
    chat.close();
  });

  it("sends nothing when the conversation is closing over a frame that was too long", async () => {
    let kind: unknown;
    const { wire, chat } = standing({
      maxFrameLength: 3,
      async handleError() {
        kind = await this.startTls({ goAhead: "go" }).catch(kindOf);
        this.push("sorry");
      },
    });
    wire.events.data(encode("long line"));
    await turns();
    expect([kind, wire.written, wire.log]).toEqual(["closed", "sorry", ["end"]]);
    chat.close();
  });
});

describe("startTls() over memory", () => {
  async function pair() {
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server, { startTls: true, segment: 1 });
    await client.write("STARTTLS\r\n");
    expect(await server.readLine()).toBe("STARTTLS");
    return [client, server] as const;
  }

  it("lets both sides meet", async () => {
    const [client, server] = await pair();
    const accepting = server.startTls({ goAhead: "go\n" });
    expect(await client.readLine()).toBe("go");
    await client.startTls();
    await accepting;
    await client.write("secret\n");
    expect(await server.readLine()).toBe("secret");
    expect([client.tls, server.tls].includes(undefined)).toBe(false);
    await Promise.all([client.closeWhenDone(), server.closeWhenDone()]);
  });

  it("does not take plaintext for a handshake", async () => {
    const [client, server] = await pair();
    const accepting = server.startTls({ goAhead: "go\n" });
    const kind = accepting.catch(kindOf);
    await client.write("no handshake");
    expect(["tls", "protocol"]).toContain(await kind);
    client.close();
  });

  it("takes one client and one server", async () => {
    const [client, server] = await pair();
    const one = server.startTls({ role: "client", timeout: 20 }).catch(kindOf);
    expect(await client.startTls().catch(kindOf)).toBe("tls");
    expect(["tls", "reset", "timeout"]).toContain(await one);
    client.close();
    server.close();
  });

  it("refuses to hand over what has been read", async () => {
    const [client, server] = await pair();
    expect(await server.startTls({ buffered: "hand-over" }).catch(kindOf)).toBe("unsupported");
    await client.write("unharmed\n");
    expect(await server.readLine()).toBe("unharmed");
    client.close();
    server.close();
  });
});

describe("a Chat that starts TLS", () => {
  it("asks its peer for bytes only while somebody reads, until TLS is spoken", async () => {
    const [client, server] = [new Chat(), new Chat()];
    (server.asyncChat as Engine).readOnDemand();
    memoryPair(client, server, { startTls: true });
    const { session } = server.asyncChat;
    await client.write("STARTTLS\r\n");
    await turns();
    expect(session.wantsRead).toBe(false);
    expect(await server.readLine()).toBe("STARTTLS");
    await turns();
    expect(session.wantsRead).toBe(false);
    const accepting = server.startTls({ goAhead: "go\n" });
    expect(await client.readLine()).toBe("go");
    await client.startTls();
    await accepting;
    await turns();
    expect(session.wantsRead).toBe(true);
    await client.write("secret\n");
    expect(await server.readLine()).toBe("secret");
    client.close();
    server.close();
  });

  it("fails for input that has come and was not read", async () => {
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server, { startTls: true });
    await client.write("STARTTLS\r\nEVIL\r\n");
    expect(await server.readLine()).toBe("STARTTLS");
    expect(await server.startTls({ goAhead: "go" }).catch(kindOf)).toBe("protocol");
    expect(await server.read().catch(kindOf)).toBe("protocol");
    expect((await server.closed).reason).toBe("failed");
    expect(await client.read().catch(() => null)).toBe(null);
    client.close();
  });

  it("is loud about what the program did wrong, and about nothing that a peer can do", async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => void unhandled.push(kindOf(error));
    process.on("unhandledRejection", listener);
    for (const startTls of [false, true]) {
      const [client, server] = [new Chat(), new Chat()];
      memoryPair(client, server, { startTls });
      void server.startTls();
      await turns();
      await client.write("no handshake").catch(() => {});
      client.close();
      server.close();
      await turns();
    }
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual(["unsupported"]);
  });

  it("does not while somebody reads", async () => {
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server, { startTls: true });
    const reading = server.readLine();
    await expect(server.startTls()).rejects.toThrow(TypeError);
    await expect(server.detach()).rejects.toThrow(TypeError);
    await client.write("unharmed\n");
    expect(await reading).toBe("unharmed");
    client.close();
    server.close();
  });
});

describe("detach()", () => {
  it("gives the rest of the input and the connection to another conversation", async () => {
    const { wire, chat, told, reported } = standing({
      foundTerminator() {
        told.push(this.getText());
        this.push("switching;");
        detaching = this.detach();
      },
    });
    let detaching!: Promise<Detached>;
    wire.events.data(encode("UPGRADE\r\none\r\ntw"));
    const detached = await detaching;
    expect(wire.written).toBe("switching;");
    expect([decode(detached.input), detached.inputEnded]).toEqual(["one\r\ntw", false]);
    await chat.closed;
    expect(reported()).toMatchObject({ reason: "detached", bytesUnsent: 0 });
    expect(told).toEqual(["UPGRADE"]);
    expect(() => chat.push("?")).toThrow(ChatError);

    // What comes while nobody has it waits, and no more is asked for.
    expect(wire.events.data(encode("o\r\n"))).toBe(false);
    const heard: string[] = [];
    const next = new AsyncChat({
      terminator: "\r\n",
      foundTerminator() {
        heard.push(this.getText());
        this.push(`<${heard.at(-1)}>`);
      },
    });
    detached.attach(next);
    await turns();
    expect(heard).toEqual(["one", "two"]);
    expect(wire.written).toBe("switching;<one><two>");
    expect(() => detached.attach(new AsyncChat())).toThrow("taken");
    expect(() => detached.open(wire.events)).toThrow("taken");
    detached.close();
    expect(wire.log).toEqual([]);
    next.close();
    await next.closed;
    expect(wire.log).toEqual(["close"]);
    expect(told).toEqual(["UPGRADE"]);
  });

  it("tells the next conversation an end that came before, and one that comes in between", async () => {
    for (const when of ["before", "between", "failed"] as const) {
      const { wire, chat } = standing();
      chat.pause();
      wire.events.data(encode("rest\r\n"));
      if (when === "before") wire.events.ended();
      const detached = await chat.detach();
      expect(detached.inputEnded).toBe(when === "before");
      if (when === "between") wire.events.ended();
      if (when === "failed") wire.events.failed(new ChatError("reset", "cut"));
      const next = new Chat();
      detached.attach(next);
      expect(await next.readLine()).toBe("rest");
      const end = await next.read().catch(kindOf);
      expect(end).toBe(when === "failed" ? "reset" : null);
      next.close();
      await next.closed;
    }
  });

  it("lends the transport to a layer of one's own", async () => {
    const { wire, chat } = standing();
    const { open } = await chat.detach();
    const told: string[] = [];
    const transport = open({
      data: (chunk) => told.push(decode(chunk)) > 0,
      ended: () => void told.push("ended"),
      writable: () => void told.push("writable"),
      failed: (error) => void told.push(error.kind),
      closed: () => void told.push("closed"),
    });
    wire.events.data(encode("raw"));
    wire.events.writable();
    wire.events.ended();
    wire.events.failed(new ChatError("reset", "cut"));
    transport.close(false);
    await turns();
    expect(told).toEqual(["raw", "writable", "ended", "reset", "closed"]);
  });

  it("keeps a chunk that comes in between, whatever becomes of the memory it came in", async () => {
    for (const how of ["attach", "open"] as const) {
      const { wire, chat } = standing();
      const detached = await chat.detach();
      const lent = encode("a line\n");
      wire.events.data(lent);
      wire.resume = () => void lent.fill(0xa5);
      const next = new Chat();
      if (how === "attach") detached.attach(next);
      else drive(next.asyncChat, detached.open);
      expect(await next.readLine()).toBe("a line");
      next.close();
      await next.closed;
    }
  });

  it("tells a layer of one's own nothing before it has the transport, and all in order then", async () => {
    const { wire, chat } = standing();
    const { open } = await chat.detach();
    const told: string[] = [];
    wire.events.data(encode("a"));
    wire.events.ended();
    open({
      data: (chunk) => told.push(decode(chunk)) > 0,
      ended: () => void told.push("ended"),
      writable() {},
      failed: (error) => void told.push(error.kind),
      closed: () => void told.push("closed"),
    });
    wire.events.failed(new ChatError("reset", "cut"));
    expect(told).toEqual([]);
    await turns();
    expect(told).toEqual(["a", "ended", "reset"]);
  });

  it("can be done again by the hook that is told what came in between", async () => {
    const { wire, chat } = standing();
    const first = await chat.detach();
    wire.events.data(encode("again\r\nrest"));
    wire.events.ended();
    const second = new Promise<Detached>((resolve) =>
      first.attach(
        new AsyncChat({
          terminator: "\r\n",
          foundTerminator() {
            void this.detach().then(resolve);
          },
        }),
      )
    );
    const { input, attach } = await second;
    expect(decode(input)).toBe("rest");
    const next = new Chat();
    attach(next);
    expect(decode(await next.readExactly(4))).toBe("rest");
    expect(await next.read()).toBe(null);
    next.close();
  });

  it("can be awaited in the hook", async () => {
    const { wire, chat, reported } = standing({
      async foundTerminator() {
        detached = await this.detach();
      },
    });
    let detached: Detached | undefined;
    wire.events.data(encode("UPGRADE\r\nrest"));
    await chat.closed;
    expect(reported()?.reason).toBe("detached");
    expect(decode(detached!.input)).toBe("rest");
    detached!.close();
  });

  it("gives the socket back when nobody wants it", async () => {
    const { wire, chat } = standing();
    const detached = await chat.detach();
    detached.close();
    detached.close();
    await turns();
    expect(wire.log).toEqual(["close"]);
    wire.events.data(encode("?"));
    wire.events.ended();
    wire.events.writable();
    wire.events.failed(new ChatError("reset", "cut"));
  });

  it("keeps the input that a Chat has not read", async () => {
    const [client, server] = [new Chat(), new Chat()];
    memoryPair(client, server, { segment: 3 });
    await client.write("one\ntwo three");
    expect(await server.readLine()).toBe("one");
    await turns();
    const { input, attach } = await server.detach();
    expect("two three".startsWith(decode(input))).toBe(true);
    expect(await server.read().catch(kindOf)).toBe("closed");
    const next = new Chat();
    attach(next);
    expect(decode(await next.readExactly(9))).toBe("two three");
    client.end();
    next.end();
    expect((await next.closed).reason).not.toBe("detached");
    expect((await server.closed).reason).toBe("detached");
  });

  it("does not take a conversation that has had its own", async () => {
    const { wire, chat } = standing();
    const detached = await chat.detach();
    expect(() => detached.attach(chat)).toThrow("has had its conversation");
    const next = new Chat();
    detached.attach(next);
    wire.events.data(encode("x\n"));
    expect(await next.readLine()).toBe("x");
    next.close();
  });

  it("is not for conversations that are attached to nothing", async () => {
    expect(kindOf(await new AsyncChat().detach().catch((error) => error))).toBe("unsupported");
  });
});

describe("demand()", () => {
  it("tells as many frames as were asked for, then holds the peer back", () => {
    const { wire, chat, told } = standing();
    chat.demand(2);
    wire.events.data(encode("a\r\n"));
    expect(wire.reading).toBe(true);
    wire.events.data(encode("b\r\nc\r\nd"));
    expect(told).toEqual(["a", "b"]);
    expect(wire.reading).toBe(false);
    chat.demand(0);
    chat.demand(1);
    chat.session.onwake?.();
    return turns().then(() => {
      expect(told).toEqual(["a", "b", "c"]);
      chat.demand(Infinity);
      return turns();
    }).then(() => {
      expect(wire.reading).toBe(true);
      wire.events.data(encode("\r\ne\r\n"));
      expect(told).toEqual(["a", "b", "c", "d", "e"]);
      chat.close();
    });
  });

  it("can be raised from the hook", async () => {
    const { wire, chat, told } = standing({
      foundTerminator() {
        told.push(this.getText());
        if (told.length < 3) this.demand(1);
      },
    });
    chat.demand(1);
    wire.events.data(encode("a\r\nb\r\nc\r\nd\r\n"));
    await turns();
    expect(told).toEqual(["a", "b", "c"]);
    chat.close();
  });

  it.each([-1, 0.5, NaN, -Infinity])("is a number of frames, not %s", (frames) => {
    expect(() => new AsyncChat().demand(frames)).toThrow(RangeError);
  });
});

it("closing a listener by force ends a connection that has been detached, whoever has it", async () => {
  for (const how of ["nobody", "layer"] as const) {
    const told: string[] = [];
    let resolve!: (detached: Detached) => void;
    const detached = new Promise<Detached>((settle) => resolve = settle);
    const server = await serve({ port: 0 }, async (chat) => resolve(await chat.detach()));
    const client = await connect({ port: server.port });
    const { open } = await detached;
    if (how === "layer") {
      open({
        data: () => true,
        ended() {},
        writable() {},
        failed() {},
        closed: () => void told.push("closed"),
      });
    }
    expect(server.connections).toBe(1);
    await server.close({ force: true });
    expect([server.connections, told.length]).toEqual([0, how === "layer" ? 1 : 0]);
    expect(await client.read()).toBe(null);
    await client.closeWhenDone();
  }
});
