/**
 * TLS: as a client, and whom it believes.
 *
 * @module
 */

import type { ConnectOptions } from "../../adapters/options.ts";
import type { TlsOptions } from "../../core/tls.ts";
import type { Case, Context, Peer, Probe, Step } from "../case.ts";
import { begin, failureOf, hasEnded, seen, thrownBy } from "./meeting.ts";
import { named, trust } from "./tls_meeting.ts";

const common = { level: "MUST", role: "client", needs: ["tls"] } as const;

/** Nobody but the right peer may ever read this. */
const SECRET = "PASS secret\r\n";

/** A conversation that has something to say, and one that must not be said too early. */
function eager(t: Context): Probe {
  const probe = t.probe();
  probe.chat.push(SECRET);
  return probe;
}

/** Fails unless a connect is refused with kind "tls", and nothing at all was told to anybody. */
async function needRefused(
  t: Context,
  peer: Peer,
  options: ConnectOptions,
  what: string,
): Promise<void> {
  const probe = eager(t);
  const error = await t.rejects(() => begin(t, probe, options), "tls", what);
  t.need(error.message.includes(String(options.port)), `which peer? ${error.message}`);
  await needNothingSaid(t, peer, probe);
}

/** Fails unless the witness has seen us go, and not heard a word. */
async function needNothingSaid(t: Context, peer: Peer, probe: Probe): Promise<void> {
  const { text, tls } = await seen(peer, hasEnded, "we have gone");
  t.equal(tls?.received ?? 0, 0, "application bytes that the witness got");
  t.equal(text.includes("PASS"), false, "whether it was sent in plaintext");
  t.equal(probe.log, [], "hooks called");
}

/** Says nothing for a while, and then all the same. */
const SILENCE: readonly Step[] = [{ do: "hold" }, { do: "tls" }, { do: "recv-end" }];

/** Fails unless we are gone; where a handshake cannot be cancelled, when it would come about. */
async function needAbandoned(t: Context, peer: Peer, probe: Probe): Promise<void> {
  if (!t.capabilities.cancelHandshake) await peer.release();
  await needNothingSaid(t, peer, probe);
}

/** The title's case: a server of that certificate is refused. */
const refused = (certificate: "unknownCa" | "wrongName" | "expired") => async (t: Context) => {
  const peer = await t.peer([{ do: "tls", certificate }, { do: "recv-end" }]);
  const options = { ...named(peer), tls: await trust(t) };
  await needRefused(t, peer, options, `a certificate that is ${certificate}`);
};

/** Connects with TLS, and fails unless that works. */
async function needTaken(t: Context, step: Partial<Step>, tls: TlsOptions): Promise<Peer> {
  const peer = await t.peer([{ ...step, do: "tls" }, { do: "echo" }, { do: "fin" }]);
  const probe = await t.open(peer, {}, { ...named(peer), tls });
  probe.chat.push("?");
  await probe.told("data");
  return peer;
}

/** Waits for our half of the handshake. */
const HELLO: Step = { do: "recv", bytes: 1 };

/** Begins to connect to a peer that may never make its half of the handshake. */
async function halfWay(t: Context, program: readonly Step[], options: ConnectOptions = {}) {
  const peer = await t.peer(program);
  const probe = eager(t);
  const opening = begin(t, probe, { ...named(peer), tls: await trust(t), ...options });
  return { peer, probe, opening };
}

/** The cases of TLS as a client. */
export const tlsClient: readonly Case[] = [
  {
    ...common,
    id: "TLS-1.9",
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
    ...common,
    id: "TLS-1.11",
    title: "what was pushed before the connection arrives first, and never in plaintext",
    why: "A client may prepare its greeting before it knows who will be greeted.",
    async run(t: Context) {
      const peer = await t.peer([{ do: "tls" }, { do: "recv-end" }, { do: "fin" }]);
      const probe = eager(t);
      await begin(t, probe, { ...named(peer), tls: await trust(t) });
      probe.chat.push("QUIT\r\n");
      probe.chat.closeWhenDone();
      const { tls } = await seen(peer, hasEnded, "our end reaches the peer");
      t.equal(tls?.text, `${SECRET}QUIT\r\n`, "what came by way of TLS");
    },
  },
  {
    ...common,
    id: "TLS-2.1",
    title: 'a server of an unknown authority is refused with kind "tls", and got no byte of ours',
    why: "Anybody can make a certificate; a password sent to one is lost.",
    run: refused("unknownCa"),
  },
  {
    ...common,
    id: "TLS-2.2",
    title: 'a server of another name is refused with kind "tls", and got no byte of ours',
    why: "Everybody with a good certificate for some name could answer for every other.",
    run: refused("wrongName"),
  },
  {
    ...common,
    id: "TLS-2.3",
    title: 'a server whose certificate has expired is refused with kind "tls", and got no byte',
    why: "Old keys lie in old backups.",
    run: refused("expired"),
  },
  {
    ...common,
    id: "TLS-2.4",
    title: "an authority of our own is trusted when it is given, and not when it is not",
    why: "An option that is always on would trust the authority of every test machine.",
    needs: ["tls", "customCa"],
    async run(t: Context) {
      const { ca } = await t.certificates();
      await needTaken(t, {}, { ca: [ca] });
      const peer = await t.peer([{ do: "tls" }, { do: "recv-end" }]);
      await needRefused(t, peer, { ...named(peer), tls: true }, "the runtime's own authorities");
    },
  },
  {
    ...common,
    id: "TLS-2.5",
    title: "serverName is the name that is asked for and verified, instead of the hostname",
    why: "A connection through an address, or a tunnel, is to a name all the same.",
    needs: ["tls", "serverName"],
    async run(t: Context) {
      const options = { ...await trust(t), serverName: "elsewhere.test" };
      const there = await needTaken(t, { certificate: "wrongName" }, options);
      const { tls } = await seen(there, () => true, "the connection");
      t.equal(tls?.serverName, "elsewhere.test", "the name that was asked for");
      const peer = await t.peer([{ do: "tls" }, { do: "recv-end" }]);
      await needRefused(t, peer, { ...named(peer), tls: options }, "another name than serverName");
    },
  },
  {
    ...common,
    id: "TLS-2.6",
    title:
      "rejectUnauthorized: false takes an unknown authority and a wrong name, and only when false",
    why: "It is for tests, and has to work there; everywhere else it must not be on by accident.",
    needs: ["tls", "insecureTls"],
    async run(t: Context) {
      for (const certificate of ["unknownCa", "wrongName"] as const) {
        await needTaken(t, { certificate }, { rejectUnauthorized: false });
        await needTaken(t, { certificate }, { ...await trust(t), rejectUnauthorized: false });
      }
      const peer = await t.peer([{ do: "tls", certificate: "unknownCa" }, { do: "recv-end" }]);
      const tls = { ...await trust(t), rejectUnauthorized: true };
      await needRefused(t, peer, { ...named(peer), tls }, "rejectUnauthorized: true");
      const target = { ...named(peer), tls: { rejectUnauthorized: 0 as unknown as boolean } };
      const connecting = () => t.adapter.connect(target, t.probe().chat);
      const falsy = await thrownBy(t, connecting, "what is falsy and not false");
      t.need(falsy instanceof TypeError, `what is falsy and not false: ${falsy}`);
    },
  },
  {
    ...common,
    id: "TLS-3.1",
    title: "a peer that closes in the handshake rejects the connect, which says so",
    why: "A plaintext service does it, and so does a server that likes nothing we offer.",
    async run(t: Context) {
      const { peer, probe, opening } = await halfWay(t, [HELLO, { do: "fin" }]);
      await t.rejects(() => opening, "tls", "a FIN in the handshake");
      await needNothingSaid(t, peer, probe);
    },
  },
  {
    ...common,
    id: "TLS-3.2",
    title: "a peer that resets in the handshake rejects the connect, which says so",
    why: "A service that dies does it, at any moment.",
    async run(t: Context) {
      const { peer, probe, opening } = await halfWay(t, [HELLO, { do: "reset" }]);
      const { kind } = await failureOf(t, () => opening, "a reset in the handshake");
      t.need(kind === "tls" || kind === "reset", `the kind is ${kind}`);
      await needNothingSaid(t, peer, probe);
    },
  },
  {
    ...common,
    id: "TLS-3.3",
    title: "a peer that answers the handshake in plaintext rejects the connect, which says so",
    why: "A proxy that explains why it refuses, or the wrong port: both are met every day.",
    async run(t: Context) {
      const text = "HTTP/1.1 400 Bad Request\r\n\r\n";
      const { peer, probe, opening } = await halfWay(t, [HELLO, { do: "text", text }]);
      await t.rejects(() => opening, "tls", "plaintext in the handshake");
      await needNothingSaid(t, peer, probe);
    },
  },
  {
    ...common,
    id: "TLS-3.4",
    title: 'a peer that is silent in the handshake meets connectTimeout, kind "timeout"',
    why: "The connection stands, so nothing else would ever end it.",
    async run(t: Context) {
      const { peer, probe, opening } = await halfWay(t, SILENCE, { connectTimeout: 200 });
      await t.rejects(() => opening, "timeout", "silence in the handshake");
      await needAbandoned(t, peer, probe);
    },
  },
  {
    ...common,
    id: "TLS-3.5",
    title: "a signal given in the handshake rejects with its reason, and leaves nothing behind",
    why: "A user who turns away must not leave a socket that waits for ever.",
    async run(t: Context) {
      const controller = new AbortController();
      const { signal } = controller;
      const { peer, probe, opening } = await halfWay(t, SILENCE, { signal });
      await seen(peer, ({ received }) => received > 0, "our half of the handshake");
      const reason = new Error("changed my mind");
      controller.abort(reason);
      const { cause } = await t.rejects(() => opening, "aborted", "a signal in the handshake");
      t.need(cause === reason, `the cause is not the signal's reason: ${cause}`);
      await needAbandoned(t, peer, probe);
    },
  },
  {
    ...common,
    id: "TLS-3.6",
    title: "a handshake that comes about after it was abandoned is closed, and no hook is called",
    why: "Where it cannot be called off, it must at least not become a conversation of nobody's.",
    lacks: "cancelHandshake",
    async run(t: Context) {
      const { peer, probe, opening } = await halfWay(t, SILENCE, { connectTimeout: 200 });
      await t.rejects(() => opening, "timeout", "silence in the handshake");
      await t.settle();
      await peer.release();
      const { tls } = await seen(peer, hasEnded, "we have gone");
      t.equal(tls?.secure, true, "whether it came about");
      await needNothingSaid(t, peer, probe);
    },
  },
  {
    ...common,
    id: "TLS-6.5",
    title: "the hostname is the name that is asked for (SNI)",
    why: "A machine that serves many names would else show the certificate of the first.",
    async run(t: Context) {
      const peer = await needTaken(t, {}, await trust(t));
      const { tls } = await seen(peer, () => true, "the connection");
      t.equal(tls?.serverName, "localhost", "the name that was asked for");
    },
  },
  {
    ...common,
    id: "TLS-6.6",
    title: "a certificate for an address is good for that address, and no name is asked for",
    why: "Inside a cluster there are addresses and no names; SNI may not hold an address.",
    level: "SHOULD",
    async run(t: Context) {
      const peer = await t.peer([{ do: "tls" }, { do: "echo" }, { do: "fin" }]);
      const probe = await t.open(peer, {}, { tls: await trust(t) });
      probe.chat.push("?");
      await probe.told("data");
      const { tls } = await seen(peer, () => true, "the connection");
      t.equal(tls?.serverName, undefined, "the name that was asked for");
    },
  },
  {
    ...common,
    id: "TLS-6.7",
    title: "of the protocols that a client offers (ALPN) the one that is chosen is told to both",
    why: "What is spoken next hangs on it: HTTP/2 or HTTP/1.1.",
    needs: ["tls", "alpn"],
    async run(t: Context) {
      const peer = await t.peer([
        { do: "tls", alpn: ["b", "second"] },
        { do: "echo" },
        { do: "fin" },
      ]);
      const tls = { ...await trust(t), alpn: ["first", "second"] };
      const probe = await t.open(peer, {}, { ...named(peer), tls });
      t.equal(probe.chat.tls?.alpn, "second", "what we were told");
      const report = await seen(peer, ({ tls }) => tls?.secure === true, "the handshake is done");
      t.equal(report.tls?.alpn, "second", "what the peer was told");
    },
  },
  {
    ...common,
    id: "TLS-6.8",
    title: "a client that is asked for its certificate shows it",
    why: "In many places it is the password.",
    needs: ["tls", "clientCertificates"],
    async run(t: Context) {
      const { client } = await t.certificates();
      const peer = await needTaken(t, { requestCert: true }, { ...await trust(t), ...client });
      const { tls } = await seen(peer, () => true, "the connection");
      t.equal(tls?.subject, "client", "whom the server sees");
    },
  },
  {
    ...common,
    id: "TLS-6.9",
    title: 'a client whose certificate is missed is told so, kind "tls": at once or when it reads',
    why:
      "In TLS 1.3 the server says no when the client is done, and silence would look like an end.",
    async run(t: Context) {
      const peer = await t.peer([{ do: "tls", requestCert: true }, { do: "recv-end" }]);
      const probe = t.probe({ handleError() {} });
      const options = { ...named(peer), tls: await trust(t) };
      const error = await begin(t, probe, options).then(
        async () => (await probe.closed).error,
        (error: unknown) => error,
      );
      const kind = (error as { kind?: unknown } | undefined)?.kind;
      t.need(kind === "tls" || kind === "reset", `the error is ${String(error)}`);
      t.equal(probe.log.includes("end"), false, "whether an end was told");
      const { received } = await seen(peer, ({ open }) => !open, "the server has gone");
      t.equal(received, 0, "application bytes that the witness got");
    },
  },
  {
    ...common,
    id: "TLS-6.13",
    title: 'a certificate and a key that do not belong together are refused, kind "tls"',
    why: "Two files are mixed up on one machine: one runtime ends the whole process over it.",
    needs: ["tls", "clientCertificates"],
    async run(t: Context) {
      const { client, stranger } = await t.certificates();
      const peer = await t.peer([{ do: "tls", requestCert: true }, { do: "recv-end" }]);
      const probe = eager(t);
      const tls = { ...await trust(t), cert: client.cert, key: stranger.key };
      await t.rejects(() => begin(t, probe, { ...named(peer), tls }), "tls", "the two");
      t.equal(probe.log, [], "hooks called");
    },
  },
];
