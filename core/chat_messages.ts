/**
 * A protocol over the async face: frame by frame, so that it takes no byte too many.
 *
 * @module
 */

import type { Inbox } from "./chat_inbox.ts";
import type { Reader } from "./chat_reader.ts";
import { IncompleteFrameError, LimitError } from "./errors.ts";
import type { Protocol } from "./protocol.ts";
import { ProtocolRun } from "./protocol_run.ts";

const NOTHING = new Uint8Array(0);

/** The messages of a protocol; behind each, the input stands where the message ended. */
export async function* messagesOf<T>(
  protocol: Protocol<T>,
  inbox: Inbox,
  reader: Reader,
): AsyncGenerator<T, void, undefined> {
  const run = new ProtocolRun(protocol);
  for (;;) {
    run.begin();
    let complete = false;
    while (!complete) {
      if (await takeStep(run, inbox, reader)) {
        complete = run.step.terminator !== null && run.found();
        continue;
      }
      if (run.end()) yield run.take();
      return;
    }
    yield run.take();
  }
}

/** Takes what the step waits for. Answers `false` at the end of the input, which may cut it. */
async function takeStep<T>(run: ProtocolRun<T>, inbox: Inbox, reader: Reader): Promise<boolean> {
  const { compiled, max } = run.step;
  try {
    const bytes = await reader.read(() =>
      compiled.kind === "raw" ? inbox.takePiece() : inbox.takeFrame(compiled, max)
    );
    if (bytes === null) return false;
    if (bytes.length > 0) run.data(bytes, 0, bytes.length);
    return true;
  } catch (error) {
    // What the last two mean is for the protocol to say.
    if (error instanceof LimitError) run.data(NOTHING, 0, max + 1);
    if (!(error instanceof IncompleteFrameError)) throw error;
    // An end that cuts has something to cut.
    const rest = inbox.takePiece()!;
    run.data(rest, 0, rest.length);
    return false;
  }
}
