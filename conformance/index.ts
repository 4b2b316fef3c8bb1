/**
 * The conformance suite, for everybody who writes an adapter.
 *
 * A {@linkcode Subject} is an adapter and its name; {@linkcode runSuite} runs every case on it, in
 * the runtime in which it is called, against a witness that runs elsewhere (`startWitness` of
 * `asynchat/conformance/node`, or the command that comes with it). Or make tests of your own runner
 * of it with {@linkcode describeConformance}.
 *
 * @module asynchat/conformance
 */

export {
  type Capability,
  type Case,
  type Context,
  Failure,
  type InboundOptions,
  type Level,
  type Listening,
  type Peer,
  type PeerOptions,
  type PeerReport,
  type Probe,
  type Seen,
  type SeenTls,
  type Step,
  type Stream,
  type Subject,
  type Watching,
} from "./case.ts";
export type { CertificateName, Certificates, Credentials } from "./certificates.ts";
export { cases, type Untested, untested } from "./cases/index.ts";
export { describeConformance, type TestFunction } from "./describe_conformance.ts";
export { type KnownGap, knownGaps } from "./known_gaps.ts";
export { isGood, LETTERS, type Result, type Verdict } from "./result.ts";
export { DEFAULT_SEED, type RunOptions, runSuite } from "./run.ts";
export type { TraceLine } from "./trace.ts";
export type { Break, NetworkPlan } from "./network.ts";
