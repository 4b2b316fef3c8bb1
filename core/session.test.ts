/** The state machine, pulled: what it answers in states that the faces seldom bring about. */

import { describe, expect, it } from "vitest";
import { ChatError } from "./errors.ts";
import { Session } from "./session.ts";
import { NEED_DATA, PAUSED } from "./session_event.ts";
import { decode, encode } from "./text.ts";

function opened(): Session {
  const session = new Session();
  session.connected();
  expect(session.nextEvent()).toEqual({ type: "connected" });
  return session;
}

/** Everything there is to pull, in short. */
function pulled(session: Session): string[] {
  const told: string[] = [];
  for (let event = session.nextEvent(); typeof event !== "symbol"; event = session.nextEvent()) {
    told.push(event.type === "data" ? decode(event.data) : event.type);
  }
  return told;
}

describe("nextEvent()", () => {
  it("says why there is none: nothing has come, it is paused, or a hook is not done", () => {
    const session = opened();
    session.setTerminator("\n");
    expect(session.nextEvent()).toBe(NEED_DATA);
    session.pause();
    expect(session.nextEvent()).toBe(NEED_DATA);
    session.receive(encode("a\n"));
    expect(session.nextEvent()).toBe(PAUSED);
    session.resume();
    session.hold();
    session.hold();
    expect(session.nextEvent()).toBe(PAUSED);
    session.release();
    expect(session.nextEvent()).toBe(PAUSED);
    session.release();
    expect(pulled(session)).toEqual(["a", "found"]);
    expect(session.nextEvent()).toBe(NEED_DATA);
  });

  it("tells what a producer threw, a failure, and the end, each once", () => {
    const session = opened();
    session.pushWithProducer({
      more() {
        throw new Error("thrown");
      },
    });
    expect(session.nextOutput(10)).toBeUndefined();
    expect(session.nextEvent()).toEqual({ type: "thrown", error: new Error("thrown") });
    session.fail(new ChatError("tls", "broken"));
    session.fail(new ChatError("unknown", "too late"));
    expect(session.nextEvent()).toMatchObject({ type: "failed", error: { kind: "tls" } });
    expect(session.nextEvent()).toBe(NEED_DATA);
    session.disconnected();
    expect(pulled(session)).toEqual(["closed"]);
    expect(session.nextEvent()).toBe(NEED_DATA);
  });

  it("tells that the queue has drained, and the peer's end", () => {
    const session = opened();
    expect(session.push(new Uint8Array(64 * 1024))).toBe(false);
    while (session.wantsWrite) session.sent(session.nextOutput(16 * 1024)!.length);
    session.receiveEnd();
    session.receiveEnd();
    expect(pulled(session)).toEqual(["drained", "ended"]);
    expect([session.wantsRead, session.hasOutput]).toEqual([false, false]);
  });
});

describe("canPush", () => {
  it("says what push() does, also before the end has been told", () => {
    for (const how of ["end", "closeWhenDone", "close", "abort"] as const) {
      const session = opened();
      expect(session.canPush).toBe(true);
      session[how](new Error("enough"));
      expect(session.canPush).toBe(false);
      expect(() => session.push("too late")).toThrow(ChatError);
    }
    const session = opened();
    session.fail(new ChatError("reset", "gone"));
    // What is pushed before one can know is counted.
    expect([session.canPush, session.push("unsent")]).toEqual([true, false]);
  });
});

describe("drained", () => {
  it("is not told to who may push no more", () => {
    for (const how of ["end", "closeWhenDone"] as const) {
      const session = opened();
      session.push(new Uint8Array(64 * 1024));
      session[how]();
      while (session.wantsWrite) session.sent(session.nextOutput(16 * 1024)!.length);
      expect([pulled(session), session.wantsEnd]).toEqual([[], true]);
    }
  });
});

describe("inputs", () => {
  it("that make no sense any more, or yet, do nothing", () => {
    const session = new Session();
    session.tick(1);
    session.sent(1);
    session.endSent();
    expect([session.nextEvent(), session.deadline]).toEqual([NEED_DATA, undefined]);
    session.connected();
    session.connected();
    session.receive(new Uint8Array(0));
    expect(pulled(session)).toEqual(["connected"]);
    session.close();
    session.connected();
    session.receive(encode("late"));
    session.receiveEnd();
    session.fail(new ChatError("reset", "late"));
    session.end();
    session.refuse(new ChatError("protocol", "late"));
    session.disconnected();
    session.disconnected();
    expect(pulled(session)).toEqual(["closed"]);
    expect(session.stats).toMatchObject({ bytesReceived: 0, chunksReceived: 0 });
  });

  it("in the middle of a dispatch are refused, or wait; a nested dispatch does nothing", () => {
    const session = opened();
    session.setTerminator("\n");
    const told: string[] = [];
    const note = (what: string) => {
      told.push(what);
      return true;
    };
    const handler = {
      connected: () => note("connected"),
      data: (source: Uint8Array, start: number, end: number) =>
        note(decode(source.subarray(start, end))),
      found: () => {
        session.dispatch(handler);
        expect(() => session.receive(encode("nested"))).toThrow(/from inside a callback/);
        return note("found");
      },
      drained: () => note("drained"),
      timedOut: () => note("timedOut"),
      ended: () => note("ended"),
      thrown: () => note("thrown"),
      failed: () => note("failed"),
      closed: () => note("closed"),
    };
    session.receive(encode("a\nb\n"));
    session.dispatch(handler);
    expect(told).toEqual(["a", "found", "b", "found"]);
  });

  it("disconnected() without a word is a failure that says so", () => {
    const session = opened();
    session.disconnected();
    expect(session.nextEvent()).toMatchObject({ type: "failed", error: { kind: "unknown" } });
    expect(session.nextEvent()).toMatchObject({ type: "closed", report: { reason: "failed" } });
  });
});

describe("getTerminator()", () => {
  it("tells the one that will rule, also before it does; a count as what is due", () => {
    const session = opened();
    expect(session.getTerminator()).toBeNull();
    session.setTerminator(5);
    session.receive(encode("ab"));
    expect(pulled(session)).toEqual(["ab"]);
    expect(session.getTerminator()).toBe(3);
    session.receive(encode("c"));
    const told: unknown[] = [];
    session.dispatch({
      connected: () => true,
      data() {
        session.setTerminator("\r\n");
        told.push(session.getTerminator());
        session.setTerminator(7);
        told.push(session.getTerminator());
        return true;
      },
      found: () => true,
      drained: () => true,
      timedOut: () => true,
      ended: () => true,
      thrown: () => true,
      failed: () => true,
      closed: () => {},
    });
    expect(told).toEqual(["\r\n", 7]);
  });

  it("is 0 behind a count that was reached, when nothing else was set", () => {
    const session = opened();
    session.setTerminator(2);
    session.receive(encode("abc"));
    expect(pulled(session)).toEqual(["ab", "found", "c"]);
    expect(session.getTerminator()).toBe(0);
  });

  it("that is no delimiter ends the dropping of a frame that is too long", () => {
    for (
      const [terminator, expected] of [[null, ["abc\n"]], [3, ["abc", "found", "\n"]]] as const
    ) {
      const session = new Session({ maxFrameLength: 4, overlong: "skip" });
      session.connected();
      session.setTerminator("\n");
      session.receive(encode("123456"));
      expect(pulled(session)).toEqual(["connected", "1234", "failed"]);
      session.receive(encode("dropped"));
      expect(pulled(session)).toEqual([]);
      session.setTerminator(terminator);
      session.receive(encode("abc\n"));
      expect(pulled(session)).toEqual(expected);
    }
  });

  it("that is another delimiter ends the dropping of a frame that is too long behind itself", () => {
    const session = new Session({ maxFrameLength: 4, overlong: "skip" });
    session.connected();
    session.setTerminator("\r\n");
    session.receive(encode("123456"));
    expect(pulled(session)).toEqual(["connected", "1234", "failed"]);
    session.setTerminator(["\n", ";"]);
    session.receive(encode("dropped;abc\n"));
    expect(pulled(session)).toEqual(["abc", "found"]);
  });
});
