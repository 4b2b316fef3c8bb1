/**
 * A port whose process has been stopped: the system answers for it until its backlog is full, and
 * from then on a connect stays pending. Needs no network, only signals.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type {
  Finished,
  FinishRequest,
  MadePeer,
  PeerRequest,
  Place,
  WitnessReport,
} from "../../wire.ts";
import type { Witnessed } from "./peer.ts";

/** When a connect has not been answered for so long, the backlog is full; in milliseconds. */
const PENDING = 60;

/** A peer of another witness, which sleeps. */
export class FrozenPeer implements Witnessed {
  readonly #child: ChildProcess;
  readonly #control: string;
  readonly #made: MadePeer;
  #fillers: Socket[] = [];
  #names = new Set<string>();
  #frozen = true;

  private constructor(child: ChildProcess, control: string, made: MadePeer) {
    this.#child = child;
    this.#control = control;
    this.#made = made;
  }

  /** Starts another witness from `entry`, lets it open the port, and stops it. */
  static async start(entry: string, request: PeerRequest): Promise<FrozenPeer> {
    const child = spawn(process.execPath, [entry, "--backlog=1"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const [line] = await once(createInterface(child.stdout!), "line") as [string];
      const { control } = JSON.parse(line) as { control: string };
      const made = await ask(`${control}/peers`, { ...request, frozen: false }) as MadePeer;
      child.kill("SIGSTOP");
      const peer = new FrozenPeer(child, control, made);
      await peer.#fill();
      return peer;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  get target(): Place {
    return this.#made.target;
  }

  get targets(): readonly Place[] {
    return this.#made.targets;
  }

  async report(after: number, wait: number): Promise<WitnessReport> {
    if (this.#frozen) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, PENDING)));
      return { version: 0, accepted: 0, refused: 0, connections: [], events: [] };
    }
    const report = await ask(`${this.#url}?after=${after}&wait=${wait}`) as WitnessReport;
    const connections = report.connections.filter(({ remote }) => !this.#names.has(remote));
    return { ...report, connections, accepted: connections.length };
  }

  async release(): Promise<void> {
    await ask(`${this.#url}/release`, {});
  }

  thaw(): Promise<void> {
    this.#frozen = false;
    for (const filler of this.#fillers) filler.destroy();
    this.#child.kill("SIGCONT");
    return Promise.resolve();
  }

  async finish(request: FinishRequest = {}): Promise<Finished> {
    const finished = this.#frozen
      ? { leaked: [] }
      : await ask(`${this.#url}/finish`, request) as Finished;
    for (const filler of this.#fillers) filler.destroy();
    this.#child.kill("SIGKILL");
    return finished;
  }

  get #url(): string {
    return `${this.#control}/peers/${this.#made.id}`;
  }

  /** Connects until nobody answers. */
  async #fill(): Promise<void> {
    const { target } = this;
    if (!("port" in target)) throw new Error("only a TCP port can be frozen");
    for (let i = 0; i < 16; i++) {
      const socket = connect({ host: target.hostname, port: target.port });
      socket.on("error", () => {});
      const answered = await Promise.race([
        once(socket, "connect").then(() => true),
        unanswered(),
      ]);
      if (!answered) {
        socket.destroy();
        return;
      }
      this.#fillers.push(socket);
      this.#names.add(`${socket.localAddress}:${socket.localPort}`);
    }
    throw new Error(
      "the port of a stopped process answers every connect: it cannot be frozen here",
    );
  }
}

/** An answer that came while we stood still is seen in the same turn as the timer, behind it. */
function unanswered(): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => setImmediate(() => resolve(false)), PENDING);
  });
}

async function ask(url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(
    url,
    body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
  );
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
