import { expect, it } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import { compileTerminator } from "./terminator.ts";
import { type Delimiter, searchDelimiter } from "./delimiter.ts";
import { ManualPeer } from "./testing/manual_peer.ts";
import { encode } from "./text.ts";

it("is found behind, in and across input that almost matches everywhere", () => {
  const text = `${"a".repeat(30)}ba`;
  const delimiter = compileTerminator(text) as Delimiter;
  // Long enough that the search gives up guessing, and walks.
  for (const before of [0, 1, 31, 500, 1000]) {
    const input = encode(`${"a".repeat(before)}${text}a`);
    expect(searchDelimiter(delimiter, input, 0, 0)).toBe(before + text.length);
    const cut = input.subarray(0, before + 31);
    expect(searchDelimiter(delimiter, cut, 0, 0)).toBe(~31);
    expect(searchDelimiter(delimiter, input.subarray(before + 31), 0, 31)).toBe(1);
  }
});

it("ends frames whose pieces are small, large and small, and none is lost", () => {
  for (const sizes of [[1, 5000, 1], [5000, 1, 5000], [4095, 4096, 4097], [300, 300, 300]]) {
    const frames: string[] = [];
    const peer = new ManualPeer(
      new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          frames.push(this.getText());
        },
      }),
    );
    const pieces = sizes.map((size, i) => "abc".charAt(i).repeat(size));
    for (const piece of pieces) peer.send(piece);
    peer.send("\n");
    expect(frames).toEqual([pieces.join("")]);
  }
});
