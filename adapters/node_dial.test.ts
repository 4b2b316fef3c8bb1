import { EventEmitter } from "node:events";
import { createServer, type Server, type Socket, type SocketConnectOpts } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dial, inTurn, Race } from "./node_dial.ts";
import { connectTarget } from "./options.ts";
import { capabilities } from "./node.ts";

describe("the order of addresses", () => {
  const all = (text: string) =>
    text.split(" ").map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  it.each([
    ["a", "a"],
    ["a b c", "a b c"],
    ["1: 2: 3: a", "1: a 2: 3:"],
    ["a 1: 2: 3:", "a 1: 2: 3:"],
    ["a b 1: 2:", "a 1: b 2:"],
  ])("%s is tried as %s", (given, tried) => {
    expect(inTurn(all(given))).toEqual(all(tried));
  });
});

class FakeSocket extends EventEmitter {
  place: SocketConnectOpts | undefined;
  destroyed = false;
  connect(place: SocketConnectOpts): void {
    this.place = place;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

const HEAD_START = 250;

describe("a race between addresses", () => {
  let sockets: FakeSocket[];
  let race: Race;
  const refused = (host: string) =>
    Object.assign(new Error(`connect ECONNREFUSED ${host}`), { code: "ECONNREFUSED" });

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    race = new Race(() => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as Socket;
    });
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  const begin = (...hosts: string[]) => race.start(hosts.map((host) => ({ host, port: 7 })));

  it("goes to the second when the first has not answered, and gives the first back", async () => {
    begin("a", "b");
    vi.advanceTimersByTime(HEAD_START - 1);
    expect(sockets.map(({ place }) => place)).toEqual([{ host: "a", port: 7 }]);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(2);
    sockets[1]!.emit("connect");
    expect(await race.won).toBe(sockets[1]);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  it("may be won by the first after the second has begun, and is, however long it takes", async () => {
    begin("a", "b");
    vi.advanceTimersByTime(HEAD_START);
    sockets[1]!.emit("error", refused("b"));
    vi.advanceTimersByTime(10_000);
    sockets[0]!.emit("connect");
    expect(await race.won).toBe(sockets[0]);
    expect(sockets[0]!.destroyed).toBe(false);
  });

  it("goes on at once when one has failed, and tells what each of them said", async () => {
    begin("a", "b");
    sockets[0]!.emit("error", refused("a"));
    expect(sockets).toHaveLength(2);
    sockets[1]!.emit("error", refused("b"));
    const error = await race.won.catch((error) => error);
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    expect(error.errors.map(String)).toEqual([String(refused("a")), String(refused("b"))]);
  });

  it("tells the only error as it is", async () => {
    begin("a");
    const error = refused("a");
    sockets[0]!.emit("error", error);
    await expect(race.won).rejects.toBe(error);
  });

  it("gives everything back when it is abandoned, the winner too, and begins nothing more", () => {
    begin("a", "b", "c");
    vi.advanceTimersByTime(HEAD_START);
    race.abandon();
    vi.advanceTimersByTime(HEAD_START);
    begin("d");
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    sockets[0]!.emit("error", refused("a"));
  });

  it("gives the winner back when that is too late", async () => {
    begin("a");
    sockets[0]!.emit("connect");
    await race.won;
    race.abandon();
    expect(sockets[0]!.destroyed).toBe(true);
  });
});

it("a connect that every address refuses says what each of them said", async () => {
  const port = await freePort();
  const target = connectTarget({ hostname: "localhost", port }, capabilities);
  const { socket, abandon } = dial(target, {});
  await expect(socket).rejects.toMatchObject({
    kind: "refused",
    code: "ECONNREFUSED",
    message: expect.stringContaining(`connect ECONNREFUSED 127.0.0.1:${port}`),
  });
  abandon();
});

async function freePort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return (address as { port: number }).port;
}
