/**
 * Holds a server to what others have tested theirs with: however it is cut, every request has to be
 * understood as they understand it, but for a list of what is otherwise on purpose.
 *
 * @module
 */

import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { Tally } from "../../checks/tally.ts";
import { type Difference, isAsExpected, parseAnswers, type Sample, verdictOf } from "./samples.ts";

/** Sends it in segments, ends, and reads to the end. */
function exchange(port: number, input: Uint8Array, segment: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let output = "";
    socket.on("data", (chunk: Buffer) => output += chunk.toString("latin1"));
    socket.on("error", (error) => output += `<${error.message}>`);
    socket.on("close", () => resolve(output.replaceAll(/\ndate: .*\r/g, "")));
    socket.on("end", () => socket.end());
    socket.once("connect", async () => {
      for (let at = 0; at < input.length && socket.writable; at += segment) {
        socket.write(input.subarray(at, at + segment));
        await turn();
      }
      socket.end();
    });
  });
}

/** A corpus, for one runtime. */
export interface CorpusChecks {
  readonly title: string;
  readonly samples: readonly Sample[];
  readonly differences: readonly Difference[];
}

/** Asks a mirror everything that is in a corpus, and says how much of it is otherwise. */
export async function withCorpus(
  tally: Tally,
  { title, samples, differences }: CorpusChecks,
  port: number,
): Promise<void> {
  let otherwise = 0;
  for (const sample of samples) {
    const { name, input } = sample, what = `${title}: ${name}`;
    const segments = input.length > 1000 ? [Infinity, 211] : [Infinity, 7, 1];
    const outputs = await Promise.all(segments.map((size) => exchange(port, input, size)));
    const [whole = ""] = outputs;
    tally.check(`${what}: however it is cut`, outputs.every((output) => output === whole), outputs);
    const difference = differences.find(({ names }) => names.includes(name));
    await tally.run(what, () => {
      const answers = parseAnswers(whole), holds = isAsExpected(sample, answers);
      const { why, verdict } = difference ?? {};
      if (why === undefined) tally.check(what, holds, whole);
      else {
        otherwise++;
        const observed = holds ? "as expected" : verdictOf(answers);
        tally.same(`${what}: otherwise, as ${why}`, observed, verdict);
      }
    });
  }
  console.log(`       ${title}: ${samples.length} in all, ${otherwise} of them otherwise`);
}
