import { expect, it } from "vitest";
import { ReadBuffer } from "./read_buffer.ts";

/** The sizes that are asked for while reads bring so many bytes, or as many as there is room for. */
function sizes(limit: number, brought: readonly number[]): number[] {
  const buffer = new ReadBuffer();
  return brought.map((size) => {
    const memory = buffer.next(limit);
    const taken = buffer.filled(Math.min(size, memory.length));
    expect(taken.buffer).toBe(memory.buffer);
    expect(taken.length).toBe(Math.min(size, memory.length));
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

it("uses its memory again while the size stays", () => {
  const buffer = new ReadBuffer();
  const memory = buffer.next(4096);
  buffer.filled(2000);
  expect(buffer.next(4096)).toBe(memory);
});
