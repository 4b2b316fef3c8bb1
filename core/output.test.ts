/** The queue, what may be put into it, and who asks it. */

import { describe, expect, it } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import type { AsyncChatOptions } from "./async_chat_options.ts";
import { LimitError } from "./errors.ts";
import { completeLimits } from "./limits.ts";
import { acknowledge, coalesce, dropHead, EMPTY_OUTPUT, enqueue, head } from "./output.ts";
import { NOT_YET, type Piece, pieceBytes, type ProducerLike, toProducer } from "./producer.ts";
import { ManualPeer } from "./testing/manual_peer.ts";
import { encode } from "./text.ts";

function stage(options: AsyncChatOptions & ThisType<AsyncChat> = {}) {
  const told: string[] = [];
  const chat = new AsyncChat({
    handleException: (error) => void told.push(String(error)),
    handleClose: ({ reason, bytesUnsent }) => void told.push(`${reason} ${bytesUnsent}`),
    ...options,
  });
  return { chat, peer: new ManualPeer(chat), told };
}

/** Lets every promise settle that can, and what they bring about. */
async function settled(peer: ManualPeer): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await undefined;
    peer.settle();
  }
}

describe("the queue, as values", () => {
  const queue = [encode("abc"), encode("de")].reduce(enqueue, EMPTY_OUTPUT);

  it("gives the same answer twice, and changes nothing", () => {
    expect(acknowledge(queue, 4)).toEqual(acknowledge(queue, 4));
    expect(head(acknowledge(queue, 4))).toEqual(encode("e"));
    expect([queue.bytes, acknowledge(queue, 4).bytes]).toEqual([5, 1]);
  });

  it("stays empty when its head is dropped, and refuses more than there was", () => {
    expect(dropHead(EMPTY_OUTPUT)).toBe(EMPTY_OUTPUT);
    expect(head(EMPTY_OUTPUT)).toBeUndefined();
    expect(() => acknowledge(queue, 6)).toThrow(RangeError);
    expect(() => acknowledge(EMPTY_OUTPUT, 1)).toThrow(/fewer were handed out/);
  });

  it("joins small pieces up to a producer, to the bound, and leaves a lone one as it is", () => {
    const producer = toProducer(["x"]);
    const mixed = [encode("ab"), encode("c"), producer, encode("d")].reduce(
      enqueue,
      EMPTY_OUTPUT,
    );
    expect(head(coalesce(mixed, 100))).toEqual(encode("abc"));
    expect(head(coalesce(mixed, 2))).toEqual(encode("ab"));
    expect(coalesce(EMPTY_OUTPUT, 100)).toBe(EMPTY_OUTPUT);
    const lone = enqueue(EMPTY_OUTPUT, encode("ab"));
    expect(coalesce(lone, 100)).toBe(lone);
  });
});

describe("pieces and producers", () => {
  it("are text and views of any type, and nothing else", () => {
    const memory = Uint8Array.of(0, 1, 2, 3).buffer;
    expect(pieceBytes("é")).toEqual(Uint8Array.of(0xc3, 0xa9));
    expect(pieceBytes(new DataView(memory, 1, 2))).toEqual(Uint8Array.of(1, 2));
    for (const bad of [1, null, {}, [1]]) {
      expect(() => pieceBytes(bad as unknown as Piece)).toThrow(TypeError);
      const { chat } = stage();
      expect(() => chat.push(bad as unknown as Piece)).toThrow(/only text and byte views/);
    }
  });

  it.each<[unknown, RegExp]>([
    [1, /got 1/],
    [undefined, /got undefined/],
    [null, /got \[object Null\]/],
    [{}, /got \[object Object\]/],
    [{ more: 1 }, /got \[object Object\]/],
    [{ getReader: 1 }, /got \[object Object\]/],
  ])("of %s there is none", (bad, message) => {
    const { chat } = stage();
    expect(() => chat.pushWithProducer(bad as ProducerLike)).toThrow(message);
    expect(chat.bytesQueued).toBe(0);
  });

  it("of every origin send the same, and an empty piece ends only more()", async () => {
    const pieces = ["a", "", new Uint8Array(0), encode("b")];
    const more = ["a", encode("b"), new Uint8Array(0), "never"].values();
    const sources: ProducerLike[] = [
      "ab",
      encode("ab"),
      new DataView(encode("ab").buffer),
      pieces,
      (async function* () {
        yield* pieces;
      })(),
      new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(piece);
          controller.close();
        },
      }),
      { more: () => more.next().value },
    ];
    for (const source of sources) {
      const { chat, peer, told } = stage();
      chat.pushWithProducer(source);
      chat.push("|");
      await settled(peer);
      expect([peer.takeText(), told]).toEqual(["ab|", []]);
    }
  });
});

describe("who asks a producer", () => {
  it("asks again after resumeProducers(), or a push, one that had nothing yet", () => {
    const { chat, peer } = stage();
    const answers: (string | null | typeof NOT_YET)[] = [NOT_YET, "a", NOT_YET, "b", null];
    chat.resumeProducers();
    chat.pushWithProducer({ more: () => answers.shift() ?? null });
    expect(peer.takeText()).toBe("");
    chat.resumeProducers();
    expect(peer.takeText()).toBe("a");
    chat.push("c");
    expect(peer.takeText()).toBe("bc");
    expect(answers).toEqual([]);
  });

  it("does not send what one says that discards the queue, nor hear what it throws then", () => {
    for (const fails of [false, true]) {
      const reported: unknown[] = [];
      const { chat, peer, told } = stage();
      chat.session.onlate = (error) => reported.push(error);
      const late = new Error("late");
      let cancelled = 0;
      chat.pushWithProducer({
        more() {
          chat.discardBuffers();
          if (fails) throw late;
          return "lost";
        },
        cancel: () => cancelled++,
      });
      peer.settle();
      chat.push("kept");
      expect(peer.takeText()).toBe("kept");
      expect([told, cancelled, reported]).toEqual([[], 1, fails ? [late] : []]);
    }
  });

  it("does not send what a promise brings when the queue was discarded meanwhile", async () => {
    for (const rejects of [false, true]) {
      const { chat, peer, told } = stage();
      let settle = (_: string) => {}, fail = (_: Error) => {};
      chat.pushWithProducer({
        more: () => new Promise<string>((resolve, reject) => [settle, fail] = [resolve, reject]),
      });
      peer.settle();
      chat.discardBuffers();
      if (rejects) fail(new Error("late"));
      else settle("lost");
      chat.push("kept");
      await settled(peer);
      expect([peer.takeText(), told]).toEqual(["kept", []]);
    }
  });

  it("takes what is no piece for a mistake of the producer, also when a promise brings it", async () => {
    for (const more of [() => 7, () => Promise.resolve(7)]) {
      const { chat, peer, told } = stage();
      chat.push("before");
      chat.pushWithProducer({ more } as unknown as ProducerLike);
      chat.push("behind");
      await settled(peer);
      peer.end();
      expect(peer.takeText()).toBe("before");
      expect(told).toEqual([expect.stringContaining("got 7"), "failed 6"]);
    }
  });

  it("reports what a cancel throws or rejects with, and what is thrown that is no error", async () => {
    const errors: unknown[] = [];
    const { chat, peer } = stage({ handleException: () => {} });
    chat.session.onlate = (error) => errors.push(error);
    chat.pushWithProducer({
      more: () => {
        throw "no error";
      },
    });
    const throwing = () => {
      throw new Error("thrown");
    };
    chat.pushWithProducer({ more: () => "x", cancel: throwing });
    chat.pushWithProducer({ more: () => "x", cancel: () => Promise.reject(new Error("rejected")) });
    chat.pushWithProducer({ more: () => "x", cancel: () => Promise.resolve() });
    chat.pushWithProducer({ more: () => "x" });
    peer.settle();
    await settled(peer);
    peer.end();
    expect(errors.map(String)).toEqual(["Error: thrown", "Error: rejected"]);
    const { error, reason } = await chat.closed;
    expect([reason, error?.cause]).toEqual(["failed", "no error"]);
  });

  it("tells one that comes when all is over that it will not be asked", () => {
    const { chat, peer, told } = stage({
      handleException: () => {},
    });
    const reasons: unknown[] = [];
    chat.session.hold();
    peer.fail();
    expect(chat.pushWithProducer({ more: () => "x", cancel: (why) => reasons.push(why) })).toBe(
      false,
    );
    expect(chat.push("four")).toBe(false);
    chat.session.release();
    peer.settle();
    expect(told).toEqual(["reset 4"]);
    expect(reasons).toEqual([expect.objectContaining({ kind: "reset" })]);
  });
});

describe("discardBuffers()", () => {
  it("keeps what the system is taking, all of it, some of it or nothing", () => {
    for (const [size, expected] of [[6, ""], [2, ""], [0, ""]] as const) {
      const { session } = new AsyncChat();
      session.connected();
      session.push("abcdef");
      expect(session.nextOutput(100)?.length).toBe(6);
      session.discardBuffers();
      session.push("next");
      session.sent(size);
      session.sent(0);
      const bytes = session.nextOutput(100)!;
      expect(new TextDecoder().decode(bytes)).toBe(`${expected}next`);
    }
  });
});

describe("limits", () => {
  it.each<[object, RegExp]>([
    [{ overlong: "drop" }, /overlong must be "close" or "skip"; got drop/],
    [{ highWaterMark: 10, lowWaterMark: 11 }, /lowWaterMark \(11\) must not be above/],
    [{ lowWaterMark: 70_000 }, /highWaterMark \(65536\)/],
    [{ maxFrameLength: 0 }, /maxFrameLength must be a positive number/],
    [{ maxQueued: "1" }, /maxQueued must be a positive number or Infinity; got 1/],
  ])("%j are none", (bad, message) => {
    expect(() => completeLimits(bad)).toThrow(RangeError);
    expect(() => new AsyncChat(bad)).toThrow(message);
  });

  it("stop a push that would pass maxQueued, and queue nothing of it", () => {
    const { chat, peer } = stage({ maxQueued: 10 });
    peer.room = 0;
    expect(chat.push("12345678")).toBe(true);
    expect(() => chat.push("901")).toThrow(LimitError);
    expect(chat.push("")).toBe(true);
    expect(chat.bytesQueued).toBe(8);
  });
});
