/**
 * The suite's side of the witness: what a case can ask of it, over `fetch`, from any runtime.
 *
 * @module
 */

import { Failure, type Peer, type PeerReport, type Seen } from "./case.ts";
import type { Certificates } from "./certificates.ts";
import type { Patience } from "./patience.ts";
import type {
  CallRequest,
  Finished,
  FinishRequest,
  MadePath,
  MadePeer,
  PeerRequest,
  WitnessReport,
} from "./wire.ts";

/** How long the witness may keep a request for news, in milliseconds. */
const NEWS = 1_000;

/** The witness failed, not the subject: the case says nothing. */
export class WitnessError extends Error {
  override name = "WitnessError";
}

/** How long one may wait for something, which what happens makes longer. */
export type Waiting = Pick<Patience, "until" | "renew">;

/** A witness that runs elsewhere. */
export class Witness {
  readonly #control: string;

  /** Uses the witness whose control address that is. */
  constructor(control: string) {
    this.#control = control;
  }

  /** A round trip. */
  async ping(): Promise<void> {
    await this.ask("/");
  }

  /** Opens a port. */
  async peer(request: PeerRequest, waiting: Waiting): Promise<WitnessPeer> {
    return new WitnessPeer(this, await this.ask<MadePeer>("/peers", request), waiting);
  }

  /** Makes it connect, and waits until every call has been settled. */
  async call(request: CallRequest, waiting: Waiting): Promise<WitnessPeer> {
    return new WitnessPeer(this, await this.ask<MadePeer>("/calls", request), waiting);
  }

  /** The certificates that it uses. */
  certificates(): Promise<Certificates> {
    return this.ask("/certificates");
  }

  /** A path for a unix socket that nothing uses. */
  async path(): Promise<string> {
    return (await this.ask<MadePath>("/paths", {})).path;
  }

  /**
   * Asks it something.
   *
   * @throws {WitnessError} when it does not answer, or cannot do it.
   */
  async ask<Answer>(path: string, body?: unknown): Promise<Answer> {
    let answer: Answer;
    let status: number;
    try {
      const response = await fetch(
        this.#control + path,
        body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
      );
      status = response.status;
      answer = await response.json();
    } catch (error) {
      throw new WitnessError(`the witness does not answer: ${String(error)}`, { cause: error });
    }
    if (status > 399) throw new WitnessError(`the witness failed: ${JSON.stringify(answer)}`);
    return answer;
  }
}

/** A port of the witness's, or calls that it made. */
export class WitnessPeer implements Peer {
  readonly target: Peer["target"];
  readonly targets: Peer["targets"];
  readonly #witness: Witness;
  readonly #path: string;
  readonly #waiting: Waiting;
  #over = false;

  /** Speaks of a peer that stands, and waits for nothing beyond its patience. */
  constructor(witness: Witness, { id, target, targets }: MadePeer, waiting: Waiting) {
    this.#witness = witness;
    this.#path = `/peers/${id}`;
    this.#waiting = waiting;
    this.target = target;
    this.targets = targets;
  }

  /** What it has seen so far. */
  report(): Promise<WitnessReport> {
    return this.#witness.ask(this.#path);
  }

  /** Waits until what it has seen satisfies `condition`. */
  async until(condition: (report: PeerReport) => boolean, what: string): Promise<PeerReport> {
    let report = await this.report();
    while (!condition(report)) {
      if (this.#over) throw new Failure(`the case was over before ${what}`);
      const left = this.#waiting.until() - performance.now();
      if (left < 0) {
        throw new Failure(`not seen in time: ${what}`, what, describe(report));
      }
      const { version } = report;
      const wait = Math.min(NEWS, left);
      report = await this.#witness.ask(`${this.#path}?after=${version}&wait=${wait}`);
      if (report.version !== version) this.#waiting.renew();
    }
    return report;
  }

  /** Lets every connection go on by one `hold`. */
  async release(): Promise<void> {
    await this.#witness.ask(`${this.#path}/release`, {});
  }

  /** Thaws a frozen one. */
  async thaw(): Promise<void> {
    await this.#witness.ask(`${this.#path}/thaw`, {});
  }

  /** Ends every connection with a FIN, and gives the port back. */
  finish(request: FinishRequest = {}): Promise<Finished> {
    this.#over = true;
    return this.#witness.ask(`${this.#path}/finish`, request);
  }
}

/** What the witness has seen, in words. */
function describe({ accepted, refused, connections }: PeerReport): string {
  const counts = `${accepted} connections${refused > 0 ? `, ${refused} refused` : ""}`;
  const some = connections.slice(0, 3).map((seen, i) => `#${i} ${inWords(seen)}`);
  return [counts, ...some].join("; ");
}

function inWords({ received, sent, fin, reset, open, wrong, tls }: Seen): string {
  return [
    ...(tls === undefined ? [] : [tls.secure ? "TLS" : `no TLS: ${tls.error ?? "not yet"}`]),
    `received ${received}`,
    `sent ${sent}`,
    fin ? "FIN" : "no FIN",
    ...(reset ? ["reset"] : []),
    open ? "open" : "closed",
    ...(wrong === undefined || received === 0 ? [] : [`stream: ${wrong}`]),
  ].join(", ");
}
