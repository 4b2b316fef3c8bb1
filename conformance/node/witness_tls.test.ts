// The witness's TLS against Node's own, and the certificates against Node's verification.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Seen, Step } from "../case.ts";
import type { Certificates } from "../certificates.ts";
import { Patience } from "../patience.ts";
import { Witness, type WitnessPeer } from "../witness.ts";
import { type RunningWitness, startWitness } from "./witness/control.ts";
import { Records } from "./witness/records.ts";

const LATE = 20_000;
const sockets: Socket[] = [];
const peers: WitnessPeer[] = [];
let running: RunningWitness;
let witness: Witness;
let certificates: Certificates;

beforeAll(async () => {
  running = await startWitness();
  witness = new Witness(running.control);
  certificates = await witness.certificates();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(peers.splice(0).map((peer) => peer.finish().catch(() => {})));
});
afterAll(() => running.close());

async function peerWith(program: readonly Step[]): Promise<WitnessPeer> {
  const peer = await witness.peer({ program, seed: 1 }, new Patience(LATE));
  peers.push(peer);
  return peer;
}

function plain(peer: WitnessPeer): Socket {
  const socket = connectPlain({ host: "127.0.0.1", port: peer.target.port!, allowHalfOpen: true });
  sockets.push(socket.on("error", () => {}));
  return socket;
}

function secure(socket: Socket, options: object = {}): TLSSocket {
  const { ca } = certificates;
  return connect({ socket, host: "localhost", servername: "localhost", ca, ...options })
    .on("error", () => {});
}

async function seen(peer: WitnessPeer, what: (seen: Seen) => boolean): Promise<Seen> {
  const report = await peer.until(
    ({ connections: [first] }) => first !== undefined && what(first),
    String(what),
  );
  return report.connections[0]!;
}

describe("the certificates", () => {
  it("are what they are called", () => {
    const ca = new X509Certificate(certificates.ca);
    const { good, expired, wrongName, client, unknownCa, stranger } = certificates;
    const known = [good, expired, wrongName, client].map(({ cert }) => new X509Certificate(cert));
    const others = [unknownCa, stranger].map(({ cert }) => new X509Certificate(cert));
    for (const each of known) expect(each.verify(ca.publicKey)).toBe(true);
    for (const each of others) expect(each.verify(ca.publicKey)).toBe(false);
    expect(ca.ca).toBe(true);
    expect([...known, ...others].some((each) => each.ca)).toBe(false);
    expect(known[0]!.checkHost("localhost")).toBe("localhost");
    expect(known[0]!.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(known[2]!.checkHost("localhost")).toBeUndefined();
    expect(Date.parse(known[1]!.validTo)).toBeLessThan(Date.now());
    expect(Date.parse(known[0]!.validTo)).toBeGreaterThan(Date.now());
  });

  it("are the same for a whole run, and others in the next", async () => {
    expect(await witness.certificates()).toEqual(certificates);
    const another = await startWitness();
    expect(await new Witness(another.control).certificates()).not.toEqual(certificates);
    await another.close();
  });
});

describe("the witness with TLS", () => {
  it("tells plaintext from what came encrypted, in one segment with the handshake or not", async () => {
    const peer = await peerWith([
      { do: "recv", bytes: 5 },
      { do: "tls", alpn: ["b", "a"], requestCert: true },
      { do: "text", text: "secret answer" },
      { do: "recv-end" },
      { do: "fin" },
    ]);
    const socket = plain(peer);
    socket.write("hello");
    const tls = secure(socket, { ...certificates.client, ALPNProtocols: ["a"] });
    const [answer] = await once(tls, "data") as [Buffer];
    tls.end("secret");
    const { received, text, fin, tls: told } = await seen(peer, ({ fin }) => fin);
    expect([answer.toString(), received, text, fin]).toEqual([
      "secret answer",
      11,
      "hellosecret",
      true,
    ]);
    expect(told).toEqual({
      secure: true,
      received: 6,
      text: "secret",
      alpn: "a",
      serverName: "localhost",
      subject: "client",
    });
  });

  it.each([
    ["no certificate", {}, true],
    ["an unknown one", { certificate: "stranger" }, true],
    ["nobody's trust", { ca: [] }, false],
  ])("gets nothing from a client with %s, and says why", async (_, who, requestCert) => {
    const peer = await peerWith([{ do: "tls", requestCert }, { do: "recv-end" }]);
    const { certificate, ...options } = who as { certificate?: "stranger" };
    const shown = certificate === undefined ? {} : certificates[certificate];
    secure(plain(peer), { ...shown, ...options }).write("secret");
    const { received, tls } = await seen(peer, ({ open }) => !open);
    expect([received, tls?.secure, typeof tls?.error]).toEqual([0, false, "string"]);
  });

  it("as a client believes nobody of another name, and sends a header with its hello", async () => {
    const server = createServer({ ...certificates.good }, (socket) => socket.on("error", () => {}));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const target = { hostname: "127.0.0.1", port };
    const call = async (program: readonly Step[]) => {
      const request = { target, program, seed: 1, times: 1 };
      const peer = await witness.call(request, new Patience(LATE));
      peers.push(peer);
      return seen(peer, ({ tls }) => tls?.secure === true || tls?.error !== undefined);
    };
    expect((await call([{ do: "tls" }])).tls).toMatchObject({ secure: true, subject: "localhost" });
    const { tls } = await call([{ do: "tls", serverName: "elsewhere.test" }]);
    expect([tls?.secure, tls?.error]).toEqual([false, "ERR_TLS_CERT_ALTNAME_INVALID"]);
    // A header is no TLS, and this server wants nothing else.
    expect((await call([{ do: "tls", header: "PROXY\r\n" }])).tls?.secure).toBe(false);
    server.close();
  });

  it.each([["fin", true], ["cut", false]] as const)(
    "ends by %s, with a close_notify or without, which another witness tells apart",
    async (step, notified) => {
      const called = await peerWith([{ do: "tls", watched: true }, { do: "recv-end" }]);
      const request = {
        target: { hostname: "127.0.0.1", port: called.target.port! },
        program: [{ do: "tls" }, { do: "text", text: "words" }, { do: step }] as const,
        seed: 1,
        times: 1,
      };
      peers.push(await witness.call(request, new Patience(LATE)));
      const { tls } = await seen(called, ({ tls }) => tls?.notified !== undefined);
      expect([tls?.text, tls?.notified]).toEqual(["words", notified]);
    },
  );
});

describe("records", () => {
  it("end with an alert, in plaintext or as TLS 1.3 hides it, however they are cut", () => {
    const record = (kind: number, size: number) => [kind, 3, 3, 0, size, ...Array(size).fill(7)];
    const stream = (...all: number[][]) => Uint8Array.from(all.flat());
    const cut = (bytes: Uint8Array, piece: number) => {
      const records = new Records();
      for (let at = 0; at < bytes.length; at += piece) records.add(bytes.subarray(at, at + piece));
      return records.endsWithAlert;
    };
    for (const piece of [1, 3, 7, 1000]) {
      expect(cut(stream(record(22, 40), record(23, 50)), piece)).toBe(false);
      expect(cut(stream(record(23, 50), record(23, 19)), piece)).toBe(true);
      expect(cut(stream(record(23, 50), record(21, 2)), piece)).toBe(true);
      expect(cut(stream(record(23, 19), record(23, 50).slice(0, 9)), piece)).toBe(false);
    }
  });
});
