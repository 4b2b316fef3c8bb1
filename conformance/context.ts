/**
 * What a case is given, and what is looked at when it has ended.
 *
 * @module
 */

import type { ConnectOptions, Listener, ListenOptions } from "../adapters/options.ts";
import type { AsyncChat } from "../core/async_chat.ts";
import {
  type Context,
  Failure,
  type InboundOptions,
  type Listening,
  type Peer,
  type PeerOptions,
  type Probe,
  type Step,
  type Stream,
  type Subject,
  type Watching,
} from "./case.ts";
import type { Certificates } from "./certificates.ts";
import { equal, need, rejects, show, turn, within } from "./expect.ts";
import type { NetworkPlan } from "./network.ts";
import { Patience } from "./patience.ts";
import { type ProbeOptions, RecordedProbe } from "./probe.ts";
import { integerOf, randomOf } from "./random.ts";
import { streamOf } from "./stream.ts";
import { Trace, type TraceLine } from "./trace.ts";
import type { Waiting, Witness, WitnessPeer } from "./witness.ts";

/** How long a conversation that the case left open has to end, in milliseconds. */
const LEAK = 2_000;

/** What the run gives every case. */
export interface Surroundings {
  readonly subject: Subject;
  readonly witness: Witness | undefined;
  /** Factor on everything that only guards against hanging. */
  readonly patience: number;
  readonly seed: number;
  /** How many networks a case about broken ones goes through. */
  readonly networks: number;
  /** Told how far a case has come that takes long. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** The part of a case's budget that it may wait, so that it can still say what for. */
const WAITING = 0.9;

/** One case's own context. */
export class CaseContext implements Context {
  readonly seed: number;
  readonly networks: number;
  readonly subject: Subject;
  readonly adapter: Context["adapter"];
  readonly capabilities: Context["capabilities"];
  /** What the case wants to have in the report. */
  readonly noted: Record<string, unknown> = {};
  readonly need: Context["need"] = need;
  readonly equal: Context["equal"] = equal;
  readonly rejects: Context["rejects"] = rejects;

  readonly #witness: Witness | undefined;
  /** How long it may go on. */
  readonly patience: Patience;
  readonly #factor: number;
  readonly #random: () => number;
  readonly #trace: Trace = new Trace(() => this.patience.renew());
  readonly #probes: RecordedProbe[] = [];
  readonly #peers: WitnessPeer[] = [];
  readonly #listenings: CaseListening[] = [];
  readonly #onProgress: ((done: number) => void) | undefined;
  #reported: unknown[] = [];
  #over = false;

  /** Begins the case, which may take `budget` milliseconds, times the patience. */
  constructor(
    { subject, witness, patience, seed, networks, onProgress }: Surroundings,
    budget: number,
  ) {
    this.seed = seed;
    this.networks = networks;
    this.#onProgress = onProgress;
    this.subject = subject;
    this.adapter = subject.adapter;
    this.capabilities = subject.adapter.capabilities;
    this.#witness = witness;
    this.#factor = patience;
    this.patience = new Patience(budget * patience);
    this.#random = randomOf(seed);
  }

  /** The patience of what waits, which can then still say what for. */
  get #waiting(): Waiting {
    return {
      until: () => this.patience.until(WAITING),
      renew: () => this.patience.renew(),
    };
  }

  random(): number {
    return this.#random();
  }

  integer(low: number, high: number): number {
    return integerOf(this.#random, low, high);
  }

  stream(): Stream {
    return streamOf(this.seed);
  }

  // --- the witness -------------------------------------------------------------------------------

  async peer(program: readonly Step[], options: PeerOptions = {}): Promise<Peer> {
    const request = { program, seed: this.seed, ...options };
    return this.#keep(await this.#needWitness().peer(request, this.#waiting));
  }

  async dial(
    target: { hostname: string; port: number } | { path: string },
    program: readonly Step[],
    times = 1,
    networks?: readonly NetworkPlan[],
  ): Promise<Peer> {
    const request = {
      target,
      program,
      seed: this.seed,
      times,
      ...(networks === undefined ? {} : { networks }),
    };
    return this.#keep(await this.#needWitness().call(request, this.#waiting));
  }

  certificates(): Promise<Certificates> {
    return this.#needWitness().certificates();
  }

  unixPath(): Promise<string> {
    return this.#needWitness().path();
  }

  #needWitness(): Witness {
    if (this.#witness === undefined) {
      throw new Error("this case needs a witness; give runSuite one");
    }
    return this.#witness;
  }

  #keep(peer: WitnessPeer): WitnessPeer {
    this.#peers.push(peer);
    return peer;
  }

  // --- the subject -------------------------------------------------------------------------------

  async open(
    peer: Peer,
    options: ProbeOptions = {},
    { checked, prepare, ...connect }: ConnectOptions & Watching = {},
  ): Promise<Probe> {
    const probe = this.#probe(options, { checked, prepare });
    await this.adapter.connect({ ...peer.target, onerror: this.onerror, ...connect }, probe.chat);
    return probe;
  }

  probe(options: ProbeOptions = {}, watching: Watching = {}): Probe {
    return this.#probe(options, watching);
  }

  async listen(
    factory: (index: number) => ProbeOptions,
    { checked, prepare, ...options }: Partial<ListenOptions> & Watching = {},
  ): Promise<Listening> {
    const listening = new CaseListening(
      (index) => this.#probe(factory(index), { checked, prepare }),
      this.#eventually,
    );
    const { subject } = this;
    if (!this.capabilities.listen && subject.inbound !== undefined) {
      const { hostname, port, close } = await subject.inbound(
        listening.factory,
        this.onerror,
        inboundOptions(options),
      );
      listening.opened({ hostname, port }, close);
    } else {
      const at = options.path === undefined ? { hostname: "127.0.0.1", port: 0 } : {};
      const listener = await this.adapter.listen(
        { ...at, onerror: this.onerror, ...options },
        listening.factory,
      );
      const target = options.path === undefined
        ? { hostname: options.hostname ?? "127.0.0.1", port: listener.port }
        : { path: options.path };
      listening.opened(target, () => listener.close(), listener);
    }
    this.#listenings.push(listening);
    return listening;
  }

  takeReported(): unknown[] {
    return this.#reported.splice(0);
  }

  readonly onerror = (error: unknown): void => {
    this.#trace.add(`reported: ${show(error)}`);
    this.#reported.push(error);
  };

  #probe(options: ProbeOptions, { checked, prepare }: Watching): RecordedProbe {
    const probe = new RecordedProbe(options, {
      name: `#${this.#probes.length}`,
      trace: this.#trace,
      deadline: () => this.#waiting.until(),
      checkedSeed: checked ? this.seed : undefined,
    });
    this.#probes.push(probe);
    prepare?.(probe.chat);
    return probe;
  }

  // --- waiting and telling -----------------------------------------------------------------------

  within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
    return within(promise, milliseconds * this.#factor, what);
  }

  eventually(condition: () => boolean, what: string): Promise<void> {
    return this.#eventually(condition, what);
  }

  #eventually = async (condition: () => boolean, what: string): Promise<void> => {
    while (!condition()) {
      if (this.#over) throw new Failure(`the case was over before ${what}`);
      if (performance.now() > this.#waiting.until()) {
        throw new Failure(`did not happen in time: ${what}`, what, "nothing");
      }
      await turn();
    }
  };

  async settle(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      await this.#witness?.ping();
      await turn();
    }
  }

  progress(done: number): void {
    this.#onProgress?.(done);
  }

  info(key: string, value: unknown): void {
    this.noted[key] = value;
  }

  // --- afterwards --------------------------------------------------------------------------------

  /** What happened, on both sides. Asks the witness; to be called before {@linkcode finish}. */
  async trace(): Promise<TraceLine[]> {
    const reports = await Promise.all(
      this.#peers.map((peer) => peer.report().catch(() => ({ events: [] }))),
    );
    const several = reports.length > 1;
    return this.#trace.lines(
      reports.flatMap(({ events }, i) =>
        events.map(({ at, connection, what }) => ({
          at,
          what: `${several ? `peer ${i} ` : ""}#${connection} ${what}`,
        }))
      ),
    );
  }

  /** Closes everything, and answers what was wrong beside what the case itself looked at. */
  async finish(): Promise<string[]> {
    await turn();
    this.#over = true;
    const leaks = await this.#closeAll();
    const reported = this.takeReported().map((error) => `an error nobody expected: ${show(error)}`);
    const violations = this.#probes.flatMap((probe) => probe.violations);
    return [...reported, ...violations, ...leaks];
  }

  async #closeAll(): Promise<string[]> {
    const open = this.#probes.filter((probe) => probe.isAttached && !probe.isClosed);
    const closing = this.#listenings.map((listening) => listening.close());
    for (const probe of open) probe.chat.close();
    const patience = LEAK * this.#factor;
    const finished = await Promise.all(this.#peers.map((peer) => peer.finish({ patience })));
    const closed = Promise.all([...closing, ...open.map((probe) => probe.closed)]);
    await within(closed, patience, "").catch(() => {});
    const left = this.#probes.filter((probe) => probe.isAttached && !probe.isClosed);
    const standing = this.#listenings.filter((listening) => !listening.isClosed);
    return [
      ...finished.flatMap(({ leaked }) => leaked).map((name) =>
        `leak: the socket ${name} is still open ${patience} ms after the witness's FIN`
      ),
      ...left.map(({ name }) => `leak: ${name} has been closed and was not told its close`),
      ...standing.map(() => "leak: a listener that was closed has not said so"),
    ];
  }
}

function inboundOptions({ tls, startTls }: Partial<ListenOptions>): InboundOptions {
  return {
    ...(tls === undefined ? {} : { tls }),
    ...(startTls === undefined ? {} : { startTls }),
  };
}

/** Accepted connections of one listener, and their conversations. */
class CaseListening implements Listening {
  readonly probes: Probe[] = [];
  target: Listening["target"] = { path: "" };
  listener: Listener | undefined;
  isClosed = false;

  readonly #make: (index: number) => RecordedProbe;
  readonly #eventually: (condition: () => boolean, what: string) => Promise<void>;
  #accepted = 0;
  #close: () => Promise<void> = () => Promise.resolve();

  constructor(
    make: (index: number) => RecordedProbe,
    eventually: (condition: () => boolean, what: string) => Promise<void>,
  ) {
    this.#make = make;
    this.#eventually = eventually;
  }

  readonly factory = (): AsyncChat => {
    const probe = this.#make(this.#accepted++);
    this.probes.push(probe);
    return probe.chat;
  };

  opened(target: Listening["target"], close: () => Promise<void>, listener?: Listener): void {
    this.target = target;
    this.#close = close;
    this.listener = listener;
  }

  async close(): Promise<void> {
    await this.#close();
    this.isClosed = true;
  }

  accepted(count: number): Promise<void> {
    return this.#eventually(() => this.#accepted >= count, `connection ${count} is accepted`);
  }
}
