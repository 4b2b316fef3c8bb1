/** What a framing writes it reads again, however it is cut, up to its limit and not beyond. */

import { expect, test } from "vitest";
import { concat } from "../bytes.ts";
import { type ChatError, IncompleteFrameError, LimitError } from "../errors.ts";
import { parse, Parser } from "../parser.ts";
import { segmentedProtocol } from "../testing/segmented_protocol.ts";
import { randomFrom, verifySegmentation } from "../testing/segmentation.ts";
import { encode } from "../text.ts";
import { chunked, type ChunkedBody } from "./chunked.ts";
import { delimited } from "./delimited.ts";
import { dotStuffed } from "./dot_stuffed.ts";
import { fixedSize } from "./fixed_size.ts";
import type { Framing } from "./framing.ts";
import { lengthPrefixed, type LengthPrefixedOptions } from "./length_prefixed.ts";
import { lines } from "./lines.ts";
import { netstring } from "./netstring.ts";

/** Latin-1, for inputs that are no text. */
const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (of: Uint8Array) => [...of].map((byte) => String.fromCharCode(byte)).join("");

interface Job<T, V> {
  readonly name: string;
  readonly make: (random: () => number) => V;
  /** The framing with that limit; the default one without. */
  readonly framing: (max?: number) => Framing<T, V>;
  /** What comes back, where that is not what was sent. */
  readonly back?: (value: V) => unknown;
  /** How much of the limit a value takes; `undefined` where there is no limit to set. */
  readonly size?: (value: V) => number | undefined;
}

/** Text of an alphabet in which everything that has a meaning is likely. */
const some = (alphabet: string, longest: number) => (random: () => number) =>
  Array.from(
    { length: Math.floor(random() * (longest + 1)) },
    () => alphabet[Math.floor(random() * alphabet.length)],
  ).join("");
const someBytes = (alphabet: string, longest: number) => {
  const make = some(alphabet, longest);
  return (random: () => number) => bytes(make(random));
};

type AnyJob = Job<unknown, unknown>;
const job = <T, V>(of: Job<T, V>): AnyJob => of as AnyJob;

const limited = (max: number | undefined) => max === undefined ? {} : { max };

const ofBytes = (
  name: string,
  framing: (max?: number) => Framing<Uint8Array>,
  make: (random: () => number) => Uint8Array,
): AnyJob => job({ name, framing, make, size: (value) => value.length });

const ofLines = (ending: "\r\n" | "\n" | "either", alphabet: string): AnyJob =>
  job({
    name: `lines, ${JSON.stringify(ending)}`,
    framing: (max) => lines({ ending, ...limited(max) }),
    make: some(alphabet, 9),
    size: (line) => encode(line).length,
  });

const counted = (options: LengthPrefixedOptions): AnyJob =>
  ofBytes(
    `counted, ${JSON.stringify(options)}`,
    (max) => lengthPrefixed({ ...options, ...limited(max) }),
    // Now and then one whose length takes a second byte, which has to be right as well.
    (random) =>
      someBytes("\0\x01\x05\xff", random() < 0.9 ? 12 : options.size === 1 ? 200 : 300)(random),
  );

const ofText = (name: string, make: (random: () => number) => Uint8Array): AnyJob =>
  job({
    name,
    framing: (max) => dotStuffed(limited(max)),
    make,
    back: whole,
    size: (value) => whole(value).length,
  });

const JOBS: readonly AnyJob[] = [
  ofBytes("delimited", (max) => delimited("\r\n", limited(max)), someBytes("\r\na\0", 9)),
  ofBytes("delimited, aab", (max) => delimited("aab", limited(max)), someBytes("ab", 9)),
  ofBytes("delimited, dots", (max) => delimited("\r\n.\r\n", limited(max)), someBytes("\r\n.", 9)),
  ofBytes(
    "delimited, any",
    (max) => delimited(["bb", "ab", "c"], limited(max)),
    someBytes("abcdddd", 4),
  ),
  ofBytes(
    "delimited, any line end",
    (max) => delimited(["\r\n", "\n"], limited(max)),
    someBytes("\rab", 6),
  ),
  ofLines("\r\n", "aé€\0."),
  ofLines("\n", "a\r€"),
  ofLines("either", "a€"),
  job({
    name: "fixed size",
    framing: () => fixedSize(3),
    make: (random) => bytes(`a${10 + Math.floor(random() * 90)}`),
  }),
  ...([1, 2, 4, 8] as const).flatMap((size) =>
    [false, true].flatMap((littleEndian) =>
      [false, true].map((includesHeader) => counted({ size, littleEndian, includesHeader }))
    )
  ),
  counted({ size: "varint" }),
  ofBytes("netstring", (max) => netstring(limited(max)), someBytes("0:,", 30)),
  ofText("dot", someBytes(".\r\na", 9)),
  ofText("dot, lines", (random) => bytes(some(".a\n", 9)(random).replaceAll("\n", "\r\n"))),
  job<ChunkedBody, ChunkedBody>({
    name: "chunked",
    framing: (max) => chunked(limited(max)),
    make: (random) => ({
      body: someBytes("0\r\n;", 40)(random),
      trailers: Array.from(
        { length: Math.floor(random() * 3) },
        () => [`x${some("aB-", 4)(random)}`, some('a:;"é', 5)(random)] as const,
      ),
    }),
    size: ({ body }) => body.length,
  }),
];

function whole(value: Uint8Array): Uint8Array {
  const isWhole = value.length === 0 || text(value).endsWith("\r\n");
  return isWhole ? value : concat([value, bytes("\r\n")]);
}

/** A value with what is written for it; `undefined` for one that this framing cannot carry. */
function written(
  { make, framing }: AnyJob,
  random: () => number,
): { value: unknown; sent: Uint8Array } | undefined {
  const value = make(random);
  try {
    return { value, sent: framing().encode(value) };
  } catch (error) {
    expect((error as ChatError).kind).toBe("protocol");
    return undefined;
  }
}

/** Chunks of a few bytes, some of them many. */
function* cut(input: Uint8Array, random: () => number): Generator<Uint8Array> {
  for (let at = 0; at < input.length;) {
    const size = 1 + Math.floor(random() ** 4 * 64);
    yield input.slice(at, at += size);
  }
}

test("what was encoded is decoded, one message behind the other, however it is cut", () => {
  const random = randomFrom(2026);
  let cases = 0;
  for (const theJob of JOBS) {
    const { name, framing, back = (value: unknown) => value } = theJob;
    let sent = 0, refused = 0;
    for (let round = 0; round < 500; round++) {
      const values: unknown[] = [], pieces: Uint8Array[] = [];
      for (let count = 0; count <= round % 3; count++) {
        const message = written(theJob, random);
        if (message === undefined) refused++;
        else {
          pieces.push(message.sent);
          values.push(back(message.value));
        }
      }
      sent += values.length;
      const parser = new Parser(framing().decode);
      const told: unknown[] = [];
      for (const chunk of cut(concat(pieces), random)) {
        for (const message of parser.receive(chunk)) told.push(message);
        chunk.fill(0x5a);
      }
      expect([...parser.end()]).toEqual([]);
      expect(told, name).toEqual(values);
      cases++;
    }
    // Nothing is proved by a framing that refuses.
    expect(sent, name).toBeGreaterThan(refused);
    expect(sent, name).toBeGreaterThan(350);
  }
  expect(cases).toBeGreaterThan(10_000);
});

test(
  "a limit takes what is as long as it, refuses what is longer, and does not see the cuts",
  () => {
    const random = randomFrom(28);
    for (const theJob of JOBS) {
      const { name, framing, size = () => undefined } = theJob;
      let shown = 0;
      for (let round = 0; round < 100 && shown < 20; round++) {
        const message = written(theJob, random);
        const length = message === undefined ? undefined : size(message.value);
        if (message === undefined || length === undefined || length === 0) continue;
        const { sent, value } = message;
        const input = concat([sent, sent]);
        const [exact, less] = [framing(length), framing(length - 1)];
        expect(exact.encode(value), name).toEqual(sent);
        expect(() => less.encode(value), name).toThrow(LimitError);
        expect(parse(exact.decode, input), name).toHaveLength(2);
        expect(() => parse(less.decode, input), name).toThrow(LimitError);
        for (const { decode } of [exact, less]) {
          verifySegmentation(input, () => segmentedProtocol(decode), {
            randomWays: 8,
            seed: round,
          });
        }
        shown++;
      }
      if (theJob.size !== undefined) expect(shown, name).toBe(20);
    }
  },
  60_000,
);

test("a frame that is cut is never a message", () => {
  const random = randomFrom(7);
  for (const theJob of JOBS) {
    for (let round = 0; round < 25; round++) {
      const { sent = new Uint8Array(0) } = written(theJob, random) ?? {};
      for (let length = 1; length < Math.min(sent.length, 40); length++) {
        const parser = new Parser(theJob.framing().decode);
        const told = [...parser.receive(sent.subarray(0, length))];
        expect(told, theJob.name).toEqual([]);
        expect(() => [...parser.end()], theJob.name).toThrow(IncompleteFrameError);
      }
    }
  }
});
