/**
 * NET: networks that break, seed by seed.
 *
 * Between the two stands a proxy that cuts the bytes into random segments, pauses, and in the end
 * perhaps ends one side too early, resets, or stalls, behind a byte that the case knows.
 *
 * @module
 */

import { ChatError, IncompleteFrameError } from "../../core/errors.ts";
import type { AsyncChat } from "../../core/async_chat.ts";
import type { Chat } from "../../core/chat.ts";
import type { CloseReport } from "../../core/close_report.ts";
import type { Case, Context, Peer, Probe, Step } from "../case.ts";
import { type Break, type NetworkPlan, planOf } from "../network.ts";
import { chatAdapter, withServer } from "./chat_meeting.ts";
import { type Common, type Hooks, textOf } from "./meeting.ts";

/** Connections at the same time. */
const BATCH = 100;
/** How long a stall may last, in milliseconds. Where nothing stalls there is no such limit. */
const PATIENCE = { idleTimeout: 150, closeTimeout: 150 };
/** What the subject says so that it is known to have accepted, in bytes. */
const HELLO = 8;

type Role = "client" | "server";

/** What the two say, and which way of it breaks, as the subject sees it. */
interface Talk {
  readonly name: string;
  readonly breaks: "out" | "in";
  /** The subject sends so many bytes first. */
  readonly says: (size: number) => number;
  /** The subject is sent so many. */
  readonly hears: (size: number) => number;
  /** How the subject ends its side once it has said all. */
  readonly ends: "end" | "closeWhenDone" | undefined;
  readonly program: (size: number) => readonly Step[];
}

const ECHO: Omit<Talk, "name" | "breaks"> = {
  says: (size) => size,
  hears: (size) => size,
  ends: "end",
  program: () => [{ do: "echo" }, { do: "fin" }],
};

const TALKS: readonly Talk[] = [
  { name: "echo, on the way out", breaks: "out", ...ECHO },
  { name: "echo, on the way back", breaks: "in", ...ECHO },
  {
    name: "download",
    breaks: "in",
    says: () => HELLO,
    hears: (size) => size,
    ends: undefined,
    program: (size) => [
      { do: "recv", bytes: HELLO },
      { do: "send", bytes: size },
      { do: "fin" },
      { do: "recv-end" },
    ],
  },
  {
    name: "upload",
    breaks: "out",
    says: (size) => size,
    hears: () => 0,
    ends: "closeWhenDone",
    program: () => [{ do: "recv-end" }, { do: "fin" }],
  },
];

/** What came of one connection. */
interface Outcome {
  readonly report: CloseReport;
  readonly received: number;
}

/** What came of one talk over several networks of one kind. */
interface Told {
  readonly talk: Talk;
  readonly size: number;
  readonly plans: readonly NetworkPlan[];
  readonly outcomes: readonly Outcome[];
  readonly peer: Peer;
}

/** The cases of the clauses NET. */
export const net: readonly Case[] = [
  ...both(
    ["NET-1.1", "NET-1.2"],
    {
      title:
        "however the network cuts and pauses, all arrives in both directions, and the end after it",
      why: "Every network between two machines does this, and no test on one machine does.",
      level: "MUST",
    },
    "nothing",
    async (t, { talk, size, outcomes, peer }) => {
      for (const { report, received } of outcomes) {
        needOrderly(t, talk, report);
        t.equal(received, talk.hears(size), `${talk.name}: bytes told`);
      }
      await needHeard(t, peer, talk, outcomes.map(() => talk.says(size)));
    },
  ),
  ...both(
    ["NET-2.1", "NET-2.2"],
    {
      title:
        "of a stream that the network ends too early exactly what came before is told, then an end",
      why: "A middlebox that gives up ends the stream like a peer that is done.",
      level: "MUST",
    },
    "fin",
    async (t, { talk, size, plans, outcomes, peer }) => {
      for (const { report } of outcomes) needOrderly(t, talk, report);
      const cuts = plans.map(({ at }) => at);
      const arrived = talk.breaks === "in" || talk.hears(size) > 0 ? cuts : cuts.map(() => 0);
      const told = outcomes.map(({ received }) => received);
      t.equal(sorted(told), sorted(arrived), `${talk.name}: bytes told`);
      const heard = talk.breaks === "out" ? cuts : cuts.map(() => talk.says(size));
      await needHeard(t, peer, talk, heard);
    },
  ),
  ...both(
    ["NET-3.1", "NET-3.2"],
    {
      title: "a connection that the network resets is told as reset, and what came is a beginning",
      why: "A transfer that was cut must not look like one that is complete.",
      level: "MUST",
    },
    "reset",
    (t: Context, { talk, plans, outcomes }) => {
      for (const { report: { reason, error } } of outcomes) {
        t.equal(reason, "reset", `${talk.name}: how it ended`);
        t.need(error instanceof ChatError && error.kind === "reset", `${talk.name}: ${error}`);
      }
      needNoMore(t, talk, plans, outcomes);
    },
  ),
  ...both(
    ["NET-4.1", "NET-4.2"],
    {
      title: "a connection on which nothing moves any more ends by its timeout, and is given back",
      why: "A cable that was pulled sends neither a FIN nor a reset.",
      level: "MUST",
    },
    "stall",
    (t, { talk, plans, outcomes }) => {
      for (const { report: { reason } } of outcomes) {
        t.equal(reason, "timeout", `${talk.name}: how it ended`);
      }
      needNoMore(t, talk, plans, outcomes);
    },
  ),
  {
    id: "NET-5.1",
    title: "over networks that break, frames that are read are the first that were sent",
    why: "Half a command must not be carried out, and none twice, whatever the network does.",
    level: "MUST",
    role: "client",
    budget: 15_000,
    async run(t: Context) {
      await inBatches(t, async (count) => {
        const chosen = Array.from({ length: count }, () => framePlan(t));
        const peer = await t.peer(ECHO.program(0), { networks: chosen });
        return Promise.all(chosen.map(async (plan, i) => {
          const chat = await chatAdapter(t).connect({
            ...peer.targets[i],
            ...limitsFor(plan.what),
            onerror: t.onerror,
          });
          return needFrames(t, plan, await converse(chat, plan.what));
        }));
      });
    },
  },
  {
    id: "NET-5.2",
    title: "over networks that break, frames that a server reads are the first that were sent",
    why: "Half a command must not be carried out, and none twice, whatever the network does.",
    level: "MUST",
    role: "server",
    budget: 15_000,
    async run(t: Context) {
      const kinds: readonly Break[] = ["nothing", "fin", "reset", "stall"];
      await inBatches(t, (count) =>
        Promise.all(kinds.map(async (what, i) => {
          const share = Math.floor((count + i) / kinds.length);
          const plans = Array.from({ length: share }, () => framePlan(t, what));
          const told: Frames[] = [];
          const handler = async (chat: Chat) => void told.push(await converse(chat, what));
          await withServer(t, handler, async (target) => {
            await t.dial(target, ECHO.program(0), share, plans.map(turned));
            await t.eventually(() => told.length === share, `${what}: all have ended`);
          }, limitsFor(what));
          // Who is who cannot be told: each must be right for one of them.
          const cuts = new Set(plans.map((plan) => wholeFrames(plan)));
          return told.map((frames) => {
            const at = what === "fin" ? undefined : plans[0]!;
            if (at === undefined) t.need(cuts.has(frames.heard.length), "frames at an early end");
            return needFrames(t, at ?? { what, way: "there", at: Infinity }, frames);
          });
        })).then((all) => all.flat()));
    },
  },
];

// --- bytes: the callback face ----------------------------------------------------------------------

/** One clause, for both roles: the subject calls through the networks, and is called through them. */
function both(
  [client, server]: readonly [client: string, server: string],
  common: Common,
  what: Break,
  check: (t: Context, told: Told) => Promise<void> | void,
): readonly Case[] {
  const run = (role: Role) => (t: Context) =>
    inBatches(t, async (count) => {
      const told = await Promise.all(
        TALKS.map((talk, i) => meet(t, role, talk, what, Math.floor((count + i) / TALKS.length))),
      );
      for (const each of told) await check(t, each);
      return told.flatMap(({ outcomes }) => outcomes.map(({ report }) => report.reason));
    });
  return [
    { ...common, budget: 15_000, id: client, role: "client", run: run("client") },
    { ...common, budget: 15_000, id: server, role: "server", run: run("server") },
  ];
}

/** Goes through all networks, some at a time, and notes how often what came of it. */
async function inBatches(
  t: Context,
  run: (count: number) => Promise<readonly string[]>,
): Promise<void> {
  const counts: Record<string, number> = {};
  for (let done = 0; done < t.networks;) {
    const count = Math.min(BATCH, t.networks - done);
    for (const outcome of await run(count)) counts[outcome] = (counts[outcome] ?? 0) + 1;
    done += count;
    t.progress(done);
  }
  t.info("outcomes", counts);
}

async function meet(
  t: Context,
  role: Role,
  talk: Talk,
  what: Break,
  count: number,
): Promise<Told> {
  const drip = t.random() < 0.2;
  const size = drip ? t.integer(HELLO, 60) : t.integer(1_000, 8_000);
  // The caller's "there" is the subject's "out" only when it is the subject that calls.
  const way = (talk.breaks === "out") === (role === "client") ? "there" : "back";
  const plans = Array.from(
    { length: count },
    () => planOf(() => t.random(), { what, way, size, drip }),
  );
  const hooks = speaking(t, talk, size, what);
  const program = talk.program(size);
  const told = role === "client"
    ? await calling(t, program, hooks, plans)
    : await called(t, program, hooks, plans);
  const outcomes = await Promise.all(
    told.probes.map(async (probe) => ({ report: await probe.closed, received: probe.received })),
  );
  return { talk, size, plans, outcomes, peer: told.peer };
}

async function calling(
  t: Context,
  program: readonly Step[],
  hooks: Hooks,
  networks: readonly NetworkPlan[],
): Promise<{ peer: Peer; probes: readonly Probe[] }> {
  const peer = await t.peer(program, { networks });
  const probes = await Promise.all(
    peer.targets.map((target) => t.open(peer, hooks, { ...target, checked: true })),
  );
  return { peer, probes };
}

async function called(
  t: Context,
  program: readonly Step[],
  hooks: Hooks,
  networks: readonly NetworkPlan[],
): Promise<{ peer: Peer; probes: readonly Probe[] }> {
  const listening = await t.listen(() => hooks, { checked: true });
  const peer = await t.dial(listening.target, program, networks.length, networks);
  await listening.accepted(networks.length);
  void listening.close();
  return { peer, probes: listening.probes };
}

/** Says the stream in random pieces, and ends as the talk wants it. */
function speaking(t: Context, { says, ends }: Talk, size: number, what: Break): Hooks {
  return {
    ...limitsFor(what),
    handleConnect() {
      pushAll(t, this, says(size));
      // Node 20 cannot tell a reset that comes with the last bytes when our side has ended.
      if (ends !== undefined && what !== "reset") this[ends]();
    },
    handleError() {},
  };
}

function pushAll(t: Context, chat: AsyncChat, size: number): void {
  const stream = t.stream();
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + t.integer(1, 3_000));
    chat.push(stream.slice(at, end));
    at = end;
  }
}

function limitsFor(what: Break): Partial<typeof PATIENCE> {
  return what === "stall" ? PATIENCE : {};
}

function needOrderly(t: Context, { name }: Talk, { reason, bytesUnsent }: CloseReport): void {
  t.need(reason === "ended" || reason === "closed", `${name}: it ended as ${reason}`);
  t.equal(bytesUnsent, 0, `${name}: bytes unsent`);
}

function needNoMore(
  t: Context,
  { name, breaks }: Talk,
  plans: readonly NetworkPlan[],
  outcomes: readonly Outcome[],
): void {
  // What was let through in the one direction bounds what came in the other.
  if (breaks !== "in" && !name.startsWith("echo")) return;
  const most = sorted(plans.map(({ at }) => at));
  const told = sorted(outcomes.map(({ received }) => received));
  const wrong = told.findIndex((received, i) => received > most[i]!);
  t.equal(wrong, -1, `${name}: more was told (${told}) than was let through (${most})`);
}

/** Fails unless the peer, when all is over, has heard so many bytes of the stream, in any order. */
async function needHeard(t: Context, peer: Peer, { name }: Talk, sizes: readonly number[]) {
  const { connections } = await peer.until(
    ({ connections }) =>
      connections.length === sizes.length && connections.every(({ open }) => !open),
    `${name}: all is over at the peer`,
  );
  const heard = connections.map(({ received }) => received);
  t.equal(sorted(heard), sorted(sizes), `${name}: bytes that the peer heard`);
  const wrong = connections.find((seen) => seen.received > 0 && seen.wrong !== undefined)?.wrong;
  t.equal(wrong, undefined, `${name}: the first wrong byte at the peer`);
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((one, two) => one - two);
}

// --- frames: the async face ------------------------------------------------------------------------

const FRAMES: readonly string[] = Array.from(
  { length: 12 },
  (_, i) => `${i}: ${"x".repeat((i * 37) % 150)}`,
);
const TEXT: string = FRAMES.map((frame) => `${frame}\n`).join("");

/** What came of one conversation. */
interface Frames {
  readonly heard: readonly string[];
  readonly errors: readonly unknown[];
  readonly report: CloseReport;
}

function framePlan(t: Context, what?: Break): NetworkPlan {
  const kinds: readonly Break[] = ["nothing", "fin", "reset", "stall"];
  return planOf(() => t.random(), {
    what: what ?? kinds[t.integer(0, 3)]!,
    way: t.random() < 0.5 ? "there" : "back",
    size: TEXT.length,
    drip: t.random() < 0.1,
  });
}

/** The same for a caller at the other end. */
function turned(plan: NetworkPlan): NetworkPlan {
  return { ...plan, way: plan.way === "there" ? "back" : "there" };
}

/** Says all frames, hears what comes back, and closes. */
async function converse(chat: Chat, what: Break): Promise<Frames> {
  const heard: string[] = [];
  const say = async () => {
    for (const frame of FRAMES) await chat.write(`${frame}\n`);
    if (what !== "reset") chat.end();
  };
  const hear = async () => {
    for await (const frame of chat.frames("\n")) heard.push(textOf(frame));
  };
  const results = await Promise.allSettled([say(), hear()]);
  const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  return { heard, errors, report: await chat.closeWhenDone() };
}

/** How many frames an early end leaves. */
function wholeFrames({ what, at }: Pick<NetworkPlan, "what" | "at">): number {
  const text = what === "fin" ? TEXT.slice(0, at) : TEXT;
  return text.split("\n").length - 1;
}

/** Fails unless that is what may come of such a network; answers how it ended. */
function needFrames(
  t: Context,
  plan: Pick<NetworkPlan, "what" | "way" | "at">,
  { heard, errors, report: { reason } }: Frames,
): string {
  const { what, at } = plan;
  t.equal(heard, FRAMES.slice(0, heard.length), "frames read");
  const untyped = errors.filter((error) => !(error instanceof ChatError));
  t.equal(untyped, [], "errors that are no ChatError");
  if (what === "reset" || what === "stall") {
    t.equal(reason, what === "reset" ? "reset" : "timeout", `${what}: how it ended`);
    t.need(errors.length > 0, `${what}: no read or write was told`);
    return reason;
  }
  t.need(reason === "ended" || reason === "closed", `${what}: it ended as ${reason}`);
  if (what === "nothing" || at !== Infinity) {
    t.equal(heard.length, wholeFrames(plan), `${what}: whole frames`);
  }
  const other = errors.filter((error) => !(error instanceof IncompleteFrameError));
  t.equal(other, [], `${what}: errors`);
  if (what === "nothing") t.equal(errors, [], "errors");
  return errors.length > 0 ? "incomplete" : reason;
}
