/**
 * TLS: from the first byte.
 *
 * @module
 */

import type { TlsOptions } from "../../core/tls.ts";
import type { Case, Context } from "../case.ts";
import type { CertificateName } from "../certificates.ts";
import { begin, hasEnded, MIB, seen } from "./meeting.ts";
import { closeOverUnread, echoStream, latePeer } from "./shared.ts";
import { named, tlsTwins, trust } from "./tls_meeting.ts";

const client = { level: "MUST", role: "client", needs: ["tls"] } as const;

/** Nobody but the right peer may ever read this. */
const SECRET = "PASS secret\r\n";

/** Fails unless a server of that certificate is refused, and is told nothing at all. */
async function needRefused(
  t: Context,
  certificate: CertificateName,
  options: TlsOptions,
): Promise<void> {
  const peer = await t.peer([{ do: "tls", certificate }, { do: "recv-end" }]);
  const probe = t.probe();
  probe.chat.push(SECRET);
  const connecting = () => begin(t, probe, { ...named(peer), tls: options });
  const error = await t.rejects(connecting, "tls", `a certificate that is ${certificate}`);
  t.need(error.message.includes("localhost"), `the message names no peer: ${error.message}`);
  const { received } = await seen(peer, (report) => hasEnded(report), "we have gone");
  t.equal(received, 0, "application bytes that the witness got");
  t.equal(probe.log, [], "hooks called");
}

/** The cases of the clauses TLS. */
export const tls: readonly Case[] = [
  ...tlsTwins(["TLS-1.1", "TLS-1.2"], {
    title: "4 MiB go there and come back over TLS as they were",
    why: "A record is not a chunk, and a socket that takes part of one must not lose the rest.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => echoStream(t, meet, 4 * MIB)),
  {
    ...client,
    id: "TLS-1.3",
    title: "connect() stays pending until the handshake is done, and no hook is called before",
    why: "Whoever is told earlier speaks to somebody who has not said yet who he is.",
    async run(t: Context) {
      const peer = await t.peer([{ do: "hold" }, { do: "tls" }, { do: "echo" }, { do: "fin" }]);
      const probe = t.probe();
      let settled = false;
      const opening = begin(t, probe, { ...named(peer), tls: await trust(t) })
        .finally(() => settled = true);
      await seen(peer, ({ received }) => received > 0, "our half of the handshake");
      await t.settle();
      t.equal(settled, false, "whether connect() settled before the handshake was done");
      t.equal(probe.log, [], "hooks called before the handshake was done");
      await peer.release();
      await opening;
      t.need(probe.chat.tls !== undefined, "nothing is said about TLS, which is spoken");
      probe.chat.push("?");
      await probe.told("data");
    },
  },
  {
    level: "MUST",
    role: "server",
    needs: ["serverTls"],
    id: "TLS-1.4",
    title: "a conversation is told of its connection when the handshake is done, and not before",
    why: "A port scan would else be a conversation, and cost what a conversation costs.",
    async run(t: Context) {
      const { good } = await t.certificates();
      const listening = await t.listen(() => ({}), { tls: good });
      const peer = await t.dial(listening.target, [
        { do: "hold" },
        { do: "tls" },
        { do: "text", text: "?" },
        { do: "recv-end" },
        { do: "fin" },
      ]);
      await t.settle();
      t.equal(listening.probes.length, 0, "conversations before the handshake");
      await peer.release();
      await listening.accepted(1);
      const [probe] = listening.probes;
      await probe!.told("data");
      t.need(probe!.chat.tls !== undefined, "nothing is said about TLS, which is spoken");
      probe!.chat.closeWhenDone();
      await probe!.closed;
    },
  },
  ...tlsTwins(["TLS-1.5", "TLS-1.6"], {
    title: "closing over TLS with unread input delivers 8 MiB to the last byte, then the end",
    why: "Encrypting takes its time, and the end must not overtake what is being encrypted.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => closeOverUnread(t, meet, 1_000)),
  {
    ...client,
    id: "TLS-2.1",
    title: 'a server of an unknown authority is refused with kind "tls", and got no byte of ours',
    why: "Anybody can make a certificate; a password sent to one is lost.",
    run: async (t) => needRefused(t, "unknownCa", await trust(t)),
  },
  {
    ...client,
    id: "TLS-2.2",
    title: 'a server of another name is refused with kind "tls", and got no byte of ours',
    why: "Everybody with a good certificate for some name could answer for every other.",
    run: async (t) => needRefused(t, "wrongName", await trust(t)),
  },
  {
    ...client,
    id: "TLS-2.3",
    title: 'a server whose certificate has expired is refused with kind "tls", and got no byte',
    why: "Old keys lie in old backups.",
    run: async (t) => needRefused(t, "expired", await trust(t)),
  },
  ...tlsTwins(["TLS-6.1", "TLS-6.2"], {
    title: "over TLS the peer's end is not ours: an answer of 1 MiB still arrives whole",
    why: "Half of all one-shot clients end their side when they have asked.",
    level: "MUST",
  }, latePeer),
];
