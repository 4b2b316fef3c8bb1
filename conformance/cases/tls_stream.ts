/**
 * TLS: what passes through it, once it is spoken.
 *
 * @module
 */

import type { Case, Context, Peer } from "../case.ts";
import { MIB, seen } from "./meeting.ts";
import {
  boundedQueue,
  closeOverUnread,
  echoStream,
  inputAfterOurEnd,
  latePeer,
  pausedReader,
} from "./shared.ts";
import { tlsTwins } from "./tls_meeting.ts";

/** More than the system and TLS keep between two sockets, in bytes. */
const MORE_THAN_FITS = 24 * MIB;

/** The cases of TLS as a stream of bytes. */
export const tlsStream: readonly Case[] = [
  ...tlsTwins(["TLS-1.1", "TLS-1.2"], {
    title: "4 MiB go there and come back over TLS as they were",
    why: "A record is not a chunk, and a socket that takes part of one must not lose the rest.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => echoStream(t, meet, 4 * MIB)),
  ...tlsTwins(["TLS-1.3", "TLS-1.4"], {
    title: "closing over TLS with unread input delivers 2 MiB to the last byte, then the end",
    why: "Encrypting takes its time, and the end must not overtake what is being encrypted.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => closeOverUnread(t, meet, 1_000, 2 * MIB)),
  ...tlsTwins(["TLS-1.5", "TLS-1.6"], {
    title: "against a peer that does not read, the queue stays bounded over TLS too",
    why: "Whoever encrypts ahead keeps in memory what the peer does not take.",
    level: "MUST",
    budget: 15_000,
  }, boundedQueue),
  ...tlsTwins(["TLS-1.7", "TLS-1.8"], {
    title: "after pause() over TLS nothing is told and the peer stalls; then nothing is missing",
    why: "Whoever decrypts ahead hands a break over to the memory.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => pausedReader(t, meet, MORE_THAN_FITS)),
  ...tlsTwins(["TLS-4.1", "TLS-4.2"], {
    title: "a FIN without close_notify is told as a failure and not as an end, behind every byte",
    why: "Whoever sits between can cut an answer where it hurts, and TLS is there to show it.",
    level: "MUST",
    needs: ["detectsTruncation"],
  }, async (t: Context, meet) => {
    const { probe } = await meet([{ do: "text", text: "pay 1" }, { do: "cut" }], {
      handleError() {},
    });
    const { reason, error } = await probe.closed;
    t.equal(probe.received, 5, "bytes told");
    t.equal(probe.log.includes("end"), false, "whether an end was told");
    t.need(reason === "failed" || reason === "reset", `it ended as ${reason}`);
    t.need(error instanceof Error, "the report has no error");
  }),
  ...tlsTwins(["TLS-4.3", "TLS-4.4"], {
    title: "where a FIN without close_notify cannot be told, it is an end, behind every byte",
    why: "A guarantee that is weaker must still be one: nothing is lost, and nobody hangs.",
    level: "MUST",
    lacks: "detectsTruncation",
  }, async (t: Context, meet) => {
    const { probe } = await meet([{ do: "text", text: "pay 1" }, { do: "cut" }]);
    await probe.closed;
    t.equal(probe.received, 5, "bytes told");
    t.equal(probe.log.filter((hook) => hook === "end").length, 1, "times told of the end");
  }),
  ...tlsTwins(["TLS-4.7", "TLS-4.8"], {
    title: "a peer that ends right behind its handshake gives an orderly end",
    why: "The end may come in one segment with the handshake, before anybody listens.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe } = await meet([{ do: "fin" }]);
    const { reason, error } = await probe.closed;
    t.equal(probe.log, ["connect", "end", "close"], "hooks called");
    t.equal([reason, error], ["ended", undefined], "the report");
  }),
  ...tlsTwins(["TLS-6.1", "TLS-6.2"], {
    title: "over TLS the peer's end is not ours: an answer of 1 MiB still arrives whole",
    why: "Half of all one-shot clients end their side when they have asked.",
    level: "MUST",
  }, latePeer),
  ...tlsTwins(["TLS-6.3", "TLS-6.4"], {
    title: "after our end over TLS, which the peer sees, we still receive 100,000 bytes",
    why: "That is how one says: this was the whole question.",
    level: "MUST",
  }, inputAfterOurEnd),
  ...tlsTwins(["TLS-4.5", "TLS-4.6"], {
    title:
      "our end is said in TLS, by a close_notify before the FIN, also right after the handshake",
    why: "A peer that looks for it takes an end without for an attack, and drops what it has got.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const needNotified = async (peer: Peer, words: string) => {
      const { tls } = await seen(peer, ({ tls }) => tls?.notified !== undefined, "our end");
      t.equal([tls?.text, tls?.notified], [words, true], "what came, and whether a close_notify");
    };
    for (const words of ["", "an answer"]) {
      const { peer, probe } = await meet([{ do: "recv-end" }, { do: "fin" }], {
        handleConnect() {
          if (words !== "") this.push(words);
          this.closeWhenDone();
        },
      });
      await needNotified(peer, words);
      await probe.closed;
    }
    // Nobody has written anything yet when the peer ends, and we do because of that.
    const { peer } = await meet([{ do: "text", text: "?" }, { do: "fin" }, { do: "recv-end" }]);
    await needNotified(peer, "");
  }, { watched: true }),
];
