/**
 * Faults of the core.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const input = "core/input.ts";
const output = "core/output.ts";
const session = "core/session.ts";
const intake = "core/intake.ts";
const deadlines = "core/deadlines.ts";
const driver = "adapters/driver_loop.ts";
const watches = "core/watches.ts";
const outbox = "core/outbox.ts";
const closeReport = "core/close_report.ts";
const delimiter = "core/delimiter.ts";
const anyOf = "core/any_of.ts";
const terminator = "core/terminator.ts";
const chat = "core/async_chat.ts";
const producer = "core/producer.ts";

/** The faults. */
export const coreMutants: readonly Mutant[] = [
  {
    fault: "no prefix of a delimiter is held back",
    file: input,
    find: "else if (!final) end -= holding = ~index;",
    replace: "else if (!final) holding = 0;",
    caughtBy: "IN-5.1",
  },
  {
    fault: "held-back bytes are told as data, and stay held",
    file: input,
    find: "else if (!final) end -= holding = ~index;",
    replace: "else if (!final) holding = ~index;",
    caughtBy: "IN-5.1",
  },
  {
    fault: "the delimiter is delivered with the frame",
    file: input,
    find: "if (complete) end = (next = index) - terminator.bytes.length;",
    replace: "if (complete) end = next = index;",
    caughtBy: "IN-1.1",
  },
  {
    fault: "one byte after the delimiter is eaten",
    file: input,
    find: "if (complete) end = (next = index) - terminator.bytes.length;",
    replace: "if (complete) end = (next = index + 1) - terminator.bytes.length - 1;",
    caughtBy: "IN-3.1",
  },
  {
    fault: "a count takes one byte too few",
    file: input,
    find: "complete = remaining === 0;",
    replace: "complete = remaining <= 1;",
    caughtBy: "IN-16.1",
  },
  {
    fault: "a count is not counted down across chunks",
    file: input,
    find: "        remaining -= end - at;\n        complete = remaining === 0;",
    replace: "        complete = remaining === end - at;",
    caughtBy: "IN-16.1",
  },
  {
    fault: "a count starts anew by itself",
    file: input,
    find: 'const next = terminator.kind === "count" && remaining === 0 ? SPENT : terminator;',
    replace: "const next: CompiledTerminator = terminator;",
    caughtBy: "IN-18.1",
  },
  {
    fault: "only the first frame of a chunk is told",
    file: input,
    find: "    ended = true;\n    if (sink.stopped) break;\n    continue;".replaceAll(
      "    ",
      "      ",
    ),
    replace: "      ended = true;\n      if (sink.stopped || at > 0) break;\n      continue;",
    caughtBy: "IN-3.1",
  },
  {
    fault: "the limit is checked only where a chunk ends",
    file: input,
    find: 'const over = terminator.kind !== "raw" && end - start > limit - length;',
    replace: 'const over = terminator.kind !== "raw" && !complete && end - start > limit - length;',
    caughtBy: "IN-28.1",
  },
  {
    fault: "the limit counts the delimiter's held-back bytes",
    file: input,
    find: 'const over = terminator.kind !== "raw" && end - start > limit - length;',
    replace: 'const over = terminator.kind !== "raw" && end - start + holding > limit - length;',
    caughtBy: "SEG-1.2",
  },
  {
    fault: "held-back bytes are lost when the terminator changes",
    file: input,
    find: "replay: join(heldBytes(input), input.replay),",
    replace: "replay: input.replay,",
    caughtBy: "IN-15.1",
  },
  {
    fault: "held-back bytes are lost when the input ends",
    file: intake,
    find: "input = last ? finish(this.#input, sink)",
    replace: "input = last ? { ...this.#input, held: 0 }",
    caughtBy: "IN-24.1",
  },
  {
    fault: "a false start forgets the prefix inside it",
    file: delimiter,
    find: "      matched = fallback[matched]!;\n      continue;",
    replace: "      matched = 0;\n      continue;",
    caughtBy: "SEG-1.3",
  },
  {
    fault: "of several delimiters the first to be complete wins",
    file: anyOf,
    find: "if (leaf[node] === 1) return at * size + node;",
    replace: "if (leaf[node] === 1 || matchLength[node]! > 0) return at * size + node;",
    caughtBy: "TERM-12.1",
  },
  {
    fault: "the terminator's bytes are not copied",
    file: terminator,
    find: "const bytes = new Uint8Array(view);",
    replace: "const bytes = view;",
    caughtBy: "TERM-9.1",
  },
  {
    fault: "a count of 0 is taken for raw input",
    file: terminator,
    find: "  if (bytes === 0) {",
    replace: "  if (bytes === 0) return RAW as never;\n  if (bytes === 0) {",
    caughtBy: "TERM-4.1",
  },
  {
    fault: "the frames in hand are told after close()",
    file: intake,
    find: "    this.#dropped = this.#telling;\n    this.stop();\n",
    replace: "    this.#dropped = this.#telling;\n",
    caughtBy: "IN-21.1",
  },
  {
    fault: "a terminator set while payload is told rules at once",
    file: intake,
    find: "if (!this.#telling && !this.#inPayload) return",
    replace: "if (!this.#telling || this.#inPayload) return",
    caughtBy: "IN-14.1",
  },
  {
    fault: "the close is told twice",
    file: session,
    find: "      this.#closedTold = true;\n",
    replace: "",
    caughtBy: "LIFE-2.1",
  },
  {
    fault: "a reset is told as a clean end",
    file: closeReport,
    find: '    case "reset":\n    case "timeout":',
    replace: '    case "reset":\n      return "ended";\n    case "timeout":',
    caughtBy: "IN-27.1",
  },
  {
    fault: "a short send repeats what has gone out",
    file: output,
    find: "return { ...state, taken: state.taken + left, bytes: state.bytes - left };",
    replace: "return { ...state, bytes: state.bytes - left };",
    caughtBy: "OUT-6.1",
  },
  {
    fault: "a short send drops the rest",
    file: output,
    find: "return { ...state, taken: state.taken + left, bytes: state.bytes - left };",
    replace: "return dropHead(state);",
    caughtBy: "OUT-6.1",
  },
  {
    fault: "pieces joined into one block lose their order",
    file: output,
    find: "front = { entry: cell.entry, next: front };",
    replace: "{\n    front = front === null ? { entry: cell.entry, next: null } : " +
      "{ entry: front.entry, next: { entry: cell.entry, next: front.next } };\n  }",
    caughtBy: "OUT-1.1",
  },
  {
    fault: "what a producer produces goes to the back of the queue",
    file: outbox,
    find: "bytes.length === 0 ? dropHead(this.#output) : supply(this.#output, bytes);",
    replace: "bytes.length === 0 ? dropHead(this.#output) : enqueue(this.#output, bytes);",
    caughtBy: "OUT-10.1",
  },
  {
    fault: "closeWhenDone() does not wait for producers",
    file: session,
    find: 'this.#ours === "ending" && this.#outbox.isEmpty;',
    replace: 'this.#ours === "ending" && this.#outbox.bytes === 0;',
    caughtBy: "CLS-3.1",
  },
  {
    fault: "discardBuffers() forgets a pending close",
    file: session,
    find: "    this.#outbox.discard(",
    replace: '    this.#ours = "open";\n    this.#outbox.discard(',
    caughtBy: "DIS-3.1",
  },
  {
    fault: "push() after closeWhenDone() is dropped in silence",
    file: session,
    find: "if (this.canPush) return;",
    replace: "if (!this.#silent && !this.#closedTold) return;",
    caughtBy: "OUT-22.1",
  },
  {
    fault: "push() keeps the caller's buffer",
    file: session,
    find: 'this.#enqueue(typeof piece === "string" ? bytes : new Uint8Array(bytes));',
    replace: "this.#enqueue(bytes);",
    caughtBy: "OUT-29.1",
  },
  {
    fault: "views are counted in items, not in bytes",
    file: terminator,
    find: "return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);",
    replace: "return new Uint8Array(view.buffer, view.byteOffset, view.byteLength >> 1);",
    caughtBy: "OUT-30.1",
  },
  {
    fault: "a producer that throws is asked again",
    file: outbox,
    find: "      return this.#threw(producer, error);\n    } finally {",
    replace:
      "      this.#events.late(error);\n      this.#waitingFor = 'resume';\n      return;\n    } finally {",
    caughtBy: "OUT-16.1",
  },
  {
    fault: "an object with more() is taken for an end when it is empty",
    file: producer,
    find:
      'if ("more" in producer && typeof producer.more === "function") return fromMore(producer);',
    replace: 'if ("more" in producer && (producer as { length?: number }).length !== 0) ' +
      "return fromMore(producer as MoreProducer);",
    caughtBy: "OUT-17.1",
  },
  {
    fault: "promises of hooks are not awaited",
    file: chat,
    find: "    this.session.hold();\n    result.then(\n      () => this.session.release(),",
    replace: "    if (result !== null) return true;\n    (result as PromiseLike<void>).then(\n" +
      "      () => this.session.release(),",
    caughtBy: "CB-3.1",
  },
  {
    fault: "an exception in a hook is swallowed",
    file: chat,
    find: "      return this.#awaitHook(this.handleException(error), giveUp);",
    replace: "      return true;",
    caughtBy: "CB-1.1",
  },
  {
    fault: "a byte that comes does not restart the idle timeout",
    file: session,
    find: "    this.#watches.move();\n    this.#counters.chunksReceived++;",
    replace: "    this.#counters.chunksReceived++;",
    caughtBy: "TMO-2.1",
  },
  {
    fault: "a byte that goes does not restart the idle timeout",
    file: session,
    find: "      this.#watches.move();\n      this.#counters.writes++;",
    replace: "      this.#counters.writes++;",
    caughtBy: "TMO-2.3",
  },
  {
    fault: "the idle timer is left running after the close",
    file: driver,
    find: "    this.#alarm?.stop();\n    this.#session.disconnected();",
    replace: "    this.#session.disconnected();",
    caughtBy: "TMO-2.5",
  },
  {
    fault: "the idle timeout calls its hook while another one is not done",
    file: session,
    find: "if (this.#holds > 0) this.abort(error);",
    replace:
      "if (this.#holds > 0) {\n          this.#holds = 0;\n          this.#timeoutDue = error;\n        }",
    caughtBy: "TMO-2.9",
  },
  {
    fault: "the idle timeout that is told again is told too early",
    file: watches,
    find: "idle: now + this.#limits.idleTimeout }",
    replace: "idle: now + this.#limits.idleTimeout - 30 }",
    caughtBy: "TMO-2.7",
  },
  {
    fault: "the deadline of a close is one for the whole",
    file: deadlines,
    find: "const begins = happened.progressed || before.close === Infinity;",
    replace: "const begins = before.close === Infinity;",
    caughtBy: "CLS-5.5",
  },
  {
    fault: "every byte extends a frame's deadline",
    file: deadlines,
    find: "const isNew = watched !== before.watched;",
    replace: "const isNew = watched !== before.watched || happened.moved;",
    caughtBy: "TMO-3.1",
  },
  {
    fault: "a frame's deadline goes on in the next frame",
    file: deadlines,
    find: "const isNew = watched !== before.watched;",
    replace: "const isNew = before.watched === undefined;",
    caughtBy: "TMO-3.3",
  },
  {
    fault: "time in which we do not read counts against the frame",
    file: deadlines,
    find: "const frame = !reading ? Infinity :",
    replace: "const frame = reading === undefined ? Infinity :",
    caughtBy: "TMO-3.5",
  },
];
