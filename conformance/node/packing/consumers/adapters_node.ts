import type * as adapter from "asynchat/adapters/node";
import converse from "./adapters.ts";
import type { Told } from "./told.ts";

/** As `asynchat/adapters`, by name. */
export default function use(entry: typeof adapter, { port }: Told): Promise<void> {
  return converse(entry, { port, own: entry });
}
