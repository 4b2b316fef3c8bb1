/**
 * TLS: as a server, and who calls it.
 *
 * @module
 */

import type { TlsOptions } from "../../core/tls.ts";
import type { Case, Context, Listening, Step } from "../case.ts";
import { ECHO, hasEnded, kindOf, seen } from "./meeting.ts";

const common = { level: "MUST", role: "server", needs: ["serverTls"] } as const;

const ASK: readonly Step[] = [
  { do: "text", text: "?" },
  { do: "recv", bytes: 1 },
  { do: "fin" },
  { do: "recv-end" },
];

/** Accepts with the good certificate, and echoes. */
async function listen(t: Context, tls: TlsOptions = {}): Promise<Listening> {
  const { good } = await t.certificates();
  return t.listen(() => ECHO, { tls: { ...good, ...tls } });
}

/** Fails unless somebody who does it right gets its echo; answers what it has seen of TLS. */
async function needServed(t: Context, { target }: Listening, step: Partial<Step> = {}) {
  const peer = await t.dial(target, [{ ...step, do: "tls" }, ...ASK]);
  const { text, tls } = await seen(peer, ({ fin, open }) => fin || !open, "the caller is served");
  t.equal([text, tls?.error], ["?", undefined], "what the caller got, and what went wrong");
  return tls;
}

/** Fails unless a caller that does it wrong is left with nothing, and harms nobody. */
async function needHarmless(t: Context, program: readonly Step[], times = 1): Promise<void> {
  const listening = await listen(t);
  const peer = await t.dial(listening.target, program, times);
  await needServed(t, listening);
  await peer.release();
  await peer.until(
    ({ connections }) => connections.length === times && connections.every(hasEnded),
    "we have gone",
  );
  for (const { received } of (await peer.report()).connections) {
    t.need(received < 100, `it was told ${received} bytes: more than an alert`);
  }
  t.equal(listening.probes.length, 1, "conversations, with that of the one who was served");
  await t.settle();
  // Where connections come from elsewhere, that is where it is told.
  const reported = t.takeReported();
  for (const error of reported) t.need(kindOf(error) !== undefined, `reported: ${String(error)}`);
  t.info("errors reported", reported.length);
}

/** The cases of TLS as a server. */
export const tlsServer: readonly Case[] = [
  {
    ...common,
    id: "TLS-1.10",
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
      const { tls } = probe!.chat;
      t.need(tls !== undefined, "nothing is said about TLS, which is spoken");
      probe!.chat.closeWhenDone();
      await probe!.closed;
      t.equal(probe!.chat.tls, tls, "what is said about TLS when all is over");
    },
  },
  {
    ...common,
    id: "TLS-5.1",
    title: "a caller that speaks plaintext to a TLS port is no conversation, and harms nobody",
    why: "Old clients, health checks and scanners do it all day.",
    run: (t) =>
      needHarmless(t, [{ do: "text", text: "GET / HTTP/1.1\r\nHost: x\r\n\r\n" }, {
        do: "recv-end",
      }]),
  },
  {
    ...common,
    id: "TLS-5.2",
    title:
      "a caller that leaves before its handshake, by a FIN, is no conversation, and harms nobody",
    why: "So does every probe that only looks whether the port is open.",
    run: (t) => needHarmless(t, [{ do: "fin" }, { do: "recv-end" }]),
  },
  {
    ...common,
    id: "TLS-5.3",
    title: "20 callers that reset before their handshake are no conversations, and harm nobody",
    why:
      "A port scan does this. On one runtime it ended every server that accepts in a plain loop.",
    run: (t) => needHarmless(t, [{ do: "reset" }], 20),
  },
  {
    ...common,
    id: "TLS-5.4",
    title: "callers that say nothing at all do not keep others from their handshake",
    why: "One silent caller would be enough to stop a server that makes one handshake at a time.",
    run: (t) => needHarmless(t, [{ do: "hold" }, { do: "reset" }], 5),
  },
  {
    ...common,
    id: "TLS-5.5",
    title: "a caller that refuses our certificate is no conversation, and harms nobody",
    why: "It takes the handshake to know, and half of it is done by then.",
    async run(t: Context) {
      const listening = await listen(t);
      const peer = await t.dial(listening.target, [
        { do: "tls", serverName: "elsewhere.test" },
        { do: "text", text: "never said" },
      ]);
      const { tls } = await seen(peer, ({ open }) => !open, "the caller has gone");
      t.equal(tls?.secure, false, "whether TLS was spoken");
      await needServed(t, listening);
      // In TLS 1.3 the server is done when the client is; then it hears of it as of any end.
      for (const { received } of listening.probes.slice(0, -1)) {
        t.equal(received, 0, "bytes told by the caller that refused");
      }
      await t.settle();
      t.info("errors reported", t.takeReported().length);
    },
  },
  {
    ...common,
    id: "TLS-5.6",
    title:
      'what went wrong in a handshake is reported by the listener, kind "tls", with the caller',
    why: "An expired certificate shows at the server as nothing but callers that fail.",
    needs: ["serverTls", "listen"],
    async run(t: Context) {
      const peers: string[] = [];
      const errors: unknown[] = [];
      const { good } = await t.certificates();
      const listening = await t.listen(() => ECHO, {
        tls: good,
        onerror: (error, peer) => {
          errors.push(error);
          peers.push(peer);
        },
      });
      const peer = await t.dial(listening.target, [
        { do: "text", text: "hello, hello, hello\r\n" },
        { do: "recv-end" },
      ]);
      await t.eventually(() => errors.length > 0, "the error is reported");
      t.equal(errors.map(kindOf), ["tls"], "the kinds");
      t.need(peers[0]?.startsWith("127.0.0.1:"), `the caller is ${peers[0]}`);
      await seen(peer, hasEnded, "we have gone");
    },
  },
  {
    ...common,
    id: "TLS-5.7",
    title: "a listener that is closed serves nobody who was about to make a handshake",
    why: "A conversation would begin on a server that is gone, and nobody would ever end it.",
    needs: ["serverTls", "listen"],
    async run(t: Context) {
      const listening = await listen(t);
      const peer = await t.dial(listening.target, [
        { do: "hold" },
        { do: "tls" },
        ...ASK,
      ]);
      await peer.until(({ connections }) => connections.length === 1, "the caller is there");
      await t.settle();
      await t.within(listening.close(), 5_000, "close()");
      await peer.release();
      const { text } = await seen(peer, hasEnded, "the caller is cut off");
      t.equal([listening.probes.length, text], [0, ""], "conversations, and what the caller got");
      await t.settle();
      t.info("errors reported", t.takeReported().length);
    },
  },
  {
    ...common,
    id: "TLS-5.8",
    title: "a caller that was cut off in its handshake is reported by its address, once",
    why: "Whoever bans by address must be told it, also of a caller that has gone.",
    needs: ["serverTls", "listen"],
    async run(t: Context) {
      const reported: [kind: string | undefined, peer: string][] = [];
      const { good } = await t.certificates();
      const listening = await t.listen(() => ECHO, {
        tls: good,
        onerror: (error, peer) => reported.push([kindOf(error), peer]),
      });
      // The beginning of a ClientHello of 512 bytes, and no more.
      const peer = await t.dial(listening.target, [
        { do: "text", text: "\x16\x03\x01\x02\0\x01" },
        { do: "fin" },
        { do: "recv-end" },
      ]);
      const { remote } = await seen(peer, hasEnded, "we have gone");
      await t.eventually(() => reported.length > 0, "the error is reported");
      await t.settle();
      t.equal(reported.map(([kind]) => kind), ["tls"], "the kinds");
      t.need(/^127\.0\.0\.1:[1-9]\d*$/.test(reported[0]![1]), `the caller is ${reported[0]![1]}`);
      t.need(reported[0]![1] !== remote, "the caller is reported by our own address");
    },
  },
  {
    ...common,
    id: "TLS-6.10",
    title: "of the protocols that a caller offers (ALPN) the server chooses one it speaks too",
    why: "What is spoken next hangs on it: HTTP/2 or HTTP/1.1.",
    needs: ["serverTls", "alpn"],
    async run(t: Context) {
      const listening = await listen(t, { alpn: ["first", "second"] });
      const tls = await needServed(t, listening, { alpn: ["b", "second"] });
      t.equal(tls?.alpn, "second", "what the caller was told");
      t.equal(listening.probes[0]!.chat.tls?.alpn, "second", "what we were told");
    },
  },
  {
    ...common,
    id: "TLS-6.11",
    title: "a server that asks for certificates serves a caller that has one of its authority",
    why: "In many places it is the password.",
    needs: ["serverTls", "requestsCertificates"],
    async run(t: Context) {
      const listening = await listen(t, await asking(t));
      await needServed(t, listening, { certificate: "client" });
    },
  },
  {
    ...common,
    id: "TLS-6.12",
    title: "it serves nobody who has none, or one of another authority: no byte of theirs is told",
    why: "Whoever asks and then takes anybody has no password at all.",
    needs: ["serverTls", "requestsCertificates"],
    async run(t: Context) {
      const listening = await listen(t, await asking(t));
      for (const certificate of [undefined, "stranger"] as const) {
        const peer = await t.dial(listening.target, [
          { do: "tls", ...(certificate === undefined ? {} : { certificate }) },
          { do: "text", text: "let me in\r\n" },
          { do: "recv-end" },
        ]);
        const { received } = await seen(peer, hasEnded, "we have gone");
        t.equal(received, 0, "bytes that the caller got");
      }
      for (const { received } of listening.probes) t.equal(received, 0, "bytes told");
      await needServed(t, listening, { certificate: "client" });
      t.info("errors reported", t.takeReported().length);
    },
  },
  {
    ...common,
    id: "TLS-6.14",
    title: 'listening with a certificate and a key that do not belong together rejects, kind "tls"',
    why: "A server that comes up with them serves nobody, and every caller is told something else.",
    needs: ["serverTls", "listen"],
    async run(t: Context) {
      const { good, stranger } = await t.certificates();
      const tls = { cert: good.cert, key: stranger.key };
      await t.rejects(() => t.listen(() => ECHO, { tls }), "tls", "the two");
    },
  },
];

async function asking(t: Context): Promise<TlsOptions> {
  return { ca: (await t.certificates()).ca, requestCert: true };
}
