/**
 * A witness in a process of its own, so that it is independent, and that it can die alone.
 *
 * @module
 */

import type { RunningWitness } from "../witness/control.ts";
import { startChild } from "./child.ts";
import type { Paths } from "./paths.ts";

/** How long it may take to start, in milliseconds. */
const START = 20_000;

/**
 * Starts one.
 *
 * @throws {Error} when it does not start.
 */
export async function startWitnessChild(paths: Paths): Promise<RunningWitness> {
  let told: (control: string) => void = () => {};
  const control = new Promise<string>((resolve) => told = resolve);
  const entry = paths.built("conformance/node/witness");
  const child = startChild({ file: process.execPath, args: [entry] }, "", (line) => {
    told((JSON.parse(line) as { control: string }).control);
    child.expect(Infinity);
  });
  child.expect(START);
  const failed = child.ended.then(({ how, noise }) => {
    throw new Error(`the witness did not start: ${how}\n${noise}`);
  });
  failed.catch(() => {});
  return {
    control: await Promise.race([control, failed]),
    async close() {
      child.end();
      await child.ended;
    },
  };
}
