/**
 * A protocol as generator, for the verifier.
 *
 * @module
 */

import { Parser } from "../parser.ts";
import type { Protocol } from "../protocol.ts";
import type { Segmented } from "./segmentation.ts";

/**
 * Makes a protocol ready for `verifySegmentation`: its result is all messages, then the error, if
 * there was one.
 *
 * @param protocol a fresh one for each way of cutting, if it has a state of its own
 *
 * @example
 * ```ts
 * import { until } from "asynchat";
 * import { segmentedProtocol, verifySegmentation } from "asynchat/testing";
 *
 * function* pair() {
 *   return [yield* until("="), yield* until(";")];
 * }
 *
 * const ways = verifySegmentation("a=1;bcd=2;", () => segmentedProtocol(pair));
 * if (ways !== 512) throw new Error(String(ways));
 * ```
 */
export function segmentedProtocol<T>(protocol: Protocol<T>): Segmented {
  const parser = new Parser(protocol);
  const told: unknown[] = [];
  let failed = false;
  const tell = () => {
    if (failed) return;
    try {
      for (const message of parser) told.push(message);
    } catch (error) {
      failed = true;
      told.push(error);
    }
  };
  return {
    receive(chunk) {
      parser.receive(chunk);
      tell();
    },
    end() {
      parser.end();
      tell();
    },
    result: () => told,
  };
}
