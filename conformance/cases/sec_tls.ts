/**
 * SEC: attacks on the switch from plaintext to TLS.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { failureOf, hasEnded, seen } from "./meeting.ts";
import { needRefused } from "./stl_injection.ts";
import { credentials, startTlsTwins } from "./tls_meeting.ts";

/** The cases of SEC-6 to SEC-9. */
export const secTls: readonly Case[] = [
  ...startTlsTwins(
    ["SEC-6.1", "SEC-6.2"],
    {
      title: "STARTTLS injection of a whole command: it is not carried out behind the switch",
      why:
        "CVE-2011-0411, and 15 mail programs ten years later: the login of one was sent to another.",
      level: "MUST",
    },
    (t, meet, role) =>
      needRefused(t, meet, role, { text: "RCPT TO:<mallory@elsewhere.test>\r\n", when: "at once" }),
  ),
  ...startTlsTwins(["SEC-7.1", "SEC-7.2"], {
    title:
      "STARTTLS injection of half a command: it does not begin the first one behind the switch",
    why: "`NOOP ` before the victim's login makes a note of what should have been a secret.",
    level: "MUST",
  }, (t, meet, role) => needRefused(t, meet, role, { text: "NOOP ", when: "at once" })),
  {
    id: "SEC-8.1",
    title: "a handshake in one segment with a PROXY header is not lost, when it is handed over",
    why: "Whoever guards against injection by throwing input away throws away the ClientHello.",
    level: "MUST",
    role: "server",
    needs: ["serverStartTls", "tlsHandOver"],
    async run(t: Context) {
      const options = await credentials(t, "server");
      const header = "PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n";
      const frames: string[] = [];
      const listening = await t.listen(() => ({
        terminator: "\r\n",
        foundTerminator() {
          frames.push(this.getText());
          if (frames.length > 1) return void this.push("hello\r\n");
          this.startTls({ ...options, buffered: "hand-over" }).catch(() => {});
        },
      }), { startTls: true });
      const peer = await t.dial(listening.target, [
        { do: "tls", header },
        { do: "text", text: "EHLO\r\n" },
        { do: "recv", bytes: 7 },
        { do: "fin" },
        { do: "recv-end" },
      ]);
      const { tls } = await seen(peer, hasEnded, "our end reaches the peer");
      t.equal([tls?.error, tls?.text], [undefined, "hello\r\n"], "what the peer got");
      t.equal(frames, [header.trim(), "EHLO"], "frames told");
    },
  },
  ...startTlsTwins(["SEC-9.1", "SEC-9.2"], {
    title: "extra bytes behind a counted request for TLS, or its answer, are refused",
    why: "CVE-2021-23222: a database client took them for the answer to its first query.",
    level: "MUST",
  }, async (t: Context, meet, role) => {
    const options = await credentials(t, role);
    const request = "\0\0\0\x08\x04\xd2\x16/", word = role === "client" ? "S" : request;
    let starting: Promise<unknown> | undefined;
    const { probe, peer } = await meet([
      { do: "text", text: `${word}EVIL` },
      { do: "tls" },
      { do: "recv-end" },
    ], {
      terminator: new TextEncoder().encode(word).length,
      handleError() {},
      foundTerminator() {
        starting = this.startTls(options);
        this.push("PASS secret\r\n");
      },
    });
    await probe.told("found");
    const { kind } = await failureOf(t, () => starting, "startTls() over plaintext");
    t.equal(kind, "protocol", "the kind");
    await probe.closed;
    const { tls, text } = await seen(peer, hasEnded, "we have gone");
    t.equal([tls?.received ?? 0, text.includes("secret")], [0, false], "what the peer got");
    t.equal(probe.log.filter((hook) => hook === "found").length, 1, "frames told");
  }),
];
