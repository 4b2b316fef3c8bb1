// Who tests the suite? Subjects and cases that are broken on purpose must be seen to fail, each with
// a message that says what is wrong.
import { connect as connectSocket, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as node from "../adapters/node.ts";
import type { Adapter } from "../adapters/options.ts";
import { AsyncChat } from "../core/async_chat.ts";
import { type Case, type Context, Failure, type Subject } from "./case.ts";
import { cases } from "./cases/index.ts";
import { type RunningWitness, startWitness } from "./node/witness/control.ts";
import type { KnownGap } from "./known_gaps.ts";
import type { Result } from "./result.ts";
import { type RunOptions, runSuite } from "./run.ts";
import { select } from "./select.ts";

let witness: RunningWitness;
beforeAll(async () => {
  witness = await startWitness();
});
afterAll(() => witness.close());

function subjectOf(adapter: Partial<Adapter> = {}): Subject {
  return { name: "Self", runtime: "self", version: "1", adapter: { ...node, ...adapter } };
}

function caseOf(run: Case["run"], more: Partial<Case> = {}): Case {
  return { id: "TRY-1.1", title: "it holds", why: "", level: "MUST", role: "client", run, ...more };
}

/** What comes of one case. */
async function verdictOf(
  tried: Case,
  adapter?: Partial<Adapter>,
  options: RunOptions = {},
): Promise<Result> {
  const results = await runSuite(subjectOf(adapter), {
    control: witness.control,
    knownGaps: [],
    ...options,
    cases: [tried],
  });
  expect(results.map(({ verdict }) => verdict)[0]).toBe("unknown");
  return results[1]!;
}

const passing = caseOf(async (t) => {
  const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
  const probe = await t.open(peer);
  probe.chat.push("?");
  await probe.told("data");
});
const failing = caseOf((t) => t.equal(1 + 1, 3, "one and one"));
const gap: KnownGap = { id: "TRY-1.1", runtime: "self", issue: "issues/1", note: "it miscounts" };

describe("a case", () => {
  it("passes when it does what its title says", async () => {
    expect(await verdictOf(passing)).toMatchObject({ id: "TRY-1.1", verdict: "pass" });
  });

  it("fails when it does not, and says what was expected and what was observed", async () => {
    expect(await verdictOf(failing)).toMatchObject({
      verdict: "fail",
      detail: "one and one: expected 3, got 2",
      expected: "3",
      observed: "2",
      trace: [],
    });
  });

  it("fails when anything else is thrown", async () => {
    const thrown = await verdictOf(caseOf(() => Promise.reject(new TypeError("no function"))));
    expect(thrown).toMatchObject({
      verdict: "fail",
      detail: expect.stringContaining("no function"),
    });
  });

  it.each([["SHOULD", "non-strict"], ["INFO", "info"]] as const)(
    "that is a %s does not fail, but is %s",
    async (level, verdict) => {
      expect(await verdictOf({ ...failing, level })).toMatchObject({ verdict });
    },
  );

  it("that hangs fails, and so does one that waits for what never comes, in its own words", async () => {
    const never = caseOf(() => new Promise(() => {}), { budget: 100 });
    expect(await verdictOf(never)).toMatchObject({
      verdict: "fail",
      detail: "took longer than 100 ms",
    });
    const busy = caseOf(() => {
      for (const end = performance.now() + 150; performance.now() < end;);
    }, { budget: 100 });
    expect(await verdictOf(busy)).toMatchObject({
      verdict: "fail",
      detail: "took longer than 100 ms",
    });
    const waiting = caseOf(async (t) => {
      const peer = await t.peer([]);
      const probe = await t.open(peer);
      await probe.told("found");
    }, { budget: 1_500 });
    expect(await verdictOf(waiting)).toMatchObject({
      verdict: "fail",
      detail: "not told in time: #0: found",
      observed: "connect; 0 bytes received",
    });
    const watching = caseOf(async (t) => {
      const peer = await t.peer([]);
      await t.open(peer);
      await peer.until(({ connections }) => connections[0]!.fin, "a FIN");
    }, { budget: 1_500 });
    expect(await verdictOf(watching)).toMatchObject({
      verdict: "fail",
      detail: "not seen in time: a FIN",
      observed: "1 connections; #0 received 0, sent 0, no FIN, open",
    });
  });

  it("that goes on has more time than one that hangs", async () => {
    const slow = caseOf(async (t) => {
      const peer = await t.peer([{ do: "echo" }, { do: "fin" }]);
      const probe = await t.open(peer);
      for (let i = 1; i <= 5; i++) {
        probe.chat.push("?");
        await probe.told("data", i);
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
    }, { budget: 1_500 });
    expect(await verdictOf(slow)).toMatchObject({ verdict: "pass" });
  });

  it("shows what happened on both sides when it failed", async () => {
    const { trace } = await verdictOf(caseOf(async (t) => {
      const peer = await t.peer([{ do: "recv", bytes: 1 }, { do: "text", text: "!" }]);
      const probe = await t.open(peer);
      probe.chat.push("?");
      await probe.told("data");
      throw new Failure("as it should");
    }));
    const lines = trace!.map(({ side, what }) => `${side}: ${what}`);
    expect(lines).toEqual(expect.arrayContaining([
      "subject: #0 connect",
      'subject: #0.push("?")',
      "witness: #0 connected",
      "witness: #0 recv 1",
      "subject: #0 data (1 bytes)",
    ]));
  });

  it("is not run, with the reason, where the subject cannot do what it needs", async () => {
    const capabilities = { ...node.capabilities, unix: false };
    const needing = caseOf(() => {}, { needs: ["unix"] });
    expect(await verdictOf(needing, { capabilities })).toMatchObject({
      verdict: "unsupported",
      detail: "capabilities.unix is false",
    });
    const contrary = caseOf(() => {}, { lacks: "unix" });
    expect(await verdictOf(contrary)).toMatchObject({ verdict: "does not apply" });
    expect(await verdictOf(contrary, { capabilities })).toMatchObject({ verdict: "pass" });
    const server = caseOf(() => {}, { role: "server" });
    const deaf = { ...node.capabilities, listen: false };
    expect(await verdictOf(server, { capabilities: deaf })).toMatchObject({
      verdict: "unsupported",
      detail: "it can neither listen nor be given connections",
    });
  });
});

describe("what holds in every case", () => {
  it.each(["MUST", "INFO"] as const)("a hook that is called twice fails a %s", async (level) => {
    const result = await verdictOf({ ...passing, level }, {
      async connect(options, chat) {
        await node.connect(options, chat);
        void chat.handleConnect();
        return chat;
      },
    });
    expect(result).toMatchObject({
      verdict: "fail",
      detail: "#0: connect was not called first, once: connect connect",
    });
  });

  it("a hook that is called from inside a command fails it", async () => {
    const result = await verdictOf(passing, {
      connect(options, chat) {
        // Synchronous delivery: what an eager adapter does.
        const { push } = chat;
        chat.push = (piece) => {
          const answer = push.call(chat, piece);
          chat.dispatch();
          return answer;
        };
        chat.session.connected();
        chat.push("early");
        return node.connect(options, chat);
      },
    });
    expect(result.verdict).toBe("fail");
  });

  it("bytes that are not those that were sent fail it", async () => {
    const reading = caseOf(async (t) => {
      const peer = await t.peer([{ do: "send", bytes: 100_000 }, { do: "fin" }]);
      const probe = await t.open(peer, {}, { checked: true });
      await probe.closed;
      t.equal(probe.received, 100_000, "bytes received");
    });
    expect(await verdictOf(reading)).toMatchObject({ verdict: "pass" });
    const result = await verdictOf(reading, {
      connect(options, chat) {
        const { receive } = chat.session;
        let at = 0;
        chat.session.receive = (chunk) => {
          const spoilt = chunk.slice();
          if (at <= 70_000 && 70_000 < at + chunk.length) spoilt[70_000 - at]! ^= 1;
          at += chunk.length;
          receive.call(chat.session, spoilt);
        };
        return node.connect(options, chat);
      },
    });
    expect(result).toMatchObject({
      verdict: "fail",
      detail: expect.stringMatching(/the stream that came is not .* byte 70000: .* \(changed\)/),
    });
  });

  it("a socket that is left open is a leak", async () => {
    const left: Socket[] = [];
    const result = await verdictOf(passing, {
      connect(options, chat) {
        left.push(
          connectSocket({ host: options.hostname!, port: options.port!, allowHalfOpen: true }),
        );
        return node.connect(options, chat);
      },
    });
    expect(result).toMatchObject({
      verdict: "fail",
      detail: expect.stringMatching(/^leak: the socket 127\.0\.0\.1:\d+ is still open/),
    });
    for (const socket of left) socket.destroy();
  });

  it("a conversation that is never told its close is a leak", async () => {
    const stranded = caseOf(async (t) => void await t.open(await t.peer([])));
    const result = await verdictOf(stranded, {
      connect(_options, chat) {
        chat.attach({
          peer: "nowhere",
          local: undefined,
          canReset: false,
          wake() {},
          report() {},
        });
        return Promise.resolve(chat);
      },
    });
    expect(result).toMatchObject({
      verdict: "fail",
      detail: expect.stringContaining("leak: #0 has been closed and was not told its close"),
    });
  });

  it("an error that is reported and not expected fails it", async () => {
    const throwing = (take: boolean) =>
      caseOf(async (t) => {
        const probe = await t.open(await t.peer([{ do: "text", text: "!" }]), {
          foundTerminator() {},
          collectIncomingData() {
            throw new Error("in the hook");
          },
        });
        await probe.closed;
        if (take) t.equal(t.takeReported().length, 1, "errors reported");
      });
    expect(await verdictOf(throwing(true))).toMatchObject({ verdict: "pass" });
    expect(await verdictOf(throwing(false))).toMatchObject({
      verdict: "fail",
      detail: "an error nobody expected: Error: in the hook",
    });
  });

  it("an error that nobody caught fails it, whatever its level", async () => {
    let report: (error: unknown) => void = () => {};
    const uncaught = (given: typeof report) => report = given;
    const stray = caseOf(() => report(new Error("astray")), { level: "INFO" });
    expect(await verdictOf(stray, {}, { uncaught })).toMatchObject({
      verdict: "fail",
      detail: "an error that nobody caught: Error: astray",
    });
  });
});

describe("a known gap", () => {
  it("is known when it fails", async () => {
    expect(await verdictOf(failing, {}, { knownGaps: [gap] })).toMatchObject({
      verdict: "known",
      detail: "it miscounts (issues/1): one and one: expected 3, got 2",
    });
  });

  it("fails the run when it passes unexpectedly", async () => {
    expect(await verdictOf(passing, {}, { knownGaps: [gap] })).toMatchObject({
      verdict: "fail",
      detail: expect.stringContaining("passes, though it is known to fail: it miscounts"),
    });
    const sometimes = { ...gap, sometimes: true } as const;
    expect(await verdictOf(passing, {}, { knownGaps: [sometimes] })).toMatchObject({
      verdict: "pass",
    });
  });

  it("is of one runtime", async () => {
    const elsewhere = { ...gap, runtime: "other" };
    expect(await verdictOf(failing, {}, { knownGaps: [elsewhere] })).toMatchObject({
      verdict: "fail",
    });
  });
});

describe("a run", () => {
  it("begins with a case that does not exist and ends with the first one again", async () => {
    const results = await runSuite(subjectOf(), {
      control: witness.control,
      cases: [passing, { ...failing, id: "TRY-2.1" }],
    });
    expect(results.map(({ verdict, again }) => [verdict, again])).toEqual([
      ["unknown", undefined],
      ["pass", undefined],
      ["fail", undefined],
      ["pass", true],
    ]);
    const [first, second] = await Promise.all([
      runSuite(subjectOf(), { cases: [{ ...failing, role: "core" }] }),
      runSuite(subjectOf(), { cases: [{ ...failing, role: "core" }], seed: 2 }),
    ]);
    expect(first[0]!.id).not.toBe(second[0]!.id);
  });

  it("says error, not pass, when its witness dies", async () => {
    const mortal = await startWitness();
    const dying = caseOf(async (t) => {
      const peer = await t.peer([{ do: "echo" }]);
      await mortal.close();
      await peer.report();
    });
    const results = await runSuite(subjectOf(), { control: mortal.control, cases: [dying] });
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({
        verdict: "error",
        detail: expect.stringContaining("the witness does not answer"),
      });
    }
  });

  it("says error, too, when it dies in a case that expects a failure", async () => {
    const mortal = await startWitness();
    const dying = caseOf(async (t) => {
      await mortal.close();
      await t.rejects(() => t.peer([]), "refused", "a peer");
    });
    const [, result] = await runSuite(subjectOf(), { control: mortal.control, cases: [dying] });
    expect(result!.verdict).not.toBe("pass");
  });

  it("refuses to run nothing, two cases of one id, and an id that is none", async () => {
    const run = (...cases: Case[]) => runSuite(subjectOf(), { cases });
    await expect(run()).rejects.toThrow("no case");
    await expect(run(passing, passing)).rejects.toThrow("two cases have the id TRY-1.1");
    await expect(run({ ...passing, id: "try" })).rejects.toThrow("no id");
  });

  it("has the same data for the same seed, also when a case is run alone", async () => {
    const drawn: number[] = [];
    const drawing = caseOf((t) => void drawn.push(t.random(), t.integer(0, 1e9)), { role: "core" });
    const other = { ...drawing, id: "TRY-1.2", run() {} };
    const run = (seed: number, ...cases: Case[]) => runSuite(subjectOf(), { seed, cases });
    await run(5, drawing);
    await run(5, other, drawing);
    await run(6, drawing);
    // Each run draws twice, as the first case is run again.
    const [a, b, , , c, d, e] = drawn;
    expect([c, d]).toEqual([a, b]);
    expect(drawn.slice(-2)).not.toEqual([a, b]);
    expect(e).toBeDefined();
  });
});

describe("select", () => {
  const ids = (only: string) => select(cases, only).map(({ id }) => id);

  it("takes ids, clauses, groups and globs", () => {
    expect(ids("EOF-3.1")).toEqual(["EOF-3.1"]);
    expect(ids("EOF-3").length).toBeGreaterThan(1);
    expect(ids("EOF-3").every((id) => id.startsWith("EOF-3."))).toBe(true);
    expect(ids("EOF")).toEqual(ids("EOF-*"));
    expect(ids("*-1.1")).toContain("CON-1.1");
    expect(ids("CON-1.1, EOF-3.1")).toEqual(["CON-1.1", "EOF-3.1"]);
  });

  it("refuses what names nothing, also beside something that does", () => {
    expect(() => ids("EOF-3.1,EFO")).toThrow('no case is named by "EFO"');
    expect(() => ids("EOF-3.1x")).toThrow("no case");
  });
});

it("a conversation of the suite's own is still an AsyncChat", async () => {
  const told = caseOf((t: Context) => {
    t.need(t.probe().chat instanceof AsyncChat, "no AsyncChat");
  });
  expect(await verdictOf(told)).toMatchObject({ verdict: "pass" });
});
