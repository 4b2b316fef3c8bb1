/**
 * What is said between the suite and its witness, over HTTP.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /` | `{}`: it lives |
 * | `POST /peers` {@linkcode PeerRequest} | {@linkcode MadePeer}: a port that runs the program |
 * | `POST /calls` {@linkcode CallRequest} | {@linkcode MadePeer}, when every call has been settled |
 * | `GET /peers/ID` | {@linkcode WitnessReport} |
 * | `GET /peers/ID?after=VERSION&wait=MS` | as soon as there is a newer one, or after that time |
 * | `POST /peers/ID/release`, `/thaw` | `{}` |
 * | `POST /peers/ID/finish` {@linkcode FinishRequest} | {@linkcode Finished}: FINs were sent, and the port is gone |
 * | `POST /paths` | {@linkcode MadePath}: a path that nothing uses |
 * | `GET /certificates` | `Certificates`: those of this witness, made when they are first asked for |
 *
 * Anything that goes wrong is answered with a status above 399 and {@linkcode Trouble}.
 *
 * @module
 */

import type { PeerOptions, PeerReport, Step } from "./case.ts";
import type { NetworkPlan } from "./network.ts";

/** Where something listens. */
export type Place =
  | { readonly hostname: string; readonly port: number }
  | { readonly path: string };

/** Asks for a port on which the witness runs a program. */
export interface PeerRequest extends PeerOptions {
  readonly program: readonly Step[];
  readonly seed: number;
}

/** Asks the witness to connect, and to run a program on each connection. */
export interface CallRequest {
  readonly target: Place;
  readonly program: readonly Step[];
  readonly seed: number;
  readonly times: number;
  /** Calls through each of these, once, instead of `times` directly. */
  readonly networks?: readonly NetworkPlan[];
}

/** A peer that stands. */
export interface MadePeer {
  readonly id: string;
  readonly target: Place;
  readonly targets: readonly Place[];
}

/** Something that happened at the witness. */
export interface Happened {
  /** Milliseconds since 1970, so that it can be put in order with what happened elsewhere. */
  readonly at: number;
  /** Which connection, counted from 0. */
  readonly connection: number;
  readonly what: string;
}

/** What a case is told, and what the suite needs beside it. */
export interface WitnessReport extends PeerReport {
  /** Grows with everything that happens. */
  readonly version: number;
  /** The first 200 things that happened. */
  readonly events: readonly Happened[];
}

/** Asks it to end every connection with a FIN. */
export interface FinishRequest {
  /** How long the other side has to close its sockets then, in milliseconds; 2,000. */
  readonly patience?: number;
}

/** What was left when the case had ended and the witness had sent its FINs. */
export interface Finished {
  /** Sockets that the other side had not closed in time, by name. */
  readonly leaked: readonly string[];
}

/** A path for a unix socket. */
export interface MadePath {
  readonly path: string;
}

/** Why a request failed. */
export interface Trouble {
  readonly error: string;
}
