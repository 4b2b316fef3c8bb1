import { describe, expect, it } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import type { AsyncChatOptions } from "./async_chat_options.ts";
import type { CloseReport } from "./close_report.ts";
import {
  advance,
  type Deadlines,
  earliest,
  type Happened,
  NO_DEADLINES,
  passedAt,
} from "./deadlines.ts";
import { ChatError } from "./errors.ts";
import { completeLimits } from "./limits.ts";
import { Session } from "./session.ts";
import { FakeClock, ManualPeer } from "./testing/index.ts";

const T = 1_000;
/** A microsecond, in milliseconds. */
const US = 0.001;

interface Stage {
  readonly chat: AsyncChat;
  readonly peer: ManualPeer;
  readonly clock: FakeClock;
  /** Hooks called since it was last looked at. */
  told(): string[];
  report(): CloseReport | undefined;
}

function stage(options: AsyncChatOptions & ThisType<AsyncChat> = {}): Stage {
  const log: string[] = [];
  let report: CloseReport | undefined;
  const defaults = AsyncChat.prototype;
  const chat = new AsyncChat({
    ...options,
    foundTerminator() {
      log.push(`found ${this.getText()}`);
      return options.foundTerminator?.call(this);
    },
    handleTimeout(error) {
      log.push(`timeout ${error.kind}`);
      return (options.handleTimeout ?? defaults.handleTimeout).call(this, error);
    },
    handleError(error) {
      log.push(`error ${error.kind}`);
      return options.handleError?.call(this, error);
    },
    handleEnd() {
      log.push("end");
      return (options.handleEnd ?? defaults.handleEnd).call(this);
    },
    handleClose(how) {
      log.push(`close ${how.reason}`);
      report = how;
    },
  });
  const peer = new ManualPeer(chat);
  const clock = new FakeClock(chat, peer);
  return { chat, peer, clock, told: () => log.splice(0), report: () => report };
}

function held(): { promise: Promise<void>; release: () => Promise<void> } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => resolve = settle);
  return {
    promise,
    release: async () => {
      resolve();
      await promise;
      // Once for the conversation, once for its own continuation.
      for (let i = 0; i < 4; i++) await undefined;
    },
  };
}

describe("advance() is pure", () => {
  const limits = completeLimits({ closeTimeout: 30, idleTimeout: 20, frameTimeout: 10 });
  const nothing: Happened = {
    closing: false,
    progressed: false,
    moved: false,
    frame: undefined,
    reading: true,
  };
  const after = (...steps: [number, Partial<Happened>][]): Deadlines =>
    steps.reduce(
      (state, [now, what]) => advance(state, { ...nothing, ...what }, limits, now),
      NO_DEADLINES,
    );

  it("gives the same answer twice, and changes nothing", () => {
    const before = Object.freeze(after([0, { moved: true, frame: 1 }]));
    const happened = Object.freeze({ ...nothing, frame: 1 });
    expect(advance(before, happened, limits, 5)).toEqual(advance(before, happened, limits, 5));
  });

  it("idle begins with the first tick, and again with what moves", () => {
    expect(after([100, {}]).idle).toBe(120);
    expect(after([100, {}], [110, {}]).idle).toBe(120);
    expect(after([100, {}], [110, { moved: true }]).idle).toBe(130);
  });

  it("a frame's deadline stays where it is while it is the same frame", () => {
    expect(after([0, { frame: 1 }]).frame).toBe(10);
    expect(after([0, { frame: 1 }], [9, { frame: 1, moved: true }]).frame).toBe(10);
    expect(after([0, { frame: 1 }], [9, { frame: 2, moved: true }]).frame).toBe(19);
    expect(after([0, { frame: 1 }], [9, {}]).frame).toBe(Infinity);
  });

  it("time in which we do not read is not the frame's", () => {
    const paused = after([0, { frame: 1 }], [4, { frame: 1, reading: false }]);
    expect(paused.frame).toBe(Infinity);
    const longer = advance(paused, { ...nothing, frame: 1, reading: false }, limits, 1_000);
    expect(longer.frame).toBe(Infinity);
    expect(advance(longer, { ...nothing, frame: 1 }, limits, 2_000).frame).toBe(2_006);
  });

  it("a frame that begins while we do not read has all its time left", () => {
    const begun = after([0, { frame: 1, reading: false }]);
    expect(begun.frame).toBe(Infinity);
    expect(advance(begun, { ...nothing, frame: 1 }, limits, 7).frame).toBe(17);
  });

  it("a close rules alone, and begins again with progress", () => {
    const closing = after([0, { frame: 1 }], [5, { frame: 1, closing: true }]);
    expect(closing).toEqual({ ...NO_DEADLINES, close: 35 });
    const later = advance(closing, { ...nothing, closing: true }, limits, 15);
    expect(later.close).toBe(35);
    expect(advance(later, { ...nothing, closing: true, progressed: true }, limits, 16).close)
      .toBe(46);
  });

  it("of several that have passed, the one that leaves least to decide", () => {
    const state = { ...NO_DEADLINES, close: 3, frame: 2, idle: 1 };
    expect([0, 1, 2, 3].map((now) => passedAt(state, now)))
      .toEqual([undefined, "idle", "frame", "close"]);
    expect(earliest(state)).toBe(1);
  });

  it.each([0, -1, NaN, "1"])("a timeout of %s is none", (bad) => {
    for (const name of ["idleTimeout", "frameTimeout", "closeTimeout"]) {
      expect(() => completeLimits({ [name]: bad })).toThrow(RangeError);
    }
  });
});

describe("idleTimeout", () => {
  it("stands still during a handshake, and not while plaintext has still to go out before it", () => {
    const session = new Session({ idleTimeout: T });
    const told: string[] = [];
    const tick = (now: number) => {
      session.tick(now);
      for (
        let event = session.nextEvent();
        typeof event !== "symbol";
        event = session.nextEvent()
      ) {
        told.push(event.type);
      }
    };
    session.connected();
    tick(0);
    session.push("go ahead");
    session.beginHandover(true);
    tick(T);
    expect(told).toEqual(["connected", "timedOut"]);
    session.sent(session.nextOutput(100)!.length);
    for (const now of [T + 1, 2 * T, 5 * T, 5 * T + 1]) tick(now);
    session.handoverDone();
    tick(6 * T);
    tick(7 * T - US);
    expect(told).toEqual(["connected", "timedOut"]);
    tick(7 * T);
    expect(told).toEqual(["connected", "timedOut", "timedOut"]);
  });

  it("is off unless it is set", () => {
    const { chat, clock, told } = stage({ terminator: "\n" });
    expect(chat.session.isTimed).toBe(false);
    expect(chat.session.deadline).toBeUndefined();
    clock.advance(1e12);
    expect(told()).toEqual([]);
  });

  it("says nothing a microsecond before, and aborts at its time", () => {
    const { chat, clock, told, report } = stage({ idleTimeout: T });
    expect(chat.session.isTimed).toBe(true);
    clock.advance(T - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["timeout timeout", "close timeout"]);
    const { error, reason } = report()!;
    expect(reason).toBe("timeout");
    expect(error).toBeInstanceOf(ChatError);
    expect((error as ChatError).kind).toBe("timeout");
    expect((error as ChatError).message).toContain(`${T} ms`);
  });

  it("begins again with a byte that comes", () => {
    const { clock, peer, told } = stage({ idleTimeout: T, terminator: "\n" });
    for (let i = 0; i < 3; i++) {
      clock.advance(T - US);
      peer.send("a");
    }
    clock.advance(T - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["timeout timeout", "close timeout"]);
  });

  it("begins again with a byte that goes, and not with one that is only queued", () => {
    const { chat, clock, peer, told } = stage({ idleTimeout: T });
    clock.advance(T - US);
    chat.push("a");
    peer.settle();
    clock.advance(T - US);
    expect(told()).toEqual([]);
    peer.room = 0;
    chat.push("b");
    peer.settle();
    clock.advance(US);
    expect(told()).toEqual(["timeout timeout", "close timeout"]);
  });

  it("is told again after as long again, when the conversation goes on", () => {
    let pings = 0;
    const { chat, clock, peer, told } = stage({
      idleTimeout: T,
      handleTimeout() {
        if (++pings === 1) this.push("ping");
      },
    });
    clock.advance(T);
    expect(peer.takeText()).toBe("ping");
    clock.advance(T - US);
    expect(told()).toEqual(["timeout timeout"]);
    clock.advance(US);
    clock.advance(T);
    expect(told()).toEqual(["timeout timeout", "timeout timeout"]);
    expect(chat.session.isOver).toBe(false);
  });

  it("watches a connection whose peer has ended, and one whose input is paused", () => {
    const ended = stage({ idleTimeout: T, handleEnd() {} });
    ended.peer.end();
    ended.clock.advance(T);
    expect(ended.told()).toEqual(["end", "timeout timeout", "close timeout"]);

    const paused = stage({ idleTimeout: T });
    paused.chat.pause();
    paused.clock.advance(T);
    expect(paused.told()).toEqual(["timeout timeout", "close timeout"]);
  });

  it("cuts the connection while a hook's promise is pending, and tells when it has settled", async () => {
    const hook = held();
    const { chat, clock, peer, told } = stage({
      idleTimeout: T,
      terminator: "\n",
      foundTerminator: () => hook.promise,
    });
    peer.send("a\nb\n");
    clock.advance(T - US);
    expect(peer.sawClose).toBe(false);
    clock.advance(US);
    expect(peer.sawClose).toBe("close");
    expect(() => chat.push("?")).toThrow(ChatError);
    expect(told()).toEqual(["found a"]);
    await hook.release();
    peer.settle();
    expect(told()).toEqual(["close timeout"]);
  });

  it("does not call another hook while its own promise is pending, and is cut in its turn", async () => {
    const hook = held();
    const { clock, peer, told } = stage({ idleTimeout: T, handleTimeout: () => hook.promise });
    clock.advance(T);
    clock.advance(T - US);
    expect(told()).toEqual(["timeout timeout"]);
    expect(peer.sawClose).toBe(false);
    clock.advance(US);
    expect(peer.sawClose).toBe("close");
    await hook.release();
    peer.settle();
    expect(told()).toEqual(["close timeout"]);
  });

  it("leaves a close to closeTimeout", () => {
    const { chat, clock, peer, told } = stage({ idleTimeout: T, closeTimeout: 5 * T });
    clock.advance(T - US);
    chat.closeWhenDone();
    peer.settle();
    clock.advance(5 * T - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout", "close timeout"]);
  });

  it("is not told any more when it is due and the hook before it closes", () => {
    const told: string[] = [];
    const session = new Session({ idleTimeout: T, highWaterMark: 2, lowWaterMark: 1 });
    session.connected();
    session.push("abcd");
    session.tick(0);
    session.sent(session.nextOutput(9)!.length);
    session.tick(1);
    session.tick(T + 1);
    for (let event = session.nextEvent(); typeof event !== "symbol"; event = session.nextEvent()) {
      told.push(event.type);
      if (event.type === "drained") session.closeWhenDone();
    }
    expect(told).toEqual(["connected", "drained"]);
  });

  it("is pulled as an event", () => {
    const session = new Session({ idleTimeout: T });
    session.connected();
    session.tick(0);
    expect(session.deadline).toBe(T);
    session.tick(T);
    expect(session.nextEvent()).toEqual({ type: "connected" });
    expect(session.nextEvent()).toMatchObject({ type: "timedOut", error: { kind: "timeout" } });
    session.close();
    session.disconnected();
    expect(session.nextEvent()).toMatchObject({ type: "closed" });
  });

  it("has no deadline before the connection, and none after the end", () => {
    const session = new Session({ idleTimeout: T, frameTimeout: T });
    session.tick(5);
    expect([session.deadline, session.isTimed]).toEqual([undefined, false]);
    session.connected();
    session.tick(7);
    expect([session.deadline, session.isTimed]).toEqual([T + 7, true]);
    session.close();
    expect([session.deadline, session.isTimed]).toEqual([undefined, false]);
    session.tick(9 * T);
    session.disconnected();
    expect(session.nextEvent()).toMatchObject({ type: "closed", report: { reason: "closed" } });
  });
});

describe("frameTimeout", () => {
  it("is not extended by bytes that drip in", () => {
    const { clock, peer, told, report } = stage({ frameTimeout: T, terminator: "\n" });
    clock.advance(10 * T);
    peer.send("a");
    for (let i = 0; i < 9; i++) {
      clock.advance(T / 10);
      peer.send("a");
    }
    clock.advance(T / 10 - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout"]);
    expect(peer.sawEnd).toBe(true);
    peer.send("a\n");
    peer.end();
    expect(told()).toEqual(["close timeout"]);
    const { reason, error, incomplete } = report()!;
    expect([reason, (error as ChatError).kind, incomplete?.received])
      .toEqual(["timeout", "timeout", 10]);
  });

  it("passes after 30 seconds of one byte a second, which no idle timeout would end", () => {
    for (const terminator of ["\r\n", ["\r\n", "\n"], 1000]) {
      for (const overlong of ["close", "skip"] as const) {
        const { clock, peer, told } = stage({
          terminator,
          overlong,
          frameTimeout: 30_000,
          idleTimeout: 2_000,
          // In skip mode the frame is being dropped by then: it is the same frame all the same.
          maxFrameLength: overlong === "skip" && terminator !== 1000 ? 5 : 2000,
        });
        let seconds = 0;
        while (!told().includes("error timeout") && seconds < 100) {
          peer.send("A");
          clock.advance(1_000);
          seconds++;
        }
        expect(seconds).toBe(30);
        expect(peer.sawEnd).toBe(true);
      }
    }
  });

  it("lets an answer be pushed", () => {
    const { clock, peer } = stage({
      frameTimeout: T,
      terminator: "\n",
      handleError(error) {
        this.push(`too ${error.kind}\n`);
      },
    });
    peer.send("a");
    clock.advance(T);
    expect([peer.takeText(), peer.sawEnd]).toEqual(["too timeout\n", true]);
  });

  it("ends with the frame, and begins with the first byte of the next", () => {
    const { chat, clock, peer, told } = stage({ frameTimeout: T, terminator: "\n" });
    peer.send("a");
    clock.advance(T - US);
    peer.send("\n");
    clock.advance(10 * T);
    expect(chat.session.deadline).toBeUndefined();
    peer.send("b");
    clock.advance(T - US);
    // The end of one frame and the beginning of the next, in one segment.
    peer.send("\nc");
    clock.advance(T - US);
    expect(told()).toEqual(["found a", "found b"]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout"]);
  });

  it.each<[string, AsyncChatOptions["terminator"], string]>([
    ["a count", 3, "ab"],
    ["a held-back beginning of its delimiter", "\r\n", "\r"],
    ["a held-back beginning of one of several", ["\r\n", "\n"], "\r"],
  ])("watches a frame of which there is but %s", (_name, terminator, text) => {
    const { clock, peer, told } = stage({ frameTimeout: T, terminator: terminator! });
    peer.send(text);
    clock.advance(T - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout"]);
  });

  it("does not watch raw input, nor a frame that the peer's FIN has cut", () => {
    const raw = stage({ frameTimeout: T });
    raw.peer.send("a");
    raw.clock.advance(9 * T);
    expect(raw.told()).toEqual([]);

    const cut = stage({ frameTimeout: T, terminator: "\n", handleEnd() {} });
    cut.peer.send("a");
    cut.peer.end();
    cut.clock.advance(9 * T);
    expect(cut.told()).toEqual(["end"]);
  });

  it("counts on while a frame that is too long is skipped, and begins anew behind it", () => {
    const { clock, peer, told } = stage({
      frameTimeout: T,
      terminator: "\n",
      maxFrameLength: 2,
      overlong: "skip",
    });
    peer.send("a");
    clock.advance(T / 2);
    peer.send("bcd");
    clock.advance(T / 2 - US);
    peer.send("e\nf");
    clock.advance(T - US);
    expect(told()).toEqual(["error limit"]);
    peer.send("gh");
    clock.advance(US);
    expect(told()).toEqual(["error limit", "error timeout"]);
  });

  it("does not count the time of pause(), nor of a hook that is not done", async () => {
    const hook = held();
    const { chat, clock, peer, told } = stage({
      frameTimeout: T,
      terminator: "\n",
      foundTerminator: () => hook.promise,
    });
    peer.send("a");
    clock.advance(T - US);
    chat.pause();
    clock.advance(9 * T);
    chat.resume();
    peer.settle();
    clock.advance(0);
    expect(chat.session.deadline).toBe(clock.now + US);
    peer.send("\nb");
    clock.advance(9 * T);
    expect(told()).toEqual(["found a"]);
    await hook.release();
    peer.settle();
    clock.advance(T - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout"]);
  });

  it("is off while we close", () => {
    const { chat, clock, peer, told } = stage({ frameTimeout: T, terminator: "\n" });
    peer.send("a");
    chat.pushWithProducer({ more: () => new Promise<null>(() => {}) });
    chat.closeWhenDone();
    peer.settle();
    clock.advance(9 * T);
    expect(told()).toEqual([]);
  });
});

describe("closeTimeout", () => {
  it("is told at its time, and begins again with progress", () => {
    const { chat, clock, peer, told } = stage({ closeTimeout: T });
    peer.room = 0;
    chat.push("ab");
    chat.closeWhenDone();
    peer.settle();
    clock.advance(T - US);
    peer.room = 1;
    peer.settle();
    clock.advance(T - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout", "close timeout"]);
  });

  it("does not begin again with bytes that come, which nobody reads any more", () => {
    const { chat, clock, peer, told } = stage({ closeTimeout: T });
    chat.closeWhenDone();
    peer.settle();
    for (let i = 0; i < 9; i++) {
      clock.advance(T / 10);
      peer.send("a");
    }
    clock.advance(T / 10 - US);
    expect(told()).toEqual([]);
    clock.advance(US);
    expect(told()).toEqual(["error timeout", "close timeout"]);
  });

  it("of Infinity waits for ever, and never looks at the clock", () => {
    const { chat, clock, peer, told } = stage({ closeTimeout: Infinity });
    chat.closeWhenDone();
    peer.settle();
    expect(chat.session.isTimed).toBe(false);
    clock.advance(1e12);
    expect(told()).toEqual([]);
  });
});
