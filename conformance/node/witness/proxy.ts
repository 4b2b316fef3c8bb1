/**
 * A proxy that breaks one connection as it is told to: plain sockets on both sides.
 *
 * @module
 */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { NetworkPlan } from "../../network.ts";
import { integerOf, randomOf } from "../../random.ts";
import type { Place } from "../../wire.ts";

/** Stands between the first who calls its port, and the place that it was given. */
export class Proxy {
  readonly #plan: NetworkPlan;
  readonly #to: Place;
  readonly #server: Server;
  readonly #random: () => number;
  #target: Place = { path: "" };
  #sockets: Socket[] = [];
  /** Settles when nothing stands still any more. */
  #still: Promise<void> | undefined;
  #release: () => void = () => {};
  #over = false;

  private constructor(plan: NetworkPlan, to: Place) {
    this.#plan = plan;
    this.#to = to;
    this.#random = randomOf(plan.seed);
    this.#server = createServer(
      { allowHalfOpen: true, pauseOnConnect: true },
      (near) => this.#accept(near),
    );
  }

  /** Opens its port. */
  static async open(plan: NetworkPlan, to: Place): Promise<Proxy> {
    const proxy = new Proxy(plan, to);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    const address = proxy.#server.address();
    if (typeof address === "object" && address !== null) {
      proxy.#target = { hostname: address.address, port: address.port };
    }
    return proxy;
  }

  /** Where it is called. */
  get target(): Place {
    return this.#target;
  }

  /** Ends what is left with FINs; answers who has not closed after so many milliseconds. */
  async finish(patience: number): Promise<string[]> {
    this.#over = true;
    this.#server.close();
    this.#release();
    const open = this.#sockets.filter((socket) => !socket.destroyed);
    for (const socket of open) {
      discard(socket);
      socket.end();
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, patience));
    await Promise.race([late, Promise.all(open.map((socket) => gone(socket)))]);
    clearTimeout(timer);
    const left = open.filter((socket) => !socket.destroyed);
    for (const socket of left) socket.destroy();
    return left.map((socket) => `${socket.remoteAddress}:${socket.remotePort} (at the proxy)`);
  }

  #accept(near: Socket): void {
    // One connection each: thousands of ports would be held else.
    this.#server.close();
    const to = this.#to;
    const far = connect({
      ...("path" in to ? to : { host: to.hostname, port: to.port }),
      allowHalfOpen: true,
    });
    this.#sockets = [near, far];
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      // What it means is seen where the socket is read, or written.
      socket.on("error", () => {});
    }
    far.once("connect", () => {
      void this.#carry(near, far, "there");
      void this.#carry(far, near, "back");
    });
    far.once("close", () => {
      if (!near.destroyed && far.connecting) near.resetAndDestroy();
    });
  }

  async #carry(from: Socket, to: Socket, way: NetworkPlan["way"]): Promise<void> {
    const { what, at } = this.#plan;
    const breaks = what !== "nothing" && this.#plan.way === way;
    let left = breaks ? at : Infinity;
    try {
      for (;;) {
        if (left === 0) return await this.#break(from, to);
        const chunk = await nextChunk(from);
        if (chunk === null) break;
        for (let begin = 0; begin < chunk.length && left > 0;) {
          await this.#still;
          if (this.#over) return;
          const size = Math.min(this.#size(), chunk.length - begin, left);
          await write(to, chunk.subarray(begin, begin + size));
          begin += size;
          left -= size;
          await this.#pause();
        }
      }
      await this.#still;
      if (!this.#over) to.end();
    } catch {
      // One side is gone, so the other is told: by a reset, as a proxy cannot know more.
      if (this.#over || this.#still !== undefined) return;
      for (const socket of [from, to]) if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  async #break(from: Socket, to: Socket): Promise<void> {
    const { what, hold } = this.#plan;
    if (what === "stall" || hold > 0) {
      this.#still = new Promise((resolve) => this.#release = resolve);
      if (what === "stall") return;
      await new Promise((resolve) => setTimeout(resolve, hold));
      this.#still = undefined;
      this.#release();
    }
    if (this.#over) return;
    if (what === "fin") {
      discard(from);
      to.end();
    } else {
      from.resetAndDestroy();
      to.resetAndDestroy();
    }
  }

  #size(): number {
    return integerOf(this.#random, 1, this.#plan.segment);
  }

  /** At least a turn, so that each segment has a packet of its own. */
  #pause(): Promise<void> {
    const milliseconds = integerOf(this.#random, 0, this.#plan.pause);
    return new Promise((resolve) => {
      if (milliseconds === 0) setImmediate(resolve);
      else setTimeout(resolve, milliseconds);
    });
  }
}

/** What has come; `null` behind the FIN. Rejects when the socket is gone. */
async function nextChunk(socket: Socket): Promise<Uint8Array | null> {
  for (;;) {
    const chunk = socket.read() as Uint8Array | null;
    if (chunk !== null) return chunk;
    if (socket.readableEnded) return null;
    if (socket.destroyed) throw new Error("the socket is gone");
    await new Promise<void>((resolve) => {
      const wake = () => {
        socket.off("readable", wake).off("end", wake).off("close", wake);
        resolve();
      };
      socket.on("readable", wake).on("end", wake).on("close", wake);
    });
  }
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => error ? reject(error) : resolve());
  });
}

/** Reads what still comes, and drops it. */
function discard(socket: Socket): void {
  socket.removeAllListeners("readable");
  socket.on("data", () => {}).resume();
}

/** Not by `once`, which an error would make reject. */
function gone(socket: Socket): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
