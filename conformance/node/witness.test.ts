// The witness against plain sockets: what it tells must be true before anything can rest on it.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PeerOptions, PeerReport, Seen, Step } from "../case.ts";
import type { NetworkPlan } from "../network.ts";
import { streamOf } from "../stream.ts";
import { Patience } from "../patience.ts";
import { Witness, type WitnessPeer } from "../witness.ts";
import { type RunningWitness, startWitness } from "./witness/control.ts";

const SEED = 5;
const stream = streamOf(SEED);
const sockets: Socket[] = [];
const peers: WitnessPeer[] = [];
let running: RunningWitness;
let witness: Witness;

beforeAll(async () => {
  const entry = join(import.meta.dirname, "../../dist/conformance/node/witness.js");
  running = await startWitness({ entry });
  witness = new Witness(running.control);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(peers.splice(0).map((peer) => peer.finish().catch(() => {})));
});
afterAll(() => running.close());

async function peerWith(program: readonly Step[], options: PeerOptions = {}) {
  const peer = await witness.peer({ program, seed: SEED, ...options }, new Patience(10_000));
  peers.push(peer);
  return peer;
}

function call(peer: WitnessPeer, target: WitnessPeer["target"] = peer.target): Socket {
  const { hostname, port, path } = target;
  const socket = connect({
    ...(path === undefined ? { host: hostname!, port: port! } : { path }),
    allowHalfOpen: true,
  });
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

async function seenBy(peer: WitnessPeer, what: (seen: Seen) => boolean): Promise<Seen> {
  const first = ({ connections }: PeerReport) => connections[0];
  const report = await peer.until((told) => {
    const seen = first(told);
    return seen !== undefined && what(seen);
  }, String(what));
  return first(report)!;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Resolves with the error that a socket ends with. Node 20 tells an end for a reset that it finds
 * together with the last bytes; the next write finds what was hidden.
 */
function errorOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => {
    socket.resume().once("error", resolve).once("end", () => socket.write("", resolve));
  });
}

describe("the witness", () => {
  it("counts, keeps text and sees a FIN", async () => {
    const peer = await peerWith([]);
    call(peer).end("hello");
    const seen = await seenBy(peer, ({ fin }) => fin);
    expect(seen).toMatchObject({ received: 5, sent: 0, text: "hello", reset: false, open: true });
  });

  it("names the caller as the caller names itself", async () => {
    const peer = await peerWith([]);
    const socket = call(peer);
    await once(socket, "connect");
    const { connections: [seen] } = await peer.until(({ accepted }) => accepted === 1, "a call");
    expect(seen!.remote).toBe(`127.0.0.1:${socket.localPort}`);
  });

  it("tells a reset from an end, and resets", async () => {
    const reset = await peerWith([{ do: "recv", bytes: 1 }, { do: "reset" }]);
    const socket = call(reset);
    const [error] = await (socket.write("x"), once(socket, "error"));
    expect(error).toMatchObject({ code: "ECONNRESET" });

    const peer = await peerWith([]);
    const other = call(peer);
    await once(other, "connect");
    other.write("x");
    await seenBy(peer, ({ received }) => received === 1);
    other.resetAndDestroy();
    expect(await seenBy(peer, ({ open }) => !open)).toMatchObject({ reset: true, fin: false });
  });

  it("sends the stream of its seed, then text, then a FIN", async () => {
    const peer = await peerWith([
      { do: "send", bytes: 300_000 },
      { do: "send", bytes: 100_000, piece: 4_000 },
      { do: "text", text: "bye", piece: 1 },
      { do: "fin" },
    ]);
    const got = await readAll(call(peer));
    expect(stream.check(got.subarray(0, 400_000), 0)).toBeUndefined();
    expect(got.subarray(400_000).toString()).toBe("bye");
    expect(await seenBy(peer, ({ sent }) => sent === 400_003)).toMatchObject({ received: 0 });
  });

  it("finds the first wrong byte of what it receives", async () => {
    const right = await peerWith([{ do: "recv-end" }]);
    call(right).end(stream.slice(0, 100_000));
    expect((await seenBy(right, ({ fin }) => fin)).wrong).toBeUndefined();

    const wrong = await peerWith([{ do: "recv-end" }]);
    call(wrong).end(Buffer.concat([stream.slice(0, 1_000), stream.slice(500, 2_000)]));
    const { wrong: words } = await seenBy(wrong, ({ fin }) => fin);
    expect(words).toBe("byte 1000: the bytes of offset 500 (repeated or late)");
  });

  it("echoes what earlier steps have not taken", async () => {
    const peer = await peerWith([{ do: "recv", bytes: 3 }, { do: "echo" }, { do: "fin" }]);
    const socket = call(peer);
    socket.end("abcdefg");
    expect((await readAll(socket)).toString()).toBe("defg");
  });

  it("holds until it is released, once for each hold", async () => {
    const peer = await peerWith([
      { do: "hold" },
      { do: "text", text: "1" },
      { do: "hold" },
      { do: "text", text: "2" },
      { do: "fin" },
    ]);
    const socket = call(peer);
    const [none] = [(await peer.until(({ accepted }) => accepted === 1, "a call")).connections];
    expect(none[0]!.sent).toBe(0);
    await peer.release();
    await seenBy(peer, ({ sent }) => sent === 1);
    await peer.release();
    expect((await readAll(socket)).toString()).toBe("12");
  });

  it("does not read while it pauses, and reads at the rate it is told", async () => {
    const peer = await peerWith([
      { do: "pause" },
      { do: "hold" },
      { do: "resume", rate: 4_000_000 },
      { do: "recv-end" },
    ]);
    const size = 8_000_000;
    const socket = call(peer);
    socket.end(stream.slice(0, size));
    const { connections } = await peer.until(({ accepted }) => accepted === 1, "a call");
    expect(connections[0]!.received).toBe(0);
    expect(socket.writableLength).toBeGreaterThan(0);
    const begun = performance.now();
    await peer.release();
    const { received, wrong } = await seenBy(peer, ({ fin }) => fin);
    expect(performance.now() - begun).toBeGreaterThan(1_500);
    expect([received, wrong]).toEqual([size, undefined]);
  });

  it("calls, as often as it is told, and counts who refuses", async () => {
    const server = createServer((socket) => socket.resume().end("hi"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as { port: number };
    const request = { target: { hostname: "127.0.0.1", port }, program: [], seed: SEED };
    const peer = await witness.call({ ...request, times: 3 }, new Patience(10_000));
    peers.push(peer);
    const report = await peer.until(
      ({ connections }) => connections.every(({ fin }) => fin),
      "three FINs",
    );
    expect(report).toMatchObject({ accepted: 3, refused: 0 });
    expect(report.connections.map(({ text }) => text)).toEqual(["hi", "hi", "hi"]);
    await peer.finish();
    await new Promise((resolve) => server.close(resolve));
    const refused = await witness.call({ ...request, times: 2 }, new Patience(10_000));
    expect(await refused.report()).toMatchObject({ accepted: 0, refused: 2 });
  });

  it("listens on unix sockets, and has free paths for others", async () => {
    const peer = await peerWith([{ do: "echo" }, { do: "fin" }], { unix: true });
    const socket = call(peer);
    socket.end("over a path");
    expect((await readAll(socket)).toString()).toBe("over a path");
    expect(existsSync(peer.target.path!)).toBe(true);
    const path = await witness.path();
    expect([existsSync(path), path === peer.target.path]).toEqual([false, false]);
  });

  it("freezes a port until it is thawed", async () => {
    const peer = await peerWith([{ do: "text", text: "warm" }, { do: "fin" }], { frozen: true });
    const socket = call(peer);
    let connected = false;
    socket.once("connect", () => connected = true);
    expect((await peer.report()).accepted).toBe(0);
    await Promise.all([witness.ping(), witness.ping(), witness.ping()]);
    expect(connected).toBe(false);
    await peer.thaw();
    expect((await readAll(socket)).toString()).toBe("warm");
    expect((await peer.report()).accepted).toBe(1);
  });

  it("finishes with a FIN, and tells who did not answer it", async () => {
    const [polite, deaf] = [await peerWith([{ do: "hold" }]), await peerWith([{ do: "hold" }])];
    const answering = call(polite);
    answering.on("end", () => answering.end()).resume();
    await once(answering, "connect");
    const silent = call(deaf);
    await once(silent, "connect");
    await polite.until(({ accepted }) => accepted === 1, "a call");
    await deaf.until(({ accepted }) => accepted === 1, "a call");
    expect(await polite.finish()).toEqual({ leaked: [] });
    expect(await deaf.finish()).toEqual({ leaked: [`127.0.0.1:${silent.localPort}`] });
    await expect(polite.report()).rejects.toThrow("there is no peer");
  });
});

describe("a network that breaks", () => {
  const PLAN: NetworkPlan = {
    seed: 3,
    segment: 50,
    pause: 1,
    what: "nothing",
    way: "there",
    at: 0,
    hold: 0,
  };
  const ECHO: readonly Step[] = [{ do: "echo" }, { do: "fin" }];

  async function through(plan: Partial<NetworkPlan>) {
    const peer = await peerWith(ECHO, { networks: [{ ...PLAN, ...plan }] });
    const socket = call(peer, peer.targets[0]);
    socket.end(stream.slice(0, 1_000));
    return { peer, socket };
  }

  it("carries everything, both ways, and both ends", async () => {
    const { peer, socket } = await through({});
    expect(stream.check(await readAll(socket), 0)).toBeUndefined();
    const { received, fin, wrong } = await seenBy(peer, ({ open }) => !open);
    expect([received, fin, wrong]).toEqual([1_000, true, undefined]);
    expect((await peer.report()).accepted).toBe(1);
  });

  it.each([0, 1, 100])("ends one way after %s bytes, and lets the other go on", async (at) => {
    const { peer, socket } = await through({ what: "fin", at, hold: 5 });
    const echoed = await readAll(socket);
    expect([echoed.length, stream.check(echoed, 0)]).toEqual([at, undefined]);
    expect(await seenBy(peer, ({ open }) => !open)).toMatchObject({ received: at, fin: true });
    const back = await through({ what: "fin", way: "back", at });
    expect((await readAll(back.socket)).length).toBe(at);
    expect(await seenBy(back.peer, ({ open }) => !open)).toMatchObject({ received: 1_000 });
  });

  it("resets both ways", async () => {
    const peer = await peerWith(ECHO, { networks: [{ ...PLAN, what: "reset", at: 300 }] });
    const socket = call(peer, peer.targets[0]);
    // No end of ours: behind that nothing can be written to find a hidden reset with.
    socket.write(stream.slice(0, 1_000));
    expect(await errorOf(socket)).toMatchObject({ code: "ECONNRESET" });
    const { received, wrong, fin, reset } = await seenBy(peer, ({ open }) => !open);
    expect(received).toBeLessThanOrEqual(300);
    expect([wrong, fin || reset]).toEqual([undefined, true]);
  });

  it("stalls, and names who has not closed", async () => {
    const { peer, socket } = await through({ what: "stall", at: 300 });
    socket.resume();
    await seenBy(peer, ({ received }) => received === 300);
    const { leaked } = await peer.finish();
    expect(leaked).toEqual([]);
    const open = await peerWith(ECHO, { networks: [{ ...PLAN, what: "stall" }] });
    call(open, open.targets[0]);
    await seenBy(open, () => true);
    expect((await open.finish()).leaked).toEqual([expect.stringMatching(/at the proxy/)]);
  });

  it("stands between a caller and whom it calls, too", async () => {
    const server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const networks = [100, 200].map((at) => ({ ...PLAN, what: "fin" as const, at }));
    const request = {
      target: { hostname: "127.0.0.1", port },
      program: [{ do: "send" as const, bytes: 1_000 }, { do: "recv-end" as const }],
      seed: SEED,
      times: 0,
      networks,
    };
    const peer = await witness.call(request, new Patience(10_000));
    peers.push(peer);
    const { connections } = await peer.until(
      (report) => report.connections.every(({ fin }) => fin),
      "all is over",
    );
    expect(connections.map(({ received }) => received).sort()).toEqual([100, 200]);
    server.close();
  });
});
