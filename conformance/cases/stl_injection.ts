/**
 * STL: plaintext where only a handshake may come, which somebody else may have put there.
 *
 * @module
 */

import type { Case, Context, Step } from "../case.ts";
import { failureOf, kindOf, type Meet } from "./meeting.ts";
import { startTlsTwins } from "./tls_meeting.ts";
import type { Role } from "./tls_meeting.ts";
import { type Injection, needSecretKept, upgrade } from "./upgrading.ts";

/** Fails unless what was injected is told to nobody, and the connection fails because of it. */
export async function needRefused(
  t: Context,
  meet: Meet,
  role: Role,
  injected: Injection,
  late = false,
): Promise<void> {
  const program: readonly Step[] = [{ do: "tls" }, { do: "recv-end" }];
  const upgrading = await upgrade(t, meet, role, program, { injected, late });
  const { probe, starting } = upgrading;
  const error = await failureOf(t, () => starting, "startTls() over plaintext");
  // Behind our last words it is the handshake that meets it.
  const kinds = injected.when === "at once" ? ["protocol"] : ["protocol", "tls"];
  t.need(kinds.includes(error.kind), `the kind is ${error.kind}: ${error.message}`);
  const { reason, error: reported } = await probe.closed;
  t.equal([reason, kindOf(reported)], ["failed", error.kind], "the report");
  t.equal(probe.errors.map(kindOf), [error.kind], "the kinds of the errors told");
  await needSecretKept(t, upgrading);
}

const why =
  "Whoever sits between writes a command into the plaintext, and it is carried out as if " +
  "it had come encrypted (CVE-2011-0411).";

/** The cases of injection: client twins are STL-3, server twins STL-2, those of half a line STL-4. */
export const stlInjection: readonly Case[] = [
  ...startTlsTwins(["STL-3.1", "STL-2.1"], {
    title: "a line in one segment with the last words before TLS is never told; it is refused",
    why,
    level: "MUST",
  }, (t, meet, role) => needRefused(t, meet, role, { text: "EVIL\r\n", when: "at once" })),
  ...startTlsTwins(["STL-3.2", "STL-2.2"], {
    title: "a line that comes in plaintext between the go-ahead and the handshake is never told",
    why,
    level: "MUST",
  }, (t, meet, role) => needRefused(t, meet, role, { text: "EVIL\r\n", when: "later" })),
  ...startTlsTwins(["STL-4.1", "STL-4.2"], {
    title: "half a line in one segment with the last words before TLS is refused as well",
    why: "It would be put before the first line that comes encrypted, and change what that says.",
    level: "MUST",
  }, (t, meet, role) => needRefused(t, meet, role, { text: "XEVIL ", when: "at once" })),
  ...startTlsTwins(["STL-4.3", "STL-4.4"], {
    title: "a byte that could be the beginning of a terminator is refused as well",
    why: "It is held back and shows nowhere, and would still be there behind the switch.",
    level: "MUST",
  }, (t, meet, role) => needRefused(t, meet, role, { text: "\r", when: "at once" })),
  ...startTlsTwins(["STL-4.5", "STL-4.6"], {
    title: "half a line that has been told before startTls() is called is refused as well",
    why: "It is in the hands of the conversation, which would put the encrypted rest behind it.",
    level: "MUST",
  }, (t, meet, role) => needRefused(t, meet, role, { text: "XEVIL ", when: "at once" }, true)),
];
