/**
 * Every case that needs no socket.
 *
 * @module
 */

import type { Case } from "../case.ts";
import { discardCases } from "./core_discard.ts";
import { inputCases } from "./core_input.ts";
import { lifeCases } from "./core_life.ts";
import { outputCases } from "./core_output.ts";
import { partitionCases } from "./core_partitions.ts";
import { terminatorCases } from "./core_terminators.ts";
import { vectorCases } from "./core_vectors.ts";

/** The cases with the role `core`, in the order of their clauses. */
export const coreCases: readonly Case[] = [
  ...terminatorCases,
  ...inputCases,
  ...outputCases,
  ...discardCases,
  ...lifeCases,
  ...partitionCases,
  ...vectorCases,
];
