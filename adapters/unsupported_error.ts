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

/** Throws that where the capability is not there. */
export function need(
  capabilities: Capabilities,
  capability: keyof Capabilities,
  what: string,
): void {
  if (!capabilities[capability]) throw unsupported(what, capability);
}
