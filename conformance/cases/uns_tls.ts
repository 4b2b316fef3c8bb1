/**
 * UNS: what the subject declares that it cannot do about TLS.
 *
 * @module
 */

import type { ConnectOptions, ListenOptions } from "../../adapters/options.ts";
import type { TlsCapabilities } from "../../core/transport.ts";
import type { Case, Context } from "../case.ts";
import type { Certificates } from "../certificates.ts";
import { kindOf, seen } from "./meeting.ts";

const common = { level: "MUST", role: "client" } as const;

/** Asking for it rejects, before anything has been sent. */
function connecting(
  number: number,
  lacks: keyof TlsCapabilities,
  what: string,
  why: string,
  options: (certificates: Certificates) => ConnectOptions,
): Case {
  return {
    ...common,
    id: `UNS-5.${number}`,
    title: `${what} where that cannot be done rejects with kind "unsupported", before a connection`,
    why,
    lacks,
    async run(t: Context) {
      const peer = await t.peer([]);
      const probe = t.probe();
      probe.chat.push("PASS secret\r\n");
      const target = { ...peer.target, ...options(await t.certificates()) };
      await t.rejects(() => t.adapter.connect(target, probe.chat), "unsupported", what);
      await t.settle();
      t.equal((await peer.report()).accepted, 0, "connections accepted by the peer");
      t.equal(probe.log, [], "hooks called");
    },
  };
}

function listening(
  number: number,
  lacks: keyof TlsCapabilities,
  what: string,
  why: string,
  options: (certificates: Certificates) => ListenOptions,
): Case {
  return {
    ...common,
    id: `UNS-5.${number}`,
    title: `${what} where that cannot be done rejects with kind "unsupported", and makes nothing`,
    why,
    lacks,
    async run(t: Context) {
      const where = { hostname: "127.0.0.1", port: 0, ...options(await t.certificates()) };
      const factory = () => {
        throw new Error("unreachable");
      };
      await t.rejects(() => t.adapter.listen(where, factory), "unsupported", what);
    },
  };
}

/** The cases of the clause UNS-5. */
export const unsTls: readonly Case[] = [
  connecting(
    1,
    "tls",
    "TLS",
    "A connection in plaintext instead would be the worst of all answers.",
    () => ({ tls: true }),
  ),
  connecting(
    2,
    "startTls",
    "a connection for startTls()",
    "In the middle of a conversation it is too late to look for another way.",
    () => ({ startTls: true }),
  ),
  connecting(
    3,
    "customCa",
    "trusting an authority of one's own",
    "Whoever gives one expects that no other is trusted instead.",
    ({ ca }) => ({ tls: { ca } }),
  ),
  connecting(
    4,
    "clientCertificates",
    "showing a client certificate",
    "The server would say no, and nobody would know why.",
    ({ client }) => ({ tls: client }),
  ),
  connecting(
    5,
    "alpn",
    "agreeing on a protocol by ALPN",
    "The two sides would speak different protocols, each sure of its own.",
    () => ({ tls: { alpn: ["h2"] } }),
  ),
  connecting(
    6,
    "serverName",
    "verifying another name than the hostname",
    "The wrong name would be verified, and the wrong server believed.",
    () => ({ tls: { serverName: "elsewhere.test" } }),
  ),
  connecting(
    7,
    "insecureTls",
    "taking any certificate",
    "A test that needs it had better say so than fail for another reason.",
    () => ({ tls: { rejectUnauthorized: false } }),
  ),
  listening(
    8,
    "serverTls",
    "listening with TLS",
    "A port that speaks plaintext instead takes passwords in plaintext.",
    ({ good }) => ({ tls: good }),
  ),
  listening(
    9,
    "serverStartTls",
    "listening for startTls() as the server",
    "A server that offers STARTTLS and cannot do it loses every client that asks.",
    () => ({ startTls: true }),
  ),
  listening(
    10,
    "requestsCertificates",
    "asking clients for certificates",
    "A server that does not ask lets everybody in.",
    ({ good, ca }) => ({ tls: { ...good, ca, requestCert: true } }),
  ),
  {
    ...common,
    id: "UNS-5.11",
    title: 'startTls() over input where that cannot be done rejects with kind "unsupported", and ' +
      "the conversation goes on",
    why: "A handshake whose beginning is lost never ends.",
    lacks: "tlsHandOver",
    async run(t: Context) {
      const peer = await t.peer([{ do: "text", text: "PROXY\r\n" }, { do: "recv-end" }, {
        do: "fin",
      }]);
      const { startTls } = t.capabilities;
      let outcome: unknown;
      const probe = await t.open(peer, {
        terminator: "\r\n",
        async foundTerminator() {
          outcome = await this.startTls({ buffered: "hand-over" }).catch((error) => error);
          this.push("in plaintext\r\n");
          this.closeWhenDone();
        },
      }, { startTls });
      await probe.closed;
      t.equal(kindOf(outcome), "unsupported", "the kind");
      const { text } = await seen(peer, ({ fin }) => fin, "our end reaches the peer");
      t.equal(text, "in plaintext\r\n", "what the peer got");
    },
  },
];
