import * as adapter from "asynchat/adapters/node";
import { isGood, runSuite } from "asynchat/conformance";
import type * as node from "asynchat/conformance/node";
import { same } from "./told.ts";

/** Holds the adapter for Node to some cases with sockets. */
export default async function use({ startWitness }: typeof node): Promise<void> {
  const { control, close } = await startWitness();
  try {
    const subject = { name: "Mine", runtime: "node", version: "0", adapter };
    const [, ...results] = await runSuite(subject, { control, only: "EOF-1" });
    same(results.length > 1, true);
    same(results.filter((result) => !isGood(result)).map(({ id }) => id).join(), "");
  } finally {
    await close();
  }
}
