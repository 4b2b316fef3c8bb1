import { describe, expect, test } from "vitest";
import { memoryPair } from "../adapters/memory.ts";
import { AsyncChat } from "./async_chat.ts";
import { Chat } from "./chat.ts";
import type { Engine } from "./chat_engine.ts";
import type { ChatOptions, FrameEnd, ReadOptions } from "./chat_options.ts";
import { UnsentError } from "./chat_writer.ts";
import { ChatError, IncompleteFrameError, LimitError } from "./errors.ts";
import { exactly, type Protocol, rest, until } from "./protocol.ts";
import { ManualPeer } from "./testing/manual_peer.ts";
import { randomFrom } from "./testing/segmentation.ts";
import { decode, encode } from "./text.ts";

/** A conversation whose other end is moved by hand, and looks again after what it was told. */
function manual(options: ChatOptions = {}): { chat: Chat; peer: ManualPeer; engine: Engine } {
  const chat = new Chat(options);
  const engine = chat.asyncChat as Engine;
  const peer = new ManualPeer(engine);
  const { onwake } = engine.session;
  engine.session.onwake = () => {
    onwake?.();
    queueMicrotask(() => peer.settle());
  };
  return { chat, peer, engine };
}

/** Lets promises settle, and the conversation look at what that changed. */
async function settle(peer: ManualPeer): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await Promise.resolve();
    peer.settle();
  }
}

/** A conversation at whose other end one pushes, as fast as there is room. */
function fed(bytes: Uint8Array, segment: number): Chat {
  const chat = new Chat();
  const feeder = new AsyncChat();
  memoryPair(chat, feeder, { segment, capacity: Math.max(segment, 512) });
  feeder.push(bytes);
  feeder.end();
  return chat;
}

const LETTERS = encode("ab\r\n.");

/** Milliseconds of processor time so far: the wall clock tells of others. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The least that three runs cost. */
async function least(cost: () => Promise<number>): Promise<number> {
  return Math.min(await cost(), await cost(), await cost());
}

async function failure(reading: Promise<unknown>): Promise<ChatError> {
  const error = await reading.then(() => "resolved", (error) => error);
  expect(error).toBeInstanceOf(ChatError);
  return error;
}

const text = async (reading: Promise<Uint8Array | null>) => decode((await reading)!);

describe("reading", () => {
  test.each([1, 2, 3, 7])("read({ max }) takes no more, in segments of %i", async (segment) => {
    const chat = fed(encode("abcdefgh"), segment);
    let heard = "";
    for (let max = 1;; max = max % 3 + 1) {
      const piece = await chat.read({ max });
      if (piece === null) break;
      expect(piece.length).toBeGreaterThan(0);
      expect(piece.length).toBeLessThanOrEqual(max);
      heard += decode(piece);
    }
    expect(heard).toBe("abcdefgh");
  });

  test("read({ max }) takes whole bytes", async () => {
    const { chat, peer } = manual();
    peer.send("abcde");
    const pieces: string[] = [];
    for (let i = 0; i < 3; i++) {
      pieces.push(String.fromCharCode(...(await chat.read({ max: 2.5 }))!));
    }
    expect(pieces).toEqual(["ab", "cd", "e"]);
  });

  test.each([0, -1, NaN])("read({ max: %s }) is refused", async (max) => {
    const chat = fed(encode("abc"), 3);
    await expect(chat.read({ max })).rejects.toThrow(RangeError);
    expect(decode(await chat.readExactly(3))).toBe("abc");
  });

  test("read() gives what has come, then null for ever", async () => {
    const { chat, peer } = manual();
    const first = chat.read();
    peer.send("ab");
    expect(await text(first)).toBe("ab");
    peer.send("c");
    expect(await text(chat.read())).toBe("c");
    peer.end();
    expect(await chat.read()).toBe(null);
    expect(await chat.read()).toBe(null);
  });

  test("readUntil() gives frames without their delimiter, several of a chunk, one of several", async () => {
    const { chat, peer } = manual();
    peer.send("a\r\n\r\nb");
    expect(await text(chat.readUntil("\r\n"))).toBe("a");
    expect(await text(chat.readUntil(encode("\r\n")))).toBe("");
    const third = chat.readUntil("\r\n");
    for (const byte of ["c", "\r", "d", "\r", "\n"]) {
      peer.send(byte);
      await settle(peer);
    }
    expect(await text(third)).toBe("bc\rd");
  });

  test("of several delimiters the longest at the leftmost place wins, however it is cut", async () => {
    for (const cut of [1, 2, 3, 4]) {
      const { chat, peer } = manual();
      const reading = chat.readUntil(["\r", "\r\n"]);
      const input = "a\r\nb\rc";
      for (let at = 0; at < input.length; at += cut) {
        peer.send(input.slice(at, at + cut));
        await settle(peer);
      }
      expect(await text(reading)).toBe("a");
      expect(await text(chat.readUntil(["\r", "\r\n"]))).toBe("b");
      expect(await text(chat.readExactly(1))).toBe("c");
    }
  });

  test("what followed a short delimiter while a longer one was possible is read next", async () => {
    const { chat, peer } = manual();
    const reading = chat.readUntil(["\r", "\r\n\r\n"]);
    peer.send("a\r\n\r");
    await settle(peer);
    peer.send("xy");
    expect(await text(reading)).toBe("a");
    expect(await text(chat.readExactly(4))).toBe("\n\rxy");
  });

  test("at the end a delimiter that might have grown longer is decided, and what follows is left", async () => {
    const { chat, peer } = manual();
    peer.send("a\r");
    const reading = chat.readUntil(["\r", "\r\n\r\n"]);
    peer.send("\n\r");
    peer.end();
    await settle(peer);
    expect(await text(reading)).toBe("a");
    expect(await text(chat.read())).toBe("\n\r");
    expect(await chat.read()).toBe(null);
  });

  test("readExactly() counts, and 0 waits for nothing", async () => {
    const { chat, peer } = manual();
    expect((await chat.readExactly(0)).length).toBe(0);
    const five = chat.readExactly(5);
    peer.send("abc");
    await settle(peer);
    peer.send("defg");
    expect(await text(five)).toBe("abcde");
    expect(await text(chat.readExactly(2))).toBe("fg");
  });

  test("readLine() takes both line ends, and null is the end", async () => {
    const { chat, peer } = manual();
    peer.send("eins\r\nzwölf\n");
    peer.end();
    expect(await chat.readLine()).toBe("eins");
    expect(await chat.readLine()).toBe("zwölf");
    expect(await chat.readLine()).toBe(null);
  });

  test("what a read resolves with is the caller's own", async () => {
    const { chat, peer } = manual();
    const chunk = encode("a\nbc");
    peer.send(chunk);
    const frame = await chat.readUntil("\n");
    const reading = chat.read();
    chunk.fill(0);
    expect(decode(frame)).toBe("a");
    expect(await text(reading)).toBe("bc");
    expect(frame.buffer.byteLength).toBe(1);
  });

  test("arguments that make no sense reject, and take nothing", async () => {
    const { chat, peer } = manual();
    peer.send("a\n");
    await expect(chat.readUntil("")).rejects.toThrow(TypeError);
    await expect(chat.readUntil([])).rejects.toThrow(RangeError);
    await expect(chat.readUntil(3 as never)).rejects.toThrow(TypeError);
    await expect(chat.readExactly(-1)).rejects.toThrow(RangeError);
    await expect(chat.readExactly(1.5)).rejects.toThrow(RangeError);
    await expect(chat.readUntil("\n", { max: 0 })).rejects.toThrow(RangeError);
    await expect(chat.read({ timeout: 0 })).rejects.toThrow(RangeError);
    await expect(chat.read({ timeout: NaN })).rejects.toThrow(RangeError);
    expect(() => chat.frames("")).toThrow(TypeError);
    expect(() => new Chat({ maxFrameLength: -1 })).toThrow(RangeError);
    expect(await chat.readLine()).toBe("a");
  });

  test("a second read rejects and does not disturb the first", async () => {
    const { chat, peer } = manual();
    const first = chat.readUntil("\n");
    for (const second of [chat.read(), chat.readExactly(1), chat.readExactly(0), chat.readLine()]) {
      await expect(second).rejects.toThrow(TypeError);
    }
    peer.send("a\nb");
    expect(await text(first)).toBe("a");
    expect(await text(chat.read())).toBe("b");
  });
});

describe("limits", () => {
  test("an over-long frame rejects and takes nothing; the limit counts payload, to the byte", async () => {
    for (const chunks of [["12345\n6\n"], ["1", "2", "3", "4", "5", "\n", "6\n"]]) {
      const { chat, peer } = manual({ maxFrameLength: 5 });
      const sending = async () => {
        for (const chunk of chunks) {
          peer.send(chunk);
          await settle(peer);
        }
      };
      const error = chat.readUntil("\n", { max: 4 }).catch((error) => error);
      await sending();
      expect(await error).toBeInstanceOf(LimitError);
      expect((await failure(chat.readUntil("\n", { max: 4 }))).kind).toBe("limit");
      const frame = chat.readUntil("\n");
      await settle(peer);
      expect(await text(frame)).toBe("12345");
      expect(await chat.readLine()).toBe("6");
    }
  });

  test("a count above the limit rejects at once", async () => {
    const { chat, peer } = manual({ maxFrameLength: 5 });
    const { limit, held } = await failure(chat.readExactly(6)) as LimitError;
    expect([limit, held]).toEqual([5, 6]);
    peer.send("123456");
    expect(await text(chat.readExactly(6, { max: 6 }))).toBe("123456");
  });

  test("an endless frame is held up to the limit and one chunk", async () => {
    const { chat, peer } = manual({ maxFrameLength: 1000 });
    const reading = failure(chat.readUntil("\n"));
    let sent = 0;
    while (chat.asyncChat.session.wantsRead) {
      peer.send("x".repeat(64));
      sent += 64;
      await settle(peer);
    }
    expect((await reading).kind).toBe("limit");
    expect(sent).toBeLessThanOrEqual(1000 + 64);
  });
});

describe("demand", () => {
  test("while nobody reads, one chunk is in hand and no more is wanted", async () => {
    const { chat, peer } = manual();
    const { session } = chat.asyncChat;
    peer.send("a\nb\n");
    await settle(peer);
    expect(session.wantsRead).toBe(false);
    expect(await chat.readLine()).toBe("a");
    await settle(peer);
    expect(session.wantsRead).toBe(false);
    expect(await chat.readLine()).toBe("b");
    await settle(peer);
    expect(session.wantsRead).toBe(true);
  });

  test("a peer that sends to somebody who does not read stalls", async () => {
    const chat = new Chat(), feeder = new Chat();
    memoryPair(chat, feeder, { capacity: 1000 });
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await feeder.write(new Uint8Array(64 * 1024));
      feeder.end();
    })();
    for (let i = 0; i < 1000; i++) await Promise.resolve();
    expect(written).toBeLessThan(3);
    let read = 0;
    for await (const piece of chat) read += piece.length;
    expect(read).toBe(100 * 64 * 1024);
    await writing;
  });
});

describe("cancelling", () => {
  test("a signal gives the read up, and the next one goes on in the middle of the frame", async () => {
    const { chat, peer } = manual();
    const controller = new AbortController();
    const reading = failure(chat.readUntil("\r\n", { signal: controller.signal }));
    peer.send("HE");
    await settle(peer);
    peer.send("LO\r");
    await settle(peer);
    controller.abort("enough");
    const error = await reading;
    expect([error.kind, error.cause]).toEqual(["aborted", "enough"]);
    peer.send("\n");
    expect(await text(chat.readExactly(1))).toBe("H");
    expect(await text(chat.readUntil("L"))).toBe("E");
    expect(await text(chat.readUntil("\r\n"))).toBe("O");
  });

  test("a signal that has been given takes nothing, and one that comes late does nothing", async () => {
    const { chat, peer } = manual();
    peer.send("a");
    expect((await failure(chat.read({ signal: AbortSignal.abort() }))).kind).toBe("aborted");
    const controller = new AbortController();
    expect(await text(chat.read({ signal: controller.signal }))).toBe("a");
    controller.abort();
    peer.send("b");
    expect(await text(chat.read())).toBe("b");
  });

  test("no listener stays behind on the signal", async () => {
    const { chat, peer } = manual();
    let listeners = 0;
    const signal: ReadOptions["signal"] = {
      aborted: false,
      reason: undefined,
      addEventListener: () => void listeners++,
      removeEventListener: () => void listeners--,
    };
    const reading = chat.readUntil("\n", { signal: signal! });
    expect(listeners).toBe(1);
    peer.send("\n");
    await reading;
    expect(listeners).toBe(0);
  });

  test("a timeout gives the read up, its timer is called off, and no attachment needs a clock", async () => {
    const timers: { time: number; act: () => void; off: boolean }[] = [];
    const chat = new Chat();
    const early = failure(chat.read({ timeout: 5 }));
    chat.asyncChat.attach(
      {
        peer: "here",
        local: undefined,
        canReset: true,
        wake() {},
        report() {},
        after(time: number, act: () => void) {
          const timer = { time, act, off: false };
          timers.push(timer);
          return () => timer.off = true;
        },
      } as Parameters<AsyncChat["attach"]>[0],
    );
    expect(timers.map(({ time }) => time)).toEqual([5]);
    timers[0]!.act();
    expect((await early).kind).toBe("timeout");
    const { session } = chat.asyncChat;
    session.connected();
    const reading = chat.read({ timeout: 7 });
    session.receive(encode("x"));
    chat.asyncChat.dispatch();
    expect(await text(reading)).toBe("x");
    expect(timers.map(({ off }) => off)).toEqual([true, true]);

    const clockless = new Chat();
    clockless.asyncChat.attach({ peer: "", local: "", canReset: true, wake() {}, report() {} });
    expect((await failure(clockless.read({ timeout: 5 }))).kind).toBe("unsupported");
  });

  test.each([1, 7, 64, 512])(
    "1,000 reads given up at random lose no byte, in segments of up to %i bytes",
    async (segment) => {
      const random = randomFrom(segment);
      const upTo = (bound: number) => Math.floor(random() * bound);
      const { chat, peer, engine } = manual();
      let expire = () => {};
      engine.reader.attached((_, act) => {
        expire = act;
        return () => expire = () => {};
      });
      const sent: number[] = [], read: number[] = [];
      const send = () => {
        const chunk = Uint8Array.from({ length: 1 + upTo(segment) }, () => LETTERS[upTo(5)]!);
        sent.push(...chunk);
        peer.send(chunk);
      };
      const ends: Exclude<FrameEnd, number>[] = ["\r\n", ["\r", "\r\n", "\n"], "ab", [".", "a.b"]];
      const kinds = { aborted: 0, timeout: 0 };
      while (kinds.aborted + kinds.timeout < 1000) {
        const controller = new AbortController();
        const options = random() < 0.5 ? { signal: controller.signal } : { timeout: 5 };
        const end = ends[upTo(6)];
        const reading = end !== undefined
          ? chat.readUntil(end, options)
          : random() < 0.5
          ? chat.readExactly(1 + upTo(5), options)
          : chat.read(options);
        let outcome: Uint8Array | ChatError | null | undefined;
        reading.then((bytes) => outcome = bytes, (error) => outcome = error);
        await settle(peer);
        while (outcome === undefined) {
          if (random() < 0.5) send();
          else if ("signal" in options) controller.abort();
          else expire();
          await settle(peer);
        }
        if (outcome instanceof ChatError) {
          kinds[outcome.kind as keyof typeof kinds]++;
          continue;
        }
        read.push(...outcome!);
        if (end === undefined) continue;
        // A delimiter of the set has to follow in what was sent; of several the longest.
        const delimiters = (Array.isArray(end) ? end : [end]).map((one) => encode(one as string))
          .filter((one) => one.every((byte, i) => sent[read.length + i] === byte));
        delimiters.sort((a, b) => b.length - a.length);
        read.push(...delimiters[0]!);
      }
      peer.end();
      for await (const piece of chat) read.push(...piece);
      expect(decode(Uint8Array.from(read)) === decode(Uint8Array.from(sent))).toBe(true);
      expect(kinds.aborted).toBeGreaterThan(300);
      expect(kinds.timeout).toBeGreaterThan(300);
    },
  );

  test("searching goes on where a cancelled read stopped: given up with every byte is linear", async () => {
    const time = async (size: number) => {
      const { chat, peer } = manual({ maxFrameLength: Infinity });
      const piece = "x".repeat(256);
      const began = processorTime();
      for (let at = 0; at < size; at += piece.length) {
        const controller = new AbortController();
        const reading = chat.readUntil("\r\n", { signal: controller.signal }).catch(() => {});
        peer.send(piece);
        controller.abort();
        await reading;
        await settle(peer);
      }
      return processorTime() - began;
    };
    await time(100_000);
    const small = await least(() => time(500_000)), large = await least(() => time(2_000_000));
    expect(large / small).toBeLessThan(10);
  });
});

test("what a cancelled read has gathered is read in linear time", async () => {
  const time = async (lines: number) => {
    const { chat, peer } = manual({ maxFrameLength: Infinity });
    const controller = new AbortController();
    const gathering = chat.readExactly(2 ** 40, { signal: controller.signal }).catch(() => {});
    for (let at = 0; at < lines; at += 1000) {
      peer.send("x\n".repeat(1000));
      await settle(peer);
    }
    controller.abort();
    await gathering;
    const began = processorTime();
    let read = 0;
    for (let at = 0; at < lines; at++) read += (await chat.readUntil("\n")).length;
    const cost = processorTime() - began;
    expect(read).toBe(lines);
    return cost;
  };
  await time(20_000);
  const small = await least(() => time(50_000)), large = await least(() => time(200_000));
  expect(large / small).toBeLessThan(12);
});

describe("any segmentation", () => {
  test.each([1, 2, 3, 5, 17, 1000])("is the same, in segments of %i bytes", async (segment) => {
    const chat = fed(encode("5\r\nhello0\r\n\r\n12\r\nhello, world\n.\n\nrest"), segment);
    const told: (string | null)[] = [];
    for (let i = 0; i < 3; i++) {
      const length = Number(await chat.readLine());
      told.push(decode(await chat.readExactly(length)));
      if (length === 0) told.push(await chat.readLine());
    }
    told.push(await text(chat.readUntil(["\n.\n", "\n.\r\n", "\n\n"])));
    expect(told).toEqual(["hello", "", "", "hello, world", ""]);
    const last = await failure(chat.readUntil("x")) as IncompleteFrameError;
    expect(last.received).toBe(5);
    chat.close();
  });
});

test("frames of random sets of delimiters are those of the callback face, however they are cut", async () => {
  const random = randomFrom(7);
  const letters = (count: number) =>
    Array.from({ length: count }, () => "ab\r"[Math.floor(random() * 3)]).join("");
  for (let i = 0; i < 300; i++) {
    const set = Array.from({ length: 1 + i % 3 }, () => letters(1 + Math.floor(random() * 5)));
    const input = letters(40);
    const expected: string[] = [];
    const whole = new ManualPeer(
      new AsyncChat({
        terminator: set,
        foundTerminator() {
          expected.push(this.getText());
        },
      }),
    );
    whole.send(input);
    whole.end();
    const { chat, peer } = manual();
    const observed: string[] = [];
    const loop = (async () => {
      for await (const frame of chat.frames(set)) observed.push(decode(frame));
    })().catch((error) => expect(error).toBeInstanceOf(IncompleteFrameError));
    for (let at = 0; at < input.length;) {
      const size = 1 + Math.floor(random() * 4);
      peer.send(input.slice(at, at += size));
      await settle(peer);
    }
    peer.end();
    await settle(peer);
    await loop;
    expect(observed, JSON.stringify([set, input])).toEqual(expected);
  }
});

describe("the end of the input", () => {
  test("inside a frame it is an error that takes nothing; between two a loop ends", async () => {
    const { chat, peer } = manual();
    peer.send("ab,c");
    peer.end();
    const frames: string[] = [];
    const loop = (async () => {
      for await (const frame of chat.frames(",")) frames.push(decode(frame));
    })();
    const error = await failure(loop) as IncompleteFrameError;
    expect(error).toBeInstanceOf(IncompleteFrameError);
    expect([error.received, error.expected, frames.join()]).toEqual([1, "its delimiter", "ab"]);
    const counted = await failure(chat.readExactly(3)) as IncompleteFrameError;
    expect([counted.received, counted.expected]).toEqual([1, "2 more bytes"]);
    expect(await text(chat.read())).toBe("c");
    await settle(peer);
    const nothing = await failure(chat.readUntil(",")) as IncompleteFrameError;
    expect([nothing.received, nothing.kind]).toEqual([0, "incomplete"]);
    expect((await failure(chat.readExactly(3))).kind).toBe("incomplete");
    for await (const _ of chat.frames(",")) expect.unreachable();
  });

  test("does not end our side: an answer may follow", async () => {
    const { chat, peer } = manual();
    peer.send("?");
    peer.end();
    await chat.read();
    await chat.read();
    await chat.write("!");
    expect([peer.takeText(), peer.sawEnd]).toEqual(["!", false]);
    chat.end();
    peer.settle();
    expect((await chat.closed).reason).toBe("ended");
    expect(await chat.read()).toBe(null);
  });
});

describe("failures", () => {
  test("what came before a reset can be read, then every read rejects with it", async () => {
    const { chat, peer } = manual();
    peer.send("a\nb");
    expect(await chat.readLine()).toBe("a");
    const reading = failure(chat.readLine());
    await settle(peer);
    peer.fail();
    await settle(peer);
    expect((await reading).kind).toBe("reset");
    expect(await text(chat.read())).toBe("b");
    for (const read of [chat.read(), chat.readLine()]) {
      expect((await failure(read)).kind).toBe("reset");
    }
    expect((await failure(chat.readExactly(1))).kind).toBe("reset");
  });

  test("closed resolves though nobody reads, and what was in hand is not lost", async () => {
    const { chat, peer } = manual();
    const chunk = encode("goodbye");
    peer.send(chunk);
    peer.fail();
    await settle(peer);
    expect((await chat.closed).reason).toBe("reset");
    chunk.fill(0);
    expect(await text(chat.read())).toBe("goodbye");
    expect((await failure(chat.read())).kind).toBe("reset");
  });

  test.each(
    [
      ["close", (chat: Chat): void => chat.close(), "closed"],
      ["closeWhenDone", (chat: Chat): void => void chat.closeWhenDone(), "closed"],
      ["abort", (chat: Chat): void => chat.abort(new Error("why")), "aborted"],
    ] as const,
  )("after %s() nothing is read any more, also not what has come", async (_, act, kind) => {
    const { chat, peer } = manual();
    peer.send("a\nb\n");
    expect(await chat.readLine()).toBe("a");
    act(chat);
    expect((await failure(chat.readLine())).kind).toBe(kind);
    peer.settle();
    peer.end();
    await settle(peer);
    expect((await chat.closed).reason).toBe(kind);
    expect((await failure(chat.read())).kind).toBe(kind);

    const { chat: waiting, peer: other } = manual();
    const reading = failure(waiting.readLine());
    act(waiting);
    expect((await reading).kind).toBe(kind);
    other.end();
  });

  test("an abort hands its reason on", async () => {
    const { chat } = manual();
    const why = new ChatError("protocol", "no");
    chat.abort(why);
    expect(await failure(chat.read())).toBe(why);
  });

  test("another failure rejects the read, and the report has it", async () => {
    const { chat, peer } = manual();
    const why = new ChatError("tls", "the record was bad");
    const reading = failure(chat.read());
    peer.fail(why);
    expect(await reading).toBe(why);
    expect(await chat.closed).toMatchObject({ reason: "failed", error: why });
  });
});

describe("writing", () => {
  test("goes out in order, also before the connection stands", async () => {
    const chat = new Chat();
    const writes = [chat.write("a"), chat.write(encode("b"))];
    const peer = new ManualPeer(chat.asyncChat);
    writes.push(chat.writeAll(["c", "d"]), chat.write("e"));
    peer.settle();
    await Promise.all(writes);
    expect(peer.takeText()).toBe("abcde");
  });

  test("waits above the high-water mark until the queue is down at the low one", async () => {
    const { chat, peer } = manual({ highWaterMark: 100, lowWaterMark: 50 });
    peer.room = 0;
    await chat.write("x".repeat(99));
    let done = false;
    const writing = chat.write("y").then(() => done = true);
    peer.room = 49;
    await settle(peer);
    expect([done, chat.bytesQueued]).toEqual([false, 51]);
    peer.room = 1;
    await settle(peer);
    expect([done, chat.bytesQueued]).toEqual([true, 50]);
    await writing;
  });

  test("to a peer that never reads holds the high-water mark and one write", async () => {
    const { chat, peer } = manual();
    peer.room = 0;
    let most = 0;
    const piece = new Uint8Array(10_000);
    void (async () => {
      for (let i = 0; i < 1000; i++) {
        await chat.write(piece);
        most = Math.max(most, chat.bytesQueued);
      }
    })().catch(() => {});
    await settle(peer);
    await settle(peer);
    expect(chat.bytesQueued).toBeLessThan(64 * 1024 + piece.length);
    expect(most).toBeGreaterThan(0);
    chat.close();
  });

  test("rejects when it cannot be sent, and says how much was lost", async () => {
    const { chat, peer } = manual({ highWaterMark: 10, lowWaterMark: 5 });
    peer.room = 3;
    const writing = failure(chat.write("0123456789"));
    await settle(peer);
    peer.fail();
    await settle(peer);
    const error = await writing as UnsentError;
    expect(error).toBeInstanceOf(UnsentError);
    expect([error.kind, error.bytesUnsent]).toEqual(["reset", 7]);
    expect(error.message).toContain("7 bytes");
    const late = await failure(chat.write("äb")) as UnsentError;
    expect([late.kind, late.bytesUnsent]).toEqual(["reset", 10]);
    expect((await failure(chat.writeAll(["c"]))).kind).toBe("reset");
  });

  test("after end() it rejects with kind closed, and nothing is lost", async () => {
    const { chat, peer } = manual();
    await chat.write("a");
    chat.end();
    const errors = [await failure(chat.write("b")), await failure(chat.writeAll(["b"]))];
    expect(errors.map(({ kind }) => kind)).toEqual(["closed", "closed"]);
    expect(errors.some((error) => error instanceof UnsentError)).toBe(false);
    expect([peer.takeText(), peer.sawEnd]).toEqual(["a", true]);
    chat.close();
    peer.settle();
    expect((await failure(chat.write("c"))).kind).toBe("closed");
  });

  test("above maxQueued and of a wrong type it rejects, and the conversation goes on", async () => {
    const { chat, peer } = manual({ maxQueued: 10, highWaterMark: 10, lowWaterMark: 5 });
    expect((await failure(chat.write("x".repeat(11)))).kind).toBe("limit");
    await expect(chat.write(5 as never)).rejects.toThrow(TypeError);
    await expect(chat.writeAll(5 as never)).rejects.toThrow(TypeError);
    await chat.write("ok");
    expect(peer.takeText()).toBe("ok");
  });

  test("writeAll() takes every kind of producer and resolves behind its last piece", async () => {
    const { chat, peer } = manual();
    const all = [
      chat.writeAll("a"),
      chat.writeAll(encode("b")),
      chat.writeAll(["c", "", "d"]),
      chat.writeAll((async function* () {
        yield "e";
        yield "f";
      })()),
      chat.writeAll(new Blob(["g"]).stream()),
      chat.writeAll({ more: ((pieces) => () => pieces.shift() ?? "")(["h", "i"]) }),
    ];
    let done = false;
    void Promise.all(all).then(() => done = true);
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve));
      peer.settle();
    }
    expect(peer.takeText()).toBe("abcdefghi");
  });

  test("a producer that throws rejects its own write, and the conversation is aborted", async () => {
    const why = new Error("the file is gone");
    for (
      const producer of [
        (function* () {
          yield "half";
          throw why;
        })(),
        (async function* () {
          yield "half";
          throw why;
        })(),
      ]
    ) {
      const { chat, peer } = manual();
      const writing = chat.writeAll(producer).catch((error) => error);
      await settle(peer);
      await settle(peer);
      expect(await writing).toBe(why);
      expect(await chat.closed).toMatchObject({ error: why });
    }
  });

  test("a producer that is never asked to its end is told so, and its write rejects", async () => {
    const { chat, peer } = manual();
    peer.room = 0;
    let told: unknown;
    const writing = failure(chat.writeAll({ more: () => "x", cancel: (reason) => told = reason }));
    await settle(peer);
    peer.fail();
    await settle(peer);
    const error = await writing as UnsentError;
    expect([error.kind, error.bytesUnsent]).toEqual(["reset", 0]);
    expect(told).toBeInstanceOf(ChatError);
  });
});

describe("iterating", () => {
  test("frames() can be left and entered again, and other reads go on behind it", async () => {
    const { chat, peer } = manual();
    peer.send("a\nb\n3\nxyzc\n");
    const seen: string[] = [];
    for await (const frame of chat.frames("\n")) {
      seen.push(decode(frame));
      if (seen.length === 2) break;
    }
    const size = Number(await chat.readLine());
    seen.push(await text(chat.readExactly(size)));
    peer.end();
    for await (const frame of chat.frames(["\n"])) seen.push(decode(frame));
    expect(seen.join()).toBe("a,b,xyz,c");
  });

  test("frames() by number gives records, and messages() takes no byte too many", async () => {
    const { chat, peer } = manual();
    peer.send("aabb2 hi0 3 you|tail");
    const seen: string[] = [];
    for await (const record of chat.frames(2)) {
      seen.push(decode(record));
      if (seen.length === 2) break;
    }
    const message: Protocol<string> = function* () {
      const length = Number(decode(yield* until([" "])));
      return decode(yield* exactly(length));
    };
    for await (const one of chat.messages(message)) {
      seen.push(one);
      if (one === "you") break;
    }
    expect(seen).toEqual(["aa", "bb", "hi", "", "you"]);
    expect(await text(chat.read())).toBe("|tail");
  });

  test("messages() ends between two messages, and tells the protocol of an end inside", async () => {
    const pair: Protocol<string> = function* () {
      return [decode(yield* until("=")), decode(yield* until(";", { orEnd: true }))].join(">");
    };
    const both: Protocol<string> = function* () {
      return [decode(yield* until("=")), decode(yield* rest())].join(">");
    };
    const strict: Protocol<string> = function* () {
      return decode(yield* until(";", { max: 3 }));
    };
    const run = async (protocol: Protocol<string>, input: string) => {
      const { chat, peer } = manual();
      const told: string[] = [];
      const loop = (async () => {
        for await (const one of chat.messages(protocol)) told.push(one);
        return "end";
      })().catch((error) => `${error.name} ${error.kind}`);
      for (const byte of input) {
        peer.send(byte);
        await settle(peer);
      }
      peer.end();
      await settle(peer);
      return [...told, await loop].join("|");
    };
    expect(await run(pair, "a=1;b=2;")).toBe("a>1|b>2|end");
    expect(await run(pair, "a=1;b=2")).toBe("a>1|b>2|end");
    expect(await run(pair, "a=1;b")).toBe("a>1|IncompleteFrameError incomplete");
    expect(await run(both, "a=1;b=2")).toBe("a>1;b=2|end");
    expect(await run(strict, "a;bcd;efgh;")).toBe("a|bcd|LimitError limit");
    expect(await run(strict, "")).toBe("end");
  });

  test("await using closes when all is sent", async () => {
    const chat = new Chat(), other = new Chat();
    memoryPair(chat, other, { capacity: 10 });
    const heard = (async () => {
      let all = "";
      for await (const piece of other) all += decode(piece);
      other.end();
      return all;
    })();
    {
      await using mine = chat;
      await mine.write("x".repeat(1000));
    }
    expect((await heard).length).toBe(1000);
    expect((await chat.closed).reason).toBe("closed");
    expect((await other.closed).reason).toBe("ended");
  });
});
