/**
 * What is said of something that a runtime cannot do.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { Capabilities } from "../core/transport.ts";

/** Says what, and in which entry of `capabilities` that could have been seen. */
export function unsupported(what: string, capability: keyof Capabilities): ChatError {
  return new ChatError(
    "unsupported",
    `this adapter cannot do that: ${what}; look at capabilities.${capability} first`,
  );
}

/** Throws where the global is not there that the runtime of an adapter is known by. */
export function needRuntime(name: "Bun" | "Deno"): void {
  if (name in globalThis) return;
  throw new ChatError(
    "unsupported",
    `asynchat/adapters/${name.toLowerCase()} needs ${name}, and this is another runtime: import ` +
      "from asynchat/adapters, which is the adapter of the one that runs the code",
  );
}

/** Throws that where the capability is not there. */
export function need(
  capabilities: Capabilities,
  capability: keyof Capabilities,
  what: string,
): void {
  if (!capabilities[capability]) throw unsupported(what, capability);
}
