/**
 * The first message in some bytes, and where it ends.
 *
 * @module
 */

import { changeTerminator, feed, finish, initialInput } from "../input.ts";
import type { Protocol } from "../protocol.ts";
import { ProtocolRun } from "../protocol_run.ts";

/**
 * Reads one message from the beginning of `bytes`; `undefined` when it is not complete.
 *
 * @param ended whether nothing will follow, which completes some messages
 * @throws whatever the protocol throws; `IncompleteFrameError` when the end cuts the message
 */
export function nextMessage<T>(
  protocol: Protocol<T>,
  bytes: Uint8Array,
  ended: boolean,
): { readonly message: T; readonly size: number } | undefined {
  const run = new ProtocolRun(protocol);
  run.begin();
  let complete = false;
  const sink = {
    stopped: false,
    data: (source: Uint8Array, start: number, end: number) => run.data(source, start, end),
    found: () => {
      complete = sink.stopped = run.found();
      return run.step.compiled;
    },
    overflow: () => {},
  };
  const input = feed(
    changeTerminator(initialInput(Infinity, false), run.step.compiled),
    bytes,
    sink,
  );
  if (complete) return { message: run.take(), size: input.offset - input.replay.length };
  if (!ended) return undefined;
  const last = finish(input, sink);
  if (complete) return { message: run.take(), size: bytes.length - last.replay.length };
  return run.end() ? { message: run.take(), size: bytes.length } : undefined;
}
