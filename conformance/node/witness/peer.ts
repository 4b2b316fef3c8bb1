/**
 * A port, or a batch of calls, and everything that was seen there.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Step } from "../../case.ts";
import type { Certificates } from "../../certificates.ts";
import type { NetworkPlan } from "../../network.ts";
import type {
  CallRequest,
  Finished,
  FinishRequest,
  Happened,
  PeerRequest,
  Place,
  WitnessReport,
} from "../../wire.ts";
import { Connection } from "./connection.ts";
import { Proxy } from "./proxy.ts";
import type { Role } from "./tls.ts";

/** How long the other side has to close its sockets after our FIN, unless told, in milliseconds. */
const PATIENCE = 2_000;
/** Events that are kept. */
const EVENTS = 200;

/** What the control asks of whatever stands behind an id. */
export interface Witnessed {
  readonly target: Place;
  /** The same behind each of the networks that were asked for. */
  readonly targets: readonly Place[];
  /** What has been seen; when that is no news since version `after`, waits for some. */
  report(after: number, wait: number): Promise<WitnessReport>;
  release(): Promise<void>;
  thaw(): Promise<void>;
  finish(request?: FinishRequest): Promise<Finished>;
}

/** Connections that run one program. */
export class Peer implements Witnessed {
  readonly #program: readonly Step[];
  readonly #seed: number;
  readonly #role: Role;
  readonly #certificates: () => Promise<Certificates>;
  readonly #connections: Connection[] = [];
  readonly #events: Happened[] = [];
  #server: Server | undefined;
  #target: Place = { path: "" };
  #proxies: readonly Proxy[] = [];
  #releases = 0;
  #refused = 0;
  #version = 1;
  #onchange: (() => void)[] = [];

  private constructor(
    { program, seed }: Pick<CallRequest, "program" | "seed">,
    role: Role,
    certificates: () => Promise<Certificates>,
  ) {
    this.#program = program;
    this.#seed = seed;
    this.#role = role;
    this.#certificates = certificates;
  }

  /** Opens a port, or a unix socket. */
  static async listen(
    request: Pick<PeerRequest, "program" | "seed" | "networks">,
    at: { path: string } | { backlog: number },
    certificates: () => Promise<Certificates>,
  ): Promise<Peer> {
    const peer = new Peer(request, "server", certificates);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      peer.#add(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      const where = "path" in at ? at : { host: "127.0.0.1", port: 0, backlog: at.backlog };
      server.listen(where, resolve);
    });
    const address = server.address();
    peer.#server = server;
    peer.#target = typeof address === "object" && address !== null
      ? { hostname: address.address, port: address.port }
      : { path: address ?? "" };
    peer.#proxies = await proxiesTo(peer.#target, request.networks);
    return peer;
  }

  /** Connects to somebody else, and resolves when every call has been answered or refused. */
  static async call(
    request: CallRequest,
    certificates: () => Promise<Certificates>,
  ): Promise<Peer> {
    const { target, times, networks } = request;
    const peer = new Peer(request, "client", certificates);
    peer.#target = target;
    peer.#proxies = await proxiesTo(target, networks);
    const direct = Array.from({ length: times }, () => target);
    const targets = networks === undefined ? direct : peer.targets;
    await Promise.all(targets.map((each) => peer.#call(each)));
    return peer;
  }

  get target(): Place {
    return this.#target;
  }

  get targets(): readonly Place[] {
    return this.#proxies.map((proxy) => proxy.target);
  }

  async report(after: number, wait: number): Promise<WitnessReport> {
    if (after >= this.#version) await this.#news(wait);
    const brief = this.#connections.length > 64;
    return {
      version: this.#version,
      accepted: this.#connections.length,
      refused: this.#refused,
      connections: this.#connections.map((connection) => connection.seen(brief)),
      events: this.#events,
    };
  }

  release(): Promise<void> {
    this.#releases++;
    for (const connection of this.#connections) connection.look();
    return Promise.resolve();
  }

  thaw(): Promise<void> {
    return Promise.reject(new Error("this peer has not been frozen"));
  }

  async finish({ patience = PATIENCE }: FinishRequest = {}): Promise<Finished> {
    this.#server?.close();
    const open = this.#connections.filter((connection) => connection.isOpen);
    for (const connection of open) connection.finish();
    const finishing = this.#proxies.map((proxy) => proxy.finish(patience));
    const deadline = performance.now() + patience;
    while (open.some((connection) => connection.isOpen) && performance.now() < deadline) {
      await this.#news(deadline - performance.now());
    }
    const leaked = open.filter((connection) => connection.isOpen);
    for (const connection of leaked) connection.plain.destroy();
    const behind = (await Promise.all(finishing)).flat();
    return { leaked: [...leaked.map((connection) => connection.remote), ...behind] };
  }

  #call(target: Place): Promise<void> {
    const socket = connect({
      ...("path" in target ? target : { host: target.hostname, port: target.port }),
      allowHalfOpen: true,
    });
    return new Promise((resolve) => {
      const onerror = () => {
        this.#refused++;
        this.#changed();
        resolve();
      };
      socket.once("error", onerror);
      socket.once("connect", () => {
        socket.off("error", onerror);
        this.#add(socket);
        resolve();
      });
    });
  }

  #add(socket: Socket): void {
    const index = this.#connections.length;
    const happened = (what: string) => {
      if (this.#events.length < EVENTS) this.#events.push({ at: now(), connection: index, what });
    };
    happened("connected");
    this.#connections.push(
      new Connection(socket, {
        program: this.#program,
        seed: this.#seed,
        role: this.#role,
        certificates: this.#certificates,
        releases: () => this.#releases,
        happened,
        changed: () => this.#changed(),
      }),
    );
    this.#changed();
  }

  #changed(): void {
    this.#version++;
    for (const tell of this.#onchange.splice(0)) tell();
  }

  #news(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#onchange.push(() => {
        clearTimeout(timer);
        // Much may be going on: the more there is to tell, the less often it is told.
        setTimeout(resolve, 2 + this.#connections.length / 20);
      });
    });
  }
}

function proxiesTo(target: Place, plans: readonly NetworkPlan[] = []): Promise<Proxy[]> {
  return Promise.all(plans.map((plan) => Proxy.open(plan, target)));
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
