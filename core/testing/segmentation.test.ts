import { expect, test } from "vitest";
import { SegmentationError, type Segmented, verifySegmentation } from "./segmentation.ts";

/** Splits at newlines within a chunk only: the mistake that the verifier is for. */
function forgetful(): Segmented {
  const frames: string[] = [];
  return {
    receive: (chunk) => frames.push(...new TextDecoder().decode(chunk).split("\n")),
    result: () => frames,
  };
}

/** Keeps views of the chunks instead of copies. */
function retaining(): Segmented {
  const chunks: Uint8Array[] = [];
  return {
    receive: (chunk) => chunks.push(chunk),
    result: () => chunks.flatMap((chunk) => [...chunk]),
  };
}

test("verifySegmentation() catches a protocol that depends on the cuts, and names them", () => {
  try {
    verifySegmentation("ab\ncd", forgetful);
  } catch (error) {
    expect(error).toBeInstanceOf(SegmentationError);
    expect((error as SegmentationError).sizes).toEqual([1, 4]);
    return;
  }
  expect.unreachable();
});

test("verifySegmentation() catches a protocol that keeps borrowed bytes", () => {
  expect(() => verifySegmentation("abc", retaining)).toThrow(SegmentationError);
});

test("verifySegmentation() tries every way for a short input and reports how many", () => {
  const sum = () => {
    let bytes = 0;
    return { receive: (chunk: Uint8Array) => void (bytes += chunk.length), result: () => bytes };
  };
  expect(verifySegmentation("1234567890", sum)).toBe(512);
  expect(verifySegmentation("", sum)).toBe(1);
  expect(verifySegmentation("x".repeat(1000), sum, { randomWays: 50 })).toBeGreaterThan(50);
});
