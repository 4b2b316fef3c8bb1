/**
 * The suite's Node side: the witness, an independent peer on plain sockets, which every run with
 * sockets needs. The subject may be in the same process or, told the witness's address, in any other.
 *
 * @module asynchat/conformance/node
 */

import { fileURLToPath } from "node:url";
import { type RunningWitness, startWitness as start } from "./witness/control.ts";

export type { CertificateName, Certificates, Credentials } from "../certificates.ts";
export { makeCertificates } from "./witness/certificates.ts";
export type { RunningWitness } from "./witness/control.ts";

/**
 * Starts a witness in this process; its `control` is what `runSuite` wants to know. Close it when
 * the run is over: it keeps the process alive.
 *
 * @throws {Error} the system's own, when no port can be had on 127.0.0.1.
 *
 * @example
 * ```ts
 * import * as adapter from "asynchat/adapters/node";
 * import { isGood, runSuite, type Subject } from "asynchat/conformance";
 * import { startWitness } from "asynchat/conformance/node";
 *
 * const subject: Subject = { name: "Mine", runtime: "node", version: "1.0.0", adapter };
 * const { control, close } = await startWitness();
 * try {
 *   const [unknown, ...results] = await runSuite(subject, { control, only: "EOF-1" });
 *   if (unknown?.verdict !== "unknown") throw new Error("passes what does not exist");
 *   const bad = results.filter((result) => !isGood(result));
 *   if (bad.length > 0) throw new Error(JSON.stringify(bad));
 * } finally {
 *   await close();
 * }
 * ```
 */
export function startWitness(): Promise<RunningWitness> {
  const { url } = import.meta;
  // Loaded from a registry, there is no file that another process could be started with.
  if (!url.startsWith("file:")) return start();
  const witness = url.endsWith(".ts") ? "./witness.ts" : "./witness.js";
  return start({ entry: fileURLToPath(new URL(witness, url).href) });
}
