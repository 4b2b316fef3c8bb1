import { describe, expect, it, test } from "vitest";
import { type ChatError, IncompleteFrameError, LimitError } from "./errors.ts";
import { parse, Parser } from "./parser.ts";
import { exactly, type Protocol, protocolError, rest, type Step, until } from "./protocol.ts";
import { ProtocolChat } from "./protocol_chat.ts";
import { ManualPeer } from "./testing/manual_peer.ts";
import { segmentedProtocol } from "./testing/segmented_protocol.ts";
import { randomFrom, verifySegmentation } from "./testing/segmentation.ts";
import { decode, encode } from "./text.ts";

const LINE = until("\n", { max: 8 });

function* line(): Generator<Step, string, Uint8Array> {
  return decode(yield* LINE);
}

function* counted(): Generator<Step, string, Uint8Array> {
  const length = Number(decode(yield* until(":", { max: 4 })));
  return decode(yield* exactly(length, { max: 16 }));
}

/** The error that `act` throws. */
function thrown(act: () => unknown): ChatError {
  try {
    act();
  } catch (error) {
    return error as ChatError;
  }
  return expect.unreachable();
}

describe("steps", () => {
  it("are typed by yield*, and the same with a plain yield", () => {
    const plain = function* (): Generator<Step, string, Uint8Array> {
      const head = yield until(":");
      return decode(yield exactly(Number(decode(head))));
    };
    expect(parse(plain, "2:ab0:1:c")).toEqual(["ab", "", "c"]);
    expect(parse(counted, "2:ab0:1:c")).toEqual(["ab", "", "c"]);
  });

  it("can be composed", () => {
    const pair = function* () {
      return [yield* line(), yield* counted()] as const;
    };
    expect(parse(pair, "a\n1:bc\n0:")).toEqual([["a", "b"], ["c", ""]]);
  });

  it("say what they wait for", () => {
    expect(until("\r\n")).toMatchObject({ terminator: "\r\n", max: 2 ** 20, orEnd: false });
    expect(until(["a", "b"], { orEnd: true })).toMatchObject({
      terminator: ["a", "b"],
      orEnd: true,
    });
    expect(exactly(3, { max: 3 })).toMatchObject({ terminator: 3, max: 3 });
    expect(exactly(0)).toMatchObject({ terminator: 0 });
    expect(rest({ max: Infinity })).toMatchObject({ terminator: null, max: Infinity, orEnd: true });
  });

  it("copy a delimiter", () => {
    const delimiter = encode("|");
    const step = until(delimiter);
    delimiter[0] = 0;
    expect(parse(() => step[Symbol.iterator](), "a|b|").map(decode)).toEqual(["a", "b"]);
  });

  it.each([
    ["until", () => until("")],
    ["until a number", () => until(3 as unknown as string)],
    ["until nothing", () => until(null as unknown as string)],
  ])("%s: no delimiter, no step", (_name, make) => {
    expect(make).toThrow(TypeError);
  });

  it.each([-1, NaN, "9" as unknown as number])("refuse %s as a bound", (max) => {
    expect(() => until("\n", { max })).toThrow(RangeError);
    expect(() => exactly(1, { max })).toThrow(RangeError);
    expect(() => rest({ max })).toThrow(RangeError);
  });

  it.each([-1, NaN, 1.5, Infinity, 2 ** 53, "3" as unknown as number])(
    "refuse %s as a length: the peer's fault",
    (length) => {
      expect(thrown(() => exactly(length, { max: Infinity })).kind).toBe("protocol");
    },
  );

  it("refuse a length above the bound before anything is allocated", () => {
    const error = thrown(() => exactly(2 ** 52)) as LimitError;
    expect(error).toBeInstanceOf(LimitError);
    expect(error).toMatchObject({ kind: "limit", limit: 2 ** 20, held: 2 ** 52 });
    expect(exactly(2 ** 20).max).toBe(2 ** 20);
  });
});

describe("parse()", () => {
  it("gives no message for nothing, and fine is an end between two", () => {
    expect(parse(line, "")).toEqual([]);
    expect(parse(line, "a\n\n")).toEqual(["a", ""]);
    expect(parse(line, encode("a\n"))).toEqual(["a"]);
  });

  it.each<[string, Protocol<unknown>, string, number, string]>([
    ["before a delimiter", line, "a\nbc", 2, "its delimiter"],
    ["inside a count", counted, "5:abc", 3, "2 more bytes"],
    ["before a count", counted, "5:", 0, "5 more bytes"],
    ["behind half a delimiter", () => until("\r\n")[Symbol.iterator](), "a\r", 2, "its delimiter"],
  ])("tells an end %s", (_name, protocol, input, received, expected) => {
    const error = thrown(() => parse(protocol, input));
    expect(error).toBeInstanceOf(IncompleteFrameError);
    expect(error).toMatchObject({ kind: "incomplete", received, expected });
  });

  it("counts payload alone, to the byte", () => {
    expect(parse(line, "12345678\n")).toEqual(["12345678"]);
    expect(thrown(() => parse(line, "123456789\n"))).toMatchObject({ limit: 8, held: 9 });
    expect(thrown(() => parse(line, "123456789"))).toBeInstanceOf(LimitError);
  });

  it("lets the end stand for a delimiter where that is said", () => {
    const cells = () => until(["\r", "\r\n"], { orEnd: true })[Symbol.iterator]();
    expect(parse(cells, "a\rb\r\nc").map(decode)).toEqual(["a", "b", "c"]);
    expect(parse(cells, "a\r").map(decode)).toEqual(["a"]);
  });

  it("gives the rest", () => {
    const all = function* () {
      return [decode(yield* LINE), decode(yield* rest({ max: 4 }))];
    };
    expect(parse(all, "a\nb\nc")).toEqual([["a", "b\nc"]]);
    expect(parse(all, "a\n")).toEqual([["a", ""]]);
    expect(thrown(() => parse(all, "a\nbcdef")).kind).toBe("limit");
    expect(parse(() => rest()[Symbol.iterator](), "")).toEqual([]);
  });

  it("goes on behind the end for what needs nothing more", () => {
    const both = function* () {
      const first = decode(yield* until("\n", { orEnd: true }));
      return [first, (yield* exactly(0)).length, (yield* rest()).length];
    };
    expect(parse(both, "ab")).toEqual([["ab", 0, 0]]);
    const more = function* () {
      yield* rest();
      yield* exactly(1);
    };
    expect(thrown(() => parse(more, "ab"))).toMatchObject({ kind: "incomplete", received: 0 });
  });

  it("comes out of a loop that never ends by itself", () => {
    const forever = function* () {
      for (;;) yield* until("\n", { orEnd: true });
    };
    expect(thrown(() => parse(forever, "a\nb")).kind).toBe("incomplete");
    const rests = function* () {
      for (;;) yield* rest();
    };
    expect(thrown(() => parse(rests, "a")).kind).toBe("incomplete");
  });

  it("refuses a protocol that takes nothing, and one that yields nonsense", () => {
    const nothing = function* () {
      yield* exactly(0);
      return 1;
    };
    expect(() => parse(nothing, "a")).toThrow(/out of nothing/);
    const nonsense = function* (): Generator<Step, void, Uint8Array> {
      yield "\n" as unknown as Step;
    };
    expect(() => parse(nonsense, "a")).toThrow(TypeError);
  });

  it("throws a step's error where the protocol waits, and keeps to it", () => {
    let cleaned = 0;
    const own = function* () {
      try {
        return yield* LINE;
      } catch (cause) {
        throw protocolError("no line", { cause });
      } finally {
        cleaned++;
      }
    };
    expect(thrown(() => parse(own, "123456789"))).toMatchObject({ kind: "protocol", cause: {} });
    expect(thrown(() => parse(own, "1"))).toMatchObject({ kind: "protocol" });
    expect(cleaned).toBe(2);
    const swallowing = function* () {
      try {
        return yield* LINE;
      } catch {
        return yield* rest();
      }
    };
    expect(thrown(() => parse(swallowing, "123456789")).kind).toBe("limit");
  });

  it("hands out bytes that are the reader's own", () => {
    const input = encode("ab\n");
    const [own] = parse(() => LINE[Symbol.iterator](), input);
    input.fill(0);
    expect(decode(own!)).toBe("ab");
  });
});

describe("Parser", () => {
  it("tells everything before a mistake, then the error, then that again", () => {
    const parser = new Parser(line);
    const told: string[] = [];
    const read = () => {
      for (const message of parser.receive(encode("a\nb\n123456789\nc\n"))) told.push(message);
    };
    const error = thrown(read);
    expect(told).toEqual(["a", "b"]);
    expect(error.kind).toBe("limit");
    expect(thrown(read)).toBe(error);
    expect(thrown(() => [...parser.end()])).toBe(error);
    expect(told).toEqual(["a", "b"]);
  });

  it("keeps throwing what the protocol threw", () => {
    const parser = new Parser(function* () {
      yield* exactly(1);
      throw new Error("mine");
    });
    for (const _ of "12") expect(() => [...parser.receive(encode("a"))]).toThrow("mine");
    expect(() => [...parser.end()]).toThrow("mine");
  });

  it("keeps throwing what the end cut", () => {
    const parser = new Parser(line).receive(encode("a\nb")).end();
    const told: string[] = [];
    const read = () => {
      for (const message of parser) told.push(message);
    };
    const error = thrown(read);
    expect([error.kind, told]).toEqual(["incomplete", ["a"]]);
    expect(thrown(read)).toBe(error);
    expect(thrown(() => [...parser.end()])).toBe(error);
  });

  it("loses no message when a loop is left", () => {
    const parser = new Parser(line).receive(encode("a\nb\n")).receive(encode("c\nd"));
    const told: string[] = [];
    for (let turn = 0; turn < 5; turn++) {
      for (const message of parser) {
        told.push(message);
        break;
      }
    }
    expect(told).toEqual(["a", "b", "c"]);
    expect([...parser.receive(encode("e\n")).end()]).toEqual(["de"]);
  });

  it("starts the next message when the one before has been taken", () => {
    const started: string[] = [];
    const told: string[] = [];
    const parser = new Parser(function* () {
      started.push(told.join(""));
      return yield* line();
    });
    for (const message of parser.receive(encode("a\nb\nc\n"))) told.push(message);
    expect(started.slice(0, 3)).toEqual(["", "a", "ab"]);
  });

  it("takes nothing after the end, and an end twice", () => {
    const parser = new Parser(line).end().end();
    expect([...parser]).toEqual([]);
    expect([...parser.end()]).toEqual([]);
    expect(() => parser.receive(encode("a"))).toThrow(/after end/);
  });

  it("borrows a chunk until the loop is over", () => {
    const parser = new Parser(line);
    const chunk = encode("ab");
    expect([...parser.receive(chunk)]).toEqual([]);
    chunk.fill(0);
    expect([...parser.receive(new Uint8Array(0)).receive(encode("c\n"))]).toEqual(["abc"]);
  });

  it("changes between terminators of any kind, and no held-back byte is lost", () => {
    const kinds: Step[] = [until(["\r", "\r\n"]), exactly(1), until("\n"), until(["b", "abcd"])];
    let turn = 0;
    const mixed = () => kinds[turn++ % kinds.length]![Symbol.iterator]();
    const input = "x\rya\n.abcr\r\nz\nbcq\r";
    const make = () => {
      turn = 0;
      return segmentedProtocol(mixed);
    };
    expect(verifySegmentation(input, make, { everyWayUpTo: 17 })).toBeGreaterThan(200);
    expect(make()).toBeDefined();
  });
});

/** What a conversation tells, for the verifier: messages, then the error. */
function conversation(protocol: Protocol<unknown>) {
  const told: unknown[] = [];
  const peer = new ManualPeer(
    new ProtocolChat(protocol, {
      handleMessage: (message) => void told.push(message),
      handleError: (error) => void told.push(error),
    }),
  );
  return {
    receive: (chunk: Uint8Array) => peer.send(chunk),
    end: () => peer.end(),
    result: () => told,
  };
}

const INPUTS = ["1:a2:bc0:", "1:a2:b", "1:a17:b", "1:a-1:", "1:a12345:", "", "3:", "x"];

describe("every way to run a protocol", () => {
  it.each(INPUTS)("gives the same for %j, however it is cut", (input) => {
    const over = segmentedProtocol(counted), chat = conversation(counted);
    for (const way of [over, chat]) {
      if (input !== "") way.receive(encode(input));
      way.end?.();
    }
    expect(chat.result()).toEqual(over.result());
    verifySegmentation(input, () => segmentedProtocol(counted));
    verifySegmentation(input, () => conversation(counted));
  });

  test("random protocols over random input", () => {
    const random = randomFrom(20);
    const pick = <V>(of: readonly V[]) => of[Math.floor(random() * of.length)]!;
    const bounds = [0, 1, 2, 3, Infinity];
    for (let round = 0; round < 250; round++) {
      const steps = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        pick([
          () => until("a", { max: pick(bounds) }),
          () => until("ab", { max: pick(bounds), orEnd: random() < 0.5 }),
          () => until(["a", "ab", "b"], { max: pick(bounds), orEnd: random() < 0.5 }),
          () => until(["b", "aab"], { max: pick(bounds) }),
          () => until(["a", "baab"], { max: pick(bounds) }),
          () => exactly(1 + Math.floor(random() * 3)),
          () => exactly(0),
          () => rest({ max: pick(bounds) }),
        ])());
      const protocol = function* () {
        const parts: string[] = [];
        for (const step of [...steps, exactly(1)]) parts.push(decode(yield* step));
        return parts;
      };
      const input = Array.from({ length: 9 }, () => pick(["a", "b"])).join("");
      const over = segmentedProtocol(protocol), chat = conversation(protocol);
      for (const way of [over, chat]) {
        way.receive(encode(input));
        way.end?.();
      }
      expect(chat.result()).toEqual(over.result());
      verifySegmentation(input, () => segmentedProtocol(protocol), { everyWayUpTo: 9 });
    }
  });
});

/** Lets promises settle, and happen what follows from that. */
async function turns(peer: ManualPeer): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
    peer.settle();
  }
}

describe("ProtocolChat", () => {
  it("answers a mistake, then closes", async () => {
    const chat = new ProtocolChat(line, {
      handleMessage(message) {
        this.push(`<${message}>`);
      },
      handleError(error) {
        this.push(`! ${error.kind}`);
      },
    });
    const peer = new ManualPeer(chat);
    peer.send("a\n123456789\nb\n");
    expect(peer.takeText()).toBe("<a>! limit");
    expect(peer.sawEnd).toBe(true);
    peer.end();
    expect((await chat.closed).reason).toBe("limit");
  });

  it("can be subclassed", () => {
    class Echo extends ProtocolChat<string> {
      ends = 0;
      constructor() {
        super(line);
      }
      override handleMessage(message: string) {
        this.push(message);
      }
      override handleEnd() {
        this.ends++;
        return super.handleEnd();
      }
    }
    const chat = new Echo();
    const peer = new ManualPeer(chat);
    peer.send("a\nb\n");
    peer.end();
    expect(peer.takeText()).toBe("ab");
    expect(chat.ends).toBe(1);
    expect(peer.sawClose).toBe("close");
  });

  it("starts no TLS in the middle of a message, whose beginning anybody may have sent", async () => {
    for (const [sent, kind] of [["3:", "protocol"], ["3:abc", "none"]] as const) {
      const failures: string[] = [];
      const chat = new ProtocolChat(function* () {
        const [length] = decode(yield* until(":"));
        return decode(yield* exactly(Number(length)));
      }, { handleMessage() {}, handleError: ({ kind }) => void failures.push(kind) });
      chat.attach({
        peer: "somebody",
        local: undefined,
        canReset: false,
        checkTls() {},
        wake() {},
        report() {},
      });
      chat.session.connected();
      chat.session.receive(encode(sent));
      chat.dispatch();
      const starting = chat.startTls();
      chat.dispatch();
      expect([failures, chat.session.wantsHandover]).toEqual(
        kind === "none" ? [[], true] : [[kind], false],
      );
      if (kind !== "none") await expect(starting).rejects.toMatchObject({ kind });
    }
  });

  it("wants somebody to want its messages", () => {
    const errors: unknown[] = [];
    const chat = new ProtocolChat(line, { handleException: (error) => void errors.push(error) });
    new ManualPeer(chat).send("a\n");
    expect(String(errors)).toMatch(/nobody wants it/);
  });

  it("tells what the end completes, then the end", async () => {
    const told: string[] = [];
    const chat = new ProtocolChat(() => until("\n", { orEnd: true })[Symbol.iterator](), {
      async handleMessage(message) {
        await Promise.resolve();
        told.push(decode(message));
      },
      handleEnd() {
        told.push("end");
        this.closeWhenDone();
      },
    });
    const peer = new ManualPeer(chat);
    peer.send("a");
    peer.end();
    await turns(peer);
    expect(told).toEqual(["a", "end"]);
    expect(peer.sawEnd).toBe(true);
  });

  it.each(["throws", "rejects"])(
    "goes on after a hook that %s, where you want that",
    async (how) => {
      const told: unknown[] = [];
      const chat = new ProtocolChat(line, {
        handleMessage(message) {
          if (message !== "bad") return void told.push(message);
          if (how === "throws") throw new Error("mine");
          return Promise.reject(new Error("mine"));
        },
        handleException: (error) => void told.push((error as Error).message),
        async handleEnd() {
          await Promise.resolve();
          this.closeWhenDone();
        },
      });
      const peer = new ManualPeer(chat);
      peer.send("a\nbad\nb\n");
      await turns(peer);
      peer.end();
      await turns(peer);
      expect(told).toEqual(["a", "mine", "b"]);
      expect(peer.sawClose).toBe("close");
    },
  );

  it("lets an answer be pushed to whoever ended in the middle of a message", async () => {
    const chat = new ProtocolChat(counted, {
      handleError(error) {
        this.push(`${error.kind}!`);
      },
      handleEnd: () => expect.unreachable(),
    });
    const peer = new ManualPeer(chat);
    peer.send("3:ab");
    peer.end();
    expect(peer.takeText()).toBe("incomplete!");
    expect([peer.sawEnd, peer.sawClose]).toEqual([true, "close"]);
    expect((await chat.closed).error).toMatchObject({ kind: "incomplete" });
  });

  it("tells an exception in the last message, and ends", async () => {
    const told: unknown[] = [];
    const chat = new ProtocolChat(() => rest()[Symbol.iterator](), {
      handleMessage() {
        throw new Error("mine");
      },
      handleException: (error) => void told.push((error as Error).message),
    });
    const peer = new ManualPeer(chat);
    peer.send("a");
    peer.end();
    expect((await chat.closed).reason).toBe("ended");
    expect(told).toEqual(["mine"]);
  });

  it("takes a mistake in the protocol for an exception, not for the peer's", async () => {
    const told: unknown[] = [];
    const chat = new ProtocolChat(function* () {
      yield* LINE;
      throw new TypeError("mine");
    }, {
      handleException(error) {
        told.push(error);
        this.abort(error);
      },
      handleError: (error) => void told.push(error),
    });
    new ManualPeer(chat).send("a\n");
    expect((await chat.closed).reason).toBe("aborted");
    expect(told).toEqual([new TypeError("mine")]);
  });

  it("keeps to the conversation's own limit as well", () => {
    const told: string[] = [];
    const chat = new ProtocolChat(counted, {
      maxFrameLength: 4,
      handleMessage: (message) => void told.push(message),
      handleError: ({ kind }) => void told.push(kind),
    });
    new ManualPeer(chat).send("4:abcd5:abcde");
    expect(told).toEqual(["abcd", "limit"]);
  });

  it("answers 100,000 messages in one chunk without growing the stack", () => {
    let messages = 0;
    const chat = new ProtocolChat(line, { handleMessage: () => void messages++ });
    new ManualPeer(chat).send("x\n".repeat(100_000));
    expect(messages).toBe(100_000);
  });

  it("leaves the caller's options alone, whatever they are made of", () => {
    class Hooks {
      told: string[] = [];
      handleMessage = (message: string) => void this.told.push(message);
      handleEnd() {}
    }
    const hooks = new Hooks();
    const peer = new ManualPeer(new ProtocolChat(line, hooks));
    peer.send("a\n");
    peer.end();
    expect(hooks.told).toEqual(["a"]);
    expect(peer.sawEnd).toBe(false);
  });
});

test("8 times the bytes in chunks of one byte cost at most 20 times as much, not 64 times", () => {
  const drip = (size: number) => {
    const parser = new Parser(() => until("\r\n", { max: Infinity })[Symbol.iterator]());
    const byte = Uint8Array.of(120);
    for (let sent = 0; sent < size; sent++) for (const _ of parser.receive(byte));
    expect([...parser.receive(encode("\r\n"))][0]?.length).toBe(size);
  };
  const cost = (act: () => void) => {
    let least = Infinity;
    for (let round = 0; round < 3; round++) {
      const before = process.cpuUsage();
      act();
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, (user + system) / 1000);
    }
    return least;
  };
  drip(2 ** 17);
  const once = cost(() => drip(2 ** 17)), eight = cost(() => drip(2 ** 20));
  expect(eight / once).toBeLessThan(20);
});
