/**
 * Timeouts against the simplest clockwork there is: after everything that happens, the conversation
 * must have the deadline that the rules give, tell nothing right before it, and the right thing then.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import type { CloseReport } from "../../core/close_report.ts";
import type { ChatError } from "../../core/errors.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { lend } from "../../core/testing/segmentation.ts";
import { Clockwork } from "./clockwork.ts";
import type { Choices } from "./making.ts";

/** What happens. */
type What =
  | { readonly do: "receive"; readonly text: string }
  | { readonly do: "push" | "room"; readonly bytes: number }
  | { readonly do: "fin" | "pause" | "resume" | "hold" | "release" | "end" | "closeWhenDone" };

/** It happens so many milliseconds after what was before. */
export type Happening = What & { readonly after: number };

/** A conversation in lines, or raw, its timeouts in milliseconds, and what happens to it. */
export interface Timing {
  readonly limits: {
    readonly idleTimeout?: number;
    readonly frameTimeout?: number;
    readonly closeTimeout: number;
    /** Frames that are longer are skipped. */
    readonly maxFrameLength?: number;
  };
  readonly raw: boolean;
  /** `handleTimeout` lets the conversation go on. */
  readonly patient: boolean;
  /** `handleEnd` closes. */
  readonly closing: boolean;
  readonly happenings: readonly Happening[];
}

/** The shortest time before a deadline that a clock shows. */
const MOMENT = 1 / 1024;
/** After the last happening, what is still to come has come, unless it goes on for ever. */
const LONGEST = 400;

const PIECES = ["a", "b", "\r", "\n", "\r\n", "\r\na"] as const;

/** A random one; times are such that several deadlines often fall together. */
export function timingFrom(choices: Choices): Timing {
  const timeout = () => choices.integer(1, 12) * 5;
  return {
    limits: {
      ...(choices.chance(0.6) ? { idleTimeout: timeout() } : {}),
      ...(choices.chance(0.7) ? { frameTimeout: timeout() } : {}),
      closeTimeout: choices.chance(0.9) ? timeout() : Infinity,
      ...(choices.chance(0.3) ? { maxFrameLength: choices.integer(1, 4) } : {}),
    },
    raw: choices.chance(0.05),
    patient: choices.chance(0.6),
    closing: choices.chance(0.5),
    happenings: choices.list(0, 20, (): Happening => ({
      after: choices.of([0, 0, 1, 2, 5, 5, 10, 20]),
      ...whatHappens(choices),
    })),
  };
}

function whatHappens(choices: Choices): What {
  switch (choices.integer(0, 11)) {
    case 0:
    case 1:
      return { do: "push", bytes: choices.integer(1, 30) };
    case 2:
    case 3:
      return { do: "room", bytes: choices.of([0, 0, 1, 10, 1_000]) };
    case 4:
    case 5:
      return { do: choices.of(["pause", "hold"]) };
    case 6:
      return { do: choices.of(["resume", "release"]) };
    case 7:
      return {
        do: choices.of(["release", "fin", "end", "closeWhenDone", "closeWhenDone"]),
      };
    default:
      return {
        do: "receive",
        text: choices.list(1, 4, () => choices.of(PIECES)).join(""),
      };
  }
}

/** Does it; answers what was against the rules. */
export function time(timing: Timing): string[] {
  const timed = new Timed(timing);
  for (const happening of timing.happenings) timed.happen(happening);
  timed.wait(LONGEST);
  return timed.wrong;
}

/** The conversation and the clockwork, side by side. */
class Timed {
  readonly wrong: string[] = [];

  readonly #chat: AsyncChat;
  readonly #peer: ManualPeer;
  readonly #clockwork: Clockwork;
  readonly #told: string[] = [];
  readonly #wire: Uint8Array[] = [];
  #finDue = false;
  #holds = 0;
  #now = 0;

  constructor(timing: Timing) {
    const { limits, raw, patient, closing } = timing;
    this.#clockwork = new Clockwork(timing);
    this.#chat = new AsyncChat({
      ...limits,
      overlong: "skip",
      terminator: raw ? null : "\r\n",
      collectIncomingData: () => {},
      foundTerminator: () => {},
      handleTimeout: (error) => {
        this.#told.push("timeout");
        if (!patient) this.#chat.abort(error);
      },
      handleEnd: () => {
        this.#told.push("end");
        if (closing) this.#chat.closeWhenDone();
      },
      handleError: ({ kind }: ChatError) => void this.#told.push(`error ${kind}`),
      handleClose: ({ reason }: CloseReport) =>
        void this.#told.push(reason === "timeout" ? "close timeout" : "close"),
    });
    this.#peer = new ManualPeer(this.#chat);
    this.#peer.onerror = (error) => this.wrong.push(`reported: ${String(error)}`);
    this.#tick(0);
  }

  happen(happening: Happening): void {
    this.wait(happening.after);
    if (this.wrong.length > 0) return;
    try {
      this.#do(happening);
    } catch (error) {
      this.wrong.push(`${happening.do} threw ${String(error)}`);
    }
    this.#clockwork.happen(happening);
    this.#compare(JSON.stringify(happening));
  }

  /** Lets time pass, and stops right before each deadline, and at it. */
  wait(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.wrong.length === 0 && this.#clockwork.deadline <= end) {
      const { deadline } = this.#clockwork;
      if (deadline - MOMENT > this.#now) {
        this.#tick(deadline - MOMENT);
        this.#clockwork.passTo(deadline - MOMENT);
        this.#compare("right before a deadline");
      }
      this.#tick(deadline);
      this.#clockwork.passTo(deadline);
      this.#compare("at a deadline");
    }
    this.#tick(end);
    this.#clockwork.passTo(end);
    this.#compare("nothing");
  }

  #tick(now: number): void {
    this.#now = now;
    this.#peer.tick(now);
    this.#move();
  }

  /** What the network brings, and the tick that ends a turn. */
  #move(): void {
    const { session } = this.#chat;
    while (session.wantsRead && (this.#wire.length > 0 || this.#finDue)) {
      const bytes = this.#wire.shift();
      if (bytes === undefined) {
        this.#finDue = false;
        this.#peer.end();
        continue;
      }
      const { chunk, spoil } = lend(bytes);
      this.#peer.send(chunk);
      if (session.wantsRead) spoil();
    }
    this.#peer.tick(this.#now);
    this.#peer.tick(this.#now);
  }

  #do(happening: Happening): void {
    const { session } = this.#chat;
    switch (happening.do) {
      case "receive":
        this.#wire.push(new TextEncoder().encode(happening.text));
        break;
      case "fin":
        this.#finDue = true;
        break;
      case "room":
        this.#peer.room = happening.bytes;
        break;
      case "push":
        if (this.#clockwork.canPush) this.#chat.push(new Uint8Array(happening.bytes));
        break;
      case "hold":
        this.#holds++;
        session.hold();
        break;
      case "release":
        if (this.#holds === 0) break;
        this.#holds--;
        session.release();
        break;
      default:
        this.#chat[happening.do]();
    }
    this.#peer.settle();
    this.#move();
  }

  #compare(what: string): void {
    if (this.wrong.length > 0) return;
    const { deadline, isTimed, wantsRead, stats } = this.#chat.session;
    const clockwork = this.#clockwork;
    const due = clockwork.deadline === Infinity ? undefined : clockwork.deadline;
    const pairs = [
      ["the deadline is", deadline, due],
      ["it is timed:", isTimed, clockwork.isTimed],
      // Who is over is not told the time any more.
      ["active at", stats.lastActivity, clockwork.isOver ? stats.lastActivity : clockwork.activeAt],
      ["it began at", stats.connectedAt, 0],
      ["it reads:", wantsRead, clockwork.reads],
      ["it told", this.#told.join(), clockwork.told.join()],
      ["a FIN was sent:", this.#peer.sawEnd, clockwork.sentEnd],
      ["the socket was given back:", this.#peer.sawClose !== false, clockwork.isOver],
    ] as const;
    for (const [name, observed, expected] of pairs) {
      if (observed === expected) continue;
      this.wrong.push(`at ${this.#now}, after ${what}: ${name} ${observed}, not ${expected}`);
      return;
    }
  }
}
