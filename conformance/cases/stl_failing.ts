/**
 * STL: when it does not come to TLS.
 *
 * @module
 */

import type { Case, Context, Step } from "../case.ts";
import { failureOf, hasEnded, kindOf, type Meet, seen, twins } from "./meeting.ts";
import { credentials, type Role, startTlsTwins } from "./tls_meeting.ts";
import { needSecretKept, SECRET, type Upgrade, upgrade, type UpgradeOptions } from "./upgrading.ts";

/** Fails unless `startTls()` rejects, the connection is closed, and nothing is said in plaintext. */
async function needFailed(
  t: Context,
  meet: Meet,
  role: Role,
  program: readonly Step[],
  kinds: readonly string[],
  options: UpgradeOptions = {},
): Promise<void> {
  const upgrading = await upgrade(t, meet, role, program, options);
  const { probe, starting } = upgrading;
  const { kind } = await failureOf(t, () => starting, "startTls() without a handshake");
  t.need(kinds.includes(kind), `the kind is ${kind}`);
  const { error } = await probe.closed;
  t.equal(kindOf(error), kind, "the kind of the report's error");
  t.equal(probe.errors.map(kindOf), [kind], "the kinds of the errors told");
  await needAbandoned(t, upgrading);
}

/** Fails unless we are gone; where a handshake cannot be cancelled, as soon as it comes about. */
async function needAbandoned(t: Context, upgrading: Upgrade): Promise<void> {
  if (!t.capabilities.cancelHandshake) await upgrading.peer.release();
  await needSecretKept(t, upgrading);
}

/** Says nothing for a while, and then all the same. */
const SILENCE: readonly Step[] = [{ do: "hold" }, { do: "tls" }, { do: "recv-end" }];

/** The cases of a switch that fails, or must not be made. */
export const stlFailing: readonly Case[] = [
  ...startTlsTwins(["STL-5.1", "STL-5.2"], {
    title: "a certificate that is refused, by us or by the peer, is the end: nothing in plaintext",
    why: "Going on in plaintext is what whoever sits between has been waiting for.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const step = role === "client" ? { certificate: "expired" } : { serverName: "elsewhere.test" };
    const program = [{ do: "tls", ...step } as const, { do: "recv-end" } as const];
    if (role === "client") return needFailed(t, meet, role, program as Step[], ["tls"]);
    // The server of TLS 1.3 may be done before the client says no.
    const upgrading = await upgrade(t, meet, role, program as Step[]);
    await upgrading.probe.closed;
    await needSecretKept(t, upgrading);
  }),
  ...startTlsTwins(["STL-5.3", "STL-5.4"], {
    title:
      "a second startTls() is refused, sends nothing, and harms neither the first nor the rest",
    why: "Two commands in a row are enough for it, and the second may come from anybody.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const { probe, peer, frames, starting } = await upgrade(t, meet, role, [
      { do: "hold" },
      { do: "tls" },
      { do: "echo" },
      { do: "fin" },
    ]);
    const { chat } = probe;
    await probe.told("found");
    const second = { ...await credentials(t, role), goAhead: "220 once more\r\n" };
    await t.rejects(() => chat.startTls(second), "tls", "a second one during the handshake");
    await peer.release();
    await starting;
    await t.rejects(() => chat.startTls(second), "tls", "a second one when TLS is spoken");
    await probe.told("found", 2);
    chat.end();
    t.equal((await probe.closed).reason, "closed", "how it ended");
    t.equal(frames[1], SECRET.trim(), "what came back");
    const { tls, text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(tls?.text, SECRET, "what the peer got by way of TLS");
    t.equal(text.includes("once more"), false, "whether the second go-ahead was sent");
  }),
  ...twins(["STL-5.5", "STL-5.6"], {
    title: 'startTls() that was not asked for at the beginning rejects with kind "unsupported", ' +
      "and the plaintext goes on",
    why: "Some runtimes must know when the socket is opened; the others shall not hide that.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { good } = await t.certificates();
    let outcome: unknown;
    const { probe, peer } = await meet([{ do: "text", text: "STARTTLS\r\n" }, { do: "recv-end" }, {
      do: "fin",
    }], {
      terminator: "\r\n",
      async foundTerminator() {
        outcome = await this.startTls({ ...good, goAhead: "220 go ahead\r\n" })
          .catch((error) => error);
        this.push("502 not here\r\n");
        this.closeWhenDone();
      },
    });
    await probe.closed;
    t.equal(kindOf(outcome), "unsupported", "the kind");
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "502 not here\r\n", "what the peer got");
  }),
  ...startTlsTwins(
    ["STL-5.7", "STL-5.8"],
    {
      title: 'a peer that is silent in the handshake meets its timeout, kind "timeout"',
      why: "The connection stands, so nothing else would ever end it.",
      level: "MUST",
    },
    (t, meet, role) => needFailed(t, meet, role, SILENCE, ["timeout"], { start: { timeout: 200 } }),
  ),
  ...startTlsTwins(["STL-5.9", "STL-5.10"], {
    title: "a peer that ends in the handshake fails the connection, and is no end like another",
    why: "Whoever sits between may cut there, and must not get plaintext for it.",
    level: "MUST",
  }, (t, meet, role) => needFailed(t, meet, role, [{ do: "fin" }, { do: "recv-end" }], ["tls"])),
  ...startTlsTwins(["STL-5.11", "STL-5.12"], {
    title: "abort() in the handshake ends the conversation at once, and leaves nothing behind",
    why: "A shutdown must not wait for a peer that makes no handshake.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const upgrading = await upgrade(t, meet, role, SILENCE);
    const { probe, starting } = upgrading;
    await probe.told("found");
    await t.settle();
    const reason = new Error("shutting down");
    probe.chat.abort(reason);
    t.need(await rejects(starting), "startTls() did not reject");
    const report = await probe.closed;
    t.equal(report.reason, "aborted", "how it ended");
    t.need(report.error === reason, `the error is not the reason: ${report.error}`);
    await needAbandoned(t, upgrading);
  }),
  ...startTlsTwins(["STL-5.13", "STL-5.14"], {
    title:
      "startTls() while a read is under way makes its handshake, or is refused, sending nothing",
    why: "Not every runtime can call a read off; its answer, or the connection, would be lost.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const goAhead = role === "client" ? "" : "220 go ahead\r\n";
    const { probe, peer } = await meet([
      { do: "recv", bytes: goAhead.length },
      { do: "tls" },
      { do: "echo" },
      { do: "fin" },
    ]);
    // Nothing comes, and everybody waits for something.
    await t.settle();
    const options = await credentials(t, role);
    const refused = await probe.chat.startTls(role === "client" ? options : { ...options, goAhead })
      .then(() => undefined, (error) => error);
    if (refused !== undefined) {
      t.equal(kindOf(refused), "unsupported", "the kind");
      await t.settle();
      const { received, open } = await seen(peer, () => true, "the connection");
      t.equal([received, open], [0, true], "bytes sent, and whether the connection stands");
      return t.equal(probe.log, ["connect"], "hooks called");
    }
    probe.chat.push(SECRET);
    await probe.told("data");
    const { tls } = await seen(peer, ({ tls }) => tls?.text === SECRET, "what we sent");
    t.equal(tls?.secure, true, "whether TLS was spoken");
  }),
];

async function rejects(promise: Promise<unknown>): Promise<boolean> {
  return await promise.then(() => false, () => true);
}
