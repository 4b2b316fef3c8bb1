import { expect, it } from "vitest";
import { ReadBuffer } from "./read_buffer.ts";

/** The sizes that are asked for while reads bring so many bytes, or as many as there is room for. */
function sizes(limit: number, brought: readonly number[]): number[] {
  const buffer = new ReadBuffer();
  return brought.map((size) => {
    const memory = buffer.next(limit);
    expect(buffer.filled(memory.subarray(0, size)).buffer).toBe(memory.buffer);
    return memory.length;
  });
}

it("grows for a peer that fills it, up to the limit, and shrinks for one that has calmed down", () => {
  const kib = sizes(65_536, [1e6, 1e6, 1e6, 1e6, 30_000, 100, 100, 1e6, 5]).map((size) =>
    size / 1024
  );
  expect(kib).toEqual([4, 16, 64, 64, 64, 64, 4, 4, 16]);
});

it("keeps to a limit below its smallest size", () => {
  expect(sizes(100, [1e6, 1e6, 3, 1e6])).toEqual([100, 100, 100, 100]);
});

it("uses its memory again while the size stays, also when it comes back as another object", () => {
  const buffer = new ReadBuffer();
  const memory = buffer.next(4096);
  buffer.filled(memory.subarray(0, 2000));
  expect(buffer.next(4096).buffer).toBe(memory.buffer);
  const moved = structuredClone(memory, { transfer: [memory.buffer] });
  buffer.filled(moved.subarray(0, 2000));
  expect(buffer.next(4096).buffer).toBe(moved.buffer);
});
