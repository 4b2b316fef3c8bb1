/**
 * VEC: what CPython's asynchat did, replayed.
 *
 * @module
 */

import { type Case, Failure } from "../case.ts";
import { parseVector, type Vector } from "../vector_format.ts";
import { replayVector } from "../vectors.ts";
import { EMBEDDED_VECTORS } from "./core_vectors_data.ts";

function embeddedVectors(): Vector[] {
  return EMBEDDED_VECTORS.trim().split("\n").map(parseVector);
}

/** The cases of the recorded vectors. */
export const vectorCases: readonly Case[] = [
  {
    id: "VEC-1.1",
    title: "recorded conversations of CPython's asynchat give the same frames, output and ends",
    why: "Code that was written for asynchat shall find what it expects, to the byte.",
    level: "MUST",
    role: "core",
    budget: 10_000,
    run(t) {
      const vectors = embeddedVectors();
      let compared = 0;
      for (const vector of vectors) {
        const replayed = replayVector(vector);
        compared += replayed.compared;
        for (const { step, op, expected, observed, clauses } of replayed.differences) {
          throw new Failure(
            `vector ${vector.id} of seed 1996, step ${step} ${op}: ${clauses.join(", ")}`,
            expected,
            observed,
          );
        }
      }
      t.info("vectors", vectors.length);
      t.info("steps compared", compared);
    },
  },
  {
    id: "VEC-1.2",
    title: "a recording that has been tampered with is told as different",
    why: "A comparison that cannot fail proves nothing.",
    level: "MUST",
    role: "core",
    run(t) {
      let tampered = 0;
      for (const vector of embeddedVectors()) {
        const step = vector.steps.findIndex(([, events]) => events.includes("f"));
        if (step < 0 || Object.keys(vector.q).length > 0) continue;
        tampered++;
        const steps = vector.steps.map(([op, events], index) =>
          [op, index === step ? events.filter((event) => event !== "f") : events] as const
        );
        const { differences } = replayVector({ ...vector, steps });
        t.equal(differences.map((difference) => difference.step), [step], "the step that differs");
      }
      t.equal(tampered > 50, true, "whether there was enough to tamper with");
    },
  },
];
