/**
 * STL: the switch from plaintext to TLS, when all goes well.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { fill, hasEnded, kindOf, MIB, seen } from "./meeting.ts";
import { credentials, startTlsTwins } from "./tls_meeting.ts";
import { SECRET, upgrade } from "./upgrading.ts";

/** The cases of a switch that is made. */
export const stlSwitch: readonly Case[] = [
  ...startTlsTwins(["STL-1.1", "STL-1.2"], {
    title: "1 MiB queued before startTls() goes out in plaintext, all that is pushed behind in TLS",
    why: "What overtakes the switch is read by everybody, what falls behind it by nobody.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet, role) => {
    const plain = MIB, goAhead = 16, behind = 100_000, whole = plain + goAhead + behind;
    const options = await credentials(t, role);
    const stream = t.stream();
    let starting: Promise<unknown> | undefined;
    const { probe, peer } = await meet([
      { do: "pause" },
      { do: "text", text: "go\n" },
      { do: "hold" },
      { do: "resume" },
      { do: "recv", bytes: plain + goAhead },
      { do: "tls" },
      { do: "recv-end" },
      { do: "fin" },
    ], {
      terminator: "\n",
      foundTerminator() {
        fill(t, this, plain);
        starting = this.startTls({ ...options, goAhead: stream.slice(plain, plain + goAhead) });
        this.push(stream.slice(plain + goAhead, whole));
        this.closeWhenDone();
      },
    });
    await probe.told("found");
    await t.settle();
    await peer.release();
    await starting;
    const { received, wrong, tls } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal([received, wrong], [whole, undefined], "bytes at the peer, and the first wrong one");
    t.equal(tls?.received, behind, "bytes that came by way of TLS");
    t.equal((await probe.closed).bytesUnsent, 0, "bytes reported as not sent");
  }),
  ...startTlsTwins(["STL-1.3", "STL-1.4"], {
    title: "terminator, limits and hooks are the same behind the switch, and it is told what it is",
    why: "One conversation, and not two: whoever has set a limit has set it for both.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const upgrading = await upgrade(t, meet, role, [
      { do: "tls" },
      { do: "recv", bytes: SECRET.length },
      { do: "text", text: "one\r\ntwo\r\n" },
      { do: "text", text: "x".repeat(65) },
      { do: "recv-end" },
      { do: "fin" },
    ], { hooks: { maxFrameLength: 64 } });
    const { probe, peer, frames, starting } = upgrading;
    t.equal(probe.chat.tls, undefined, "what is said about TLS before it is spoken");
    const info = await starting;
    t.equal(probe.chat.tls, info, "what is said about TLS");
    await probe.closed;
    t.equal(frames.slice(1), ["one", "two"], "frames told behind the switch");
    t.equal(probe.errors.map(kindOf), ["limit"], "the errors' kinds");
    const { tls } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(tls?.text, SECRET, "what the peer got by way of TLS");
  }),
  ...startTlsTwins(["STL-1.5", "STL-1.6"], {
    title: "4 MiB there and back behind the switch are whole, and end in good order",
    why: "The handshake reads ahead, and what it has read too much is the conversation's.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet, role) => {
    const size = 4 * MIB;
    const { probe, peer, starting } = await upgrade(t, meet, role, [
      { do: "tls" },
      { do: "recv", bytes: SECRET.length },
      { do: "pause" },
      { do: "send", bytes: size },
      { do: "resume" },
      { do: "recv-end" },
      { do: "fin" },
    ], {
      hooks: {
        collectIncomingData() {},
      },
    });
    await starting;
    const before = probe.received;
    probe.chat.setTerminator(null);
    fill(t, probe.chat, size);
    probe.chat.end();
    t.equal((await probe.closed).reason, "closed", "how it ended");
    t.equal(probe.received - before, size, "bytes that came");
    const { tls, fin } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(tls?.received, SECRET.length + size, "bytes at the peer, by way of TLS");
    t.equal(fin, true, "whether the peer saw our end");
  }),
  ...startTlsTwins(["STL-1.9", "STL-1.10"], {
    title: "a peer that ends right behind the switch gives an orderly end",
    why: "The end may come in one segment with the handshake, before anybody listens.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const { probe, starting } = await upgrade(t, meet, role, [{ do: "tls" }, { do: "fin" }]);
    await starting;
    const { reason, error } = await probe.closed;
    t.equal([reason, error], ["ended", undefined], "the report");
    t.equal(probe.log.slice(-2), ["end", "close"], "the last hooks called");
  }),
];
