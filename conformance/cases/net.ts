/**
 * NET: networks that break, seed by seed.
 *
 * Between the two stands a proxy that cuts the bytes into random segments, pauses, and in the end
 * perhaps ends one side too early, resets, or stalls, behind a byte that the case knows.
 *
 * @module
 */

import { ChatError } from "../../core/errors.ts";
import type { AsyncChat } from "../../core/async_chat.ts";
import type { CloseReport } from "../../core/close_report.ts";
import type { Case, Context, Peer, Probe, Step } from "../case.ts";
import { type Break, type NetworkPlan, planOf } from "../network.ts";
import type { Common, Hooks } from "./meeting.ts";
import { netFrames } from "./net_frames.ts";
import { ECHOING, inBatches, limitsFor } from "./net_shared.ts";

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
  program: () => ECHOING,
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
  ...netFrames,
];

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
