/**
 * The dialogue before the handshake, which most cases of STARTTLS begin with.
 *
 * @module
 */

import type { AsyncChat } from "../../core/async_chat.ts";
import type { StartTlsOptions, TlsInfo } from "../../core/tls.ts";
import type { Context, Peer, Probe, Seen, Step } from "../case.ts";
import { hasEnded, type Hooks, type Meet, seen, textOf } from "./meeting.ts";
import { credentials, type Role } from "./tls_meeting.ts";

/** What is asked for, and what is answered. */
const REQUEST = "STARTTLS\r\n", GO_AHEAD = "220 go ahead\r\n";
/** What the subject says behind the switch: to be read by nobody but the right peer. */
export const SECRET = "PASS secret\r\n";

/** Where, and what, somebody puts into the plaintext. */
export interface Injection {
  readonly text: string;
  /** `"at once"` in one segment with the last words of the witness, `"later"` behind those of ours. */
  readonly when: "at once" | "later";
}

/** A conversation that has asked for TLS, or has been asked for it. */
export interface Upgrade {
  readonly probe: Probe;
  readonly peer: Peer;
  /** Frames that have been told. */
  readonly frames: readonly string[];
  /** What `startTls()` has answered with. */
  readonly starting: Promise<TlsInfo>;
}

/** What a case may want besides. */
export interface UpgradeOptions {
  readonly start?: StartTlsOptions;
  readonly injected?: Injection;
  readonly hooks?: Hooks;
  /** Starts TLS not before a piece of the next line has been told, in that hook. */
  readonly late?: boolean;
}

/** What the witness says before its handshake, and waits for. */
function dialogue(role: Role, injected: Injection | undefined): Step[] {
  const behind = injected?.when === "at once" ? injected.text : "";
  const later: Step[] = injected?.when === "later" ? [{ do: "text", text: injected.text }] : [];
  const [asked, answer] = role === "client" ? [REQUEST, GO_AHEAD] : [GO_AHEAD, REQUEST];
  const recv: Step = { do: "recv", bytes: asked.length };
  const text: Step = { do: "text", text: answer + behind };
  return role === "client" ? [recv, text, ...later] : [text, recv, ...later];
}

/**
 * Begins in plaintext, up to the call of `startTls()` in the hook that is told the last words of the
 * peer; the witness then goes on with `program`. The secret is pushed behind it.
 */
export async function upgrade(
  t: Context,
  meet: Meet,
  role: Role,
  program: readonly Step[],
  { start = {}, injected, hooks = {}, late = false }: UpgradeOptions = {},
): Promise<Upgrade> {
  const options = { ...await credentials(t, role), ...start };
  const frames: string[] = [];
  let began: (starting: Promise<TlsInfo>) => void = () => {};
  const starting = new Promise<TlsInfo>((resolve) => began = resolve);
  starting.catch(() => {});
  const begin = (chat: AsyncChat) => {
    began(chat.startTls(role === "client" ? options : { ...options, goAhead: GO_AHEAD }));
    chat.push(SECRET);
  };
  let line = "";
  const { probe, peer } = await meet([...dialogue(role, injected), ...program], {
    terminator: "\r\n",
    handleError() {},
    ...hooks,
    handleConnect() {
      if (role === "client") this.push(REQUEST);
    },
    ...(late
      ? {
        collectIncomingData(this: AsyncChat, data: Uint8Array) {
          line += textOf(data);
          if (frames.length === 1) begin(this);
        },
      }
      : {}),
    foundTerminator() {
      frames.push(late ? line : this.getText());
      line = "";
      if (frames.length === 1 && !late) begin(this);
    },
  });
  return { probe, peer, frames, starting };
}

/** Fails unless nothing that was pushed behind the switch has been seen by anybody. */
export async function needSecretKept(t: Context, { peer, frames }: Upgrade): Promise<Seen> {
  const report = await seen(peer, hasEnded, "we have gone");
  t.equal(report.tls?.received ?? 0, 0, "application bytes that came by way of TLS");
  t.equal(report.text.includes("secret"), false, "whether the secret was sent in plaintext");
  t.equal(frames.length, 1, "frames told");
  return report;
}
