/**
 * NET-5: frames over networks that break, on the async face.
 *
 * @module
 */

import { ChatError, IncompleteFrameError } from "../../core/errors.ts";
import type { Chat } from "../../core/chat.ts";
import type { CloseReport } from "../../core/close_report.ts";
import type { Case, Context } from "../case.ts";
import { type Break, type NetworkPlan, planOf } from "../network.ts";
import { chatAdapter, withServer } from "./chat_meeting.ts";
import { textOf } from "./meeting.ts";

import { ECHOING, inBatches, limitsFor } from "./net_shared.ts";

/** The cases of the clause NET-5. */
export const netFrames: readonly Case[] = [
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
        const peer = await t.peer(ECHOING, { networks: chosen });
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
            await t.dial(target, ECHOING, share, plans.map(turned));
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
