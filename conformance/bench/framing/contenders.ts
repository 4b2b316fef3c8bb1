/**
 * Who is measured, and on what.
 *
 * @module
 */

import { AsyncChat } from "../../../core/async_chat.ts";
import {
  changeTerminator,
  feed,
  initialInput,
  type Input,
  type InputSink,
} from "../../../core/input.ts";
import { type CompiledTerminator, compileTerminator } from "../../../core/terminator.ts";
import { BareInput } from "./bare.ts";
import { MutatingInput } from "./mutating.ts";

/** Input, and the terminators that take turns in it. */
export interface Workload {
  /** For the table. */
  readonly name: string;
  /** Fed one after the other. */
  readonly chunks: readonly Uint8Array[];
  /** The first is set at the start, each next one when a frame is complete. */
  readonly terminators: readonly (string | number)[];
}

const encoder = new TextEncoder();
const KIB = 1024;

function cut(text: string, size: number): Uint8Array[] {
  const bytes = encoder.encode(text);
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.slice(index * size, (index + 1) * size),
  );
}

function lines(size: number): string {
  return ("x".repeat(size - 2) + "\r\n").repeat(Math.ceil(KIB * KIB / size));
}

/** Everything they are measured on; each about 1 MiB, or less where chunks are tiny. */
export const workloads: readonly Workload[] = [
  { name: "lines of 16 B", chunks: cut(lines(16), 64 * KIB), terminators: ["\r\n"] },
  { name: "lines of 64 B", chunks: cut(lines(64), 64 * KIB), terminators: ["\r\n"] },
  { name: "lines of 1 KiB", chunks: cut(lines(KIB), 64 * KIB), terminators: ["\r\n"] },
  {
    name: "a line, then 100 B counted",
    chunks: cut(("100\r\n" + "x".repeat(100)).repeat(10_000), 64 * KIB),
    terminators: ["\r\n", 100],
  },
  {
    name: "lines of 64 B, 1 B a chunk",
    chunks: cut(lines(64).slice(0, 64 * KIB), 1),
    terminators: ["\r\n"],
  },
];

/** Takes in the chunks once more; answers how many bytes of payload it saw, so that nothing is idle. */
export type Contender = () => number;

const LIMIT = 1024 * 1024;

class Counting implements InputSink {
  readonly stopped: boolean = false;
  payload = 0;
  frames = 0;
  readonly #terminators: readonly CompiledTerminator[];

  constructor(terminators: readonly CompiledTerminator[]) {
    this.#terminators = terminators;
  }

  data(_source: Uint8Array, start: number, end: number): void {
    this.payload += end - start;
  }

  found(next: CompiledTerminator): CompiledTerminator {
    this.frames++;
    return this.#terminators.length === 1
      ? next
      : this.#terminators[this.frames % this.#terminators.length]!;
  }

  overflow(): void {
    throw new Error("no frame is that long");
  }
}

type Make = (workload: Workload) => Contender;

/** Over fields that are changed in place. */
function inPlace(
  make: (first: CompiledTerminator) => { feed(chunk: Uint8Array, sink: InputSink): void },
): Make {
  return ({ chunks, terminators }) => {
    const compiled = terminators.map(compileTerminator);
    const sink = new Counting(compiled);
    const input = make(compiled[0]!);
    return () => {
      for (const chunk of chunks) input.feed(chunk, sink);
      return sink.payload;
    };
  };
}

/** A whole conversation, whose hook takes each frame and answers how long it is. */
function conversation(take: (chat: AsyncChat) => number): Make {
  return ({ chunks, terminators }) => {
    let payload = 0, frames = 0;
    const chat = new AsyncChat({
      terminator: terminators[0]!,
      foundTerminator() {
        payload += take(this);
        frames++;
        if (terminators.length > 1) this.setTerminator(terminators[frames % terminators.length]!);
      },
    });
    chat.session.connected();
    return () => {
      for (const chunk of chunks) {
        chat.session.receive(chunk);
        chat.dispatch();
      }
      return payload;
    };
  };
}

/** Each makes a contender for a workload. */
export const contenders: Readonly<Record<string, Make>> = {
  "pure fold": ({ chunks, terminators }) => {
    const compiled = terminators.map(compileTerminator);
    const sink = new Counting(compiled);
    let state: Input = changeTerminator(initialInput(LIMIT, false), compiled[0]!);
    return () => {
      for (const chunk of chunks) state = feed(state, chunk, sink);
      return sink.payload;
    };
  },
  "in place": inPlace((first) => new MutatingInput(first, LIMIT, false)),
  "bare loop": inPlace((first) => new BareInput(first, LIMIT)),
  "getText": conversation((chat) => chat.getText().length),
  "getData": conversation((chat) => chat.getData().length),
};
