/**
 * STL: TLS in the middle of a conversation.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { fill, hasEnded, MIB, seen } from "./meeting.ts";
import { credentials, startTlsTwins } from "./tls_meeting.ts";

/** The cases of the clauses STL. */
export const stl: readonly Case[] = [
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
];
