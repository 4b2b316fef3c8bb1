import type * as conformance from "asynchat/conformance";
import { same } from "./told.ts";

/** Holds an adapter to the cases that need no socket. */
export default async function use(
  { cases, isGood, runSuite }: typeof conformance,
): Promise<void> {
  const nothing = () => Promise.reject(new Error("no socket is needed"));
  const subject = {
    name: "None",
    runtime: "none",
    version: "0",
    adapter: {
      capabilities: {} as conformance.Subject["adapter"]["capabilities"],
      connect: nothing,
      listen: nothing,
    },
  };
  const only = cases.filter(({ role }) => role === "core").slice(0, 20).map(({ id }) => id);
  const [unknown, ...results] = await runSuite(subject, { only });
  same(unknown?.verdict, "unknown");
  same(results.length >= 20, true);
  same(results.filter((result) => !isGood(result)).map(({ id }) => id).join(), "");
}
