/**
 * Every framing over bytes that are almost right: it says the same however they are cut, and what
 * it throws is typed.
 *
 * @module
 */

import { ChatError } from "../../core/errors.ts";
import { chunked } from "../../core/framing/chunked.ts";
import { delimited } from "../../core/framing/delimited.ts";
import { dotStuffed } from "../../core/framing/dot_stuffed.ts";
import { fixedSize } from "../../core/framing/fixed_size.ts";
import { lengthPrefixed } from "../../core/framing/length_prefixed.ts";
import { lines } from "../../core/framing/lines.ts";
import { netstring } from "../../core/framing/netstring.ts";
import { varint } from "../../core/framing/varint.ts";
import type { Protocol } from "../../core/protocol.ts";
import { ProtocolChat } from "../../core/protocol_chat.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { segmentedProtocol } from "../../core/testing/segmented_protocol.ts";
import {
  SegmentationError,
  type Segmented,
  verifySegmentation,
} from "../../core/testing/segmentation.ts";
import type { Choices } from "./making.ts";

/** A framing by name, and the letters that it is made of. */
const FRAMINGS: Readonly<Record<string, readonly [Protocol<unknown>, string]>> = {
  lines: [lines({ max: 9 }).decode, "\r\nab"],
  "lines, either": [lines({ ending: "either", max: 9, orEnd: true }).decode, "\r\na\xff"],
  delimited: [delimited("ab", { max: 9 }).decode, "abc"],
  netstring: [netstring({ max: 20 }).decode, "0123:,,a"],
  "length 1": [lengthPrefixed({ size: 1, max: 9 }).decode, "\0\x01\x02\x05\x0aab"],
  "length 2": [lengthPrefixed({ size: 2, includesHeader: true, max: 9 }).decode, "\0\0\x02\x03a"],
  "length 8": [
    lengthPrefixed({ size: 8, littleEndian: true, max: 9 }).decode,
    "\0\0\0\x01\x02\xff",
  ],
  "length varint": [lengthPrefixed({ size: "varint", max: 300 }).decode, "\x01\x02\x80\xffa"],
  varint: [varint, "\0\x01\x7f\x80\xff"],
  "fixed size": [fixedSize(3).decode, "abc"],
  "dot-stuffed": [dotStuffed({ max: 12 }).decode, "\r\n..a"],
  chunked: [chunked({ max: 20 }).decode, "0013af;=\r\n\r\na"],
};

/** Names of all framings. */
export const NAMES: readonly string[] = Object.keys(FRAMINGS);

/** Bytes for one of them. */
export interface Decoding {
  readonly framing: string;
  readonly bytes: readonly number[];
  readonly seed: number;
}

/** A random one. */
export function decodingFrom(choices: Choices): Decoding {
  const framing = choices.of(NAMES);
  const [, letters] = FRAMINGS[framing]!;
  const any = () => choices.integer(0, 255);
  const known = () => letters.charCodeAt(choices.integer(0, letters.length - 1));
  return {
    framing,
    bytes: choices.list(
      0,
      choices.chance(0.1) ? 80 : 16,
      () => choices.chance(0.03) ? any() : known(),
    ),
    seed: choices.integer(0, 1_000_000),
  };
}

/** Does it; answers what was against the laws. */
export function decode({ framing, bytes, seed }: Decoding): string[] {
  const [protocol] = FRAMINGS[framing]!;
  const input = Uint8Array.from(bytes);
  const errors: unknown[] = [];
  const options = { everyWayUpTo: 3, randomWays: 3, seed };
  const make = seed % 2 === 0 ? segmentedProtocol : conversation;
  try {
    verifySegmentation(input, () => watched(make(protocol), errors), options);
  } catch (error) {
    if (!(error instanceof SegmentationError)) throw error;
    return [`${framing}: ${error.message}`];
  }
  const untyped = errors.filter((error) => !(error instanceof ChatError));
  return untyped.map((error) => `${framing}: an error that is no ChatError: ${String(error)}`);
}

/** Keeps the errors among the results. */
function watched(segmented: Segmented, errors: unknown[]): Segmented {
  return {
    ...segmented,
    result() {
      const results = segmented.result() as readonly unknown[];
      errors.push(...results.filter((result) => result instanceof Error));
      return results;
    },
  };
}

function conversation(protocol: Protocol<unknown>): Segmented {
  const told: unknown[] = [];
  const peer = new ManualPeer(
    new ProtocolChat(protocol, {
      handleMessage: (message) => void told.push(message),
      handleError: (error) => void told.push(error),
    }),
  );
  peer.onerror = (error) => told.push(error);
  return {
    receive: (chunk) => peer.send(chunk),
    end: () => peer.end(),
    result: () => told,
  };
}
