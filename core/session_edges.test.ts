// What is easy to leave out of a session without anybody noticing for a while.
import { describe, expect, it } from "vitest";
import type { CloseReport } from "./close_report.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Session } from "./session.ts";

function connected(limits = {}): Session {
  const session = new Session(limits);
  session.connected();
  session.tick(0);
  return session;
}

/** How it ended; everything before that is told to nobody. */
function reportOf(session: Session): CloseReport | undefined {
  session.disconnected();
  for (let event = session.nextEvent(); typeof event !== "symbol"; event = session.nextEvent()) {
    if (event.type === "closed") return event.report;
  }
  return undefined;
}

describe("the defaults", () => {
  it("are those of the guide", () => {
    expect(DEFAULT_LIMITS).toMatchObject({
      maxFrameLength: 1024 ** 2,
      highWaterMark: 64 * 1024,
      lowWaterMark: 32 * 1024,
      maxQueued: 16 * 1024 ** 2,
      closeTimeout: 30_000,
      idleTimeout: Infinity,
      frameTimeout: Infinity,
    });
  });
});

describe("a write", () => {
  it("of nothing is none", () => {
    const session = connected({ idleTimeout: 10 });
    session.push("a");
    session.nextOutput(1);
    session.tick(5);
    session.sent(0);
    session.tick(5);
    expect([session.stats.writes, session.deadline]).toEqual([0, 10]);
  });
});

describe("our FIN", () => {
  it("does not go while the connection is handed over", () => {
    const session = connected();
    session.beginHandover(false);
    session.end();
    expect(session.wantsEnd).toBe(false);
    session.handoverDone();
    expect(session.wantsEnd).toBe(true);
  });

  it("is progress of a close, also when the system takes its time", () => {
    const session = connected({ closeTimeout: 10 });
    session.closeWhenDone();
    session.tick(0);
    expect(session.deadline).toBe(10);
    session.tick(5);
    session.endSent();
    session.tick(5);
    expect(session.deadline).toBe(15);
  });
});

describe("an end during a handover", () => {
  it("counts what waits behind it as unsent, and cancels its producers", () => {
    const session = connected();
    let cancelled = 0;
    session.push("ab");
    session.beginHandover(false);
    session.push("cde");
    session.pushWithProducer({ more: () => "f", cancel: () => void cancelled++ });
    session.close();
    expect(cancelled).toBe(1);
    expect(reportOf(session)?.bytesUnsent).toBe(5);
  });
});

describe("discardBuffers() during a handover", () => {
  it("drops what waits behind it as well", () => {
    const session = connected();
    session.beginHandover(false);
    session.push("cde");
    session.discardBuffers();
    expect(session.stats.bytesQueued).toBe(0);
    session.handoverDone();
    expect(session.nextOutput(10)).toBe(undefined);
  });
});
