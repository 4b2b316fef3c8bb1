import { describe, expect, it } from "vitest";
import { Outbox } from "./outbox.ts";
import { Session } from "./session.ts";
import { GATHERED, Slab } from "./slab.ts";
import { randomFrom } from "./testing/segmentation.ts";
import { decode, encode } from "./text.ts";

const nobody = { answered() {}, threw() {}, late() {} };

describe("Slab", () => {
  it("gathers text and bytes, and grows until it is full", () => {
    const slab = new Slab();
    let all = "";
    for (let i = 0;; i++) {
      const piece = `${i} ключ 🔑 ${"x".repeat(i % 50)};`;
      const size = slab.add(i % 2 ? piece : encode(piece));
      if (size === 0) break;
      expect(size).toBe(encode(piece).length);
      all += piece;
    }
    expect(slab.length).toBeGreaterThan(63 * 1024);
    expect(slab.length).toBeLessThanOrEqual(64 * 1024);
    expect(decode(slab.take())).toBe(all);
    expect(slab.length).toBe(0);
    expect(slab.add(new Uint8Array(64 * 1024 + 1))).toBe(0);
    expect(slab.add("again")).toBe(5);
    expect(decode(slab.take())).toBe("again");
  });
});

describe("what is gathered", () => {
  it("leaves in the order of the pushes, to the byte, however it is pushed and taken", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = randomFrom(seed), pick = (n: number) => Math.floor(random() * n);
      const outbox = new Outbox(nobody);
      let pushed = "", sent = "", queued = 0;
      for (let i = 0; i < 400; i++) {
        if (pick(4) > 0) {
          const piece = `${i}${"ü".repeat(pick(5) === 0 ? pick(2 * GATHERED) : pick(9))};`;
          const asText = pick(2) === 0;
          const size = outbox.gather(asText ? piece : encode(piece), Infinity);
          if (size === 0) outbox.add(encode(piece));
          else expect(size).toBe(encode(piece).length);
          pushed += piece;
          queued += encode(piece).length;
        } else {
          const bytes = outbox.next(1 + pick(pick(2) ? 10 : 100_000));
          if (bytes === undefined) continue;
          const taken = pick(bytes.length + 1);
          sent += latin1(bytes.subarray(0, taken));
          // What has been handed out stays as it is while more is pushed.
          const before = latin1(bytes);
          if (outbox.gather("!", Infinity) === 0) outbox.add(encode("!"));
          pushed += "!";
          queued += 1 - taken;
          expect(latin1(bytes)).toBe(before);
          outbox.sent(taken);
        }
        expect(outbox.bytes).toBe(queued);
      }
      for (let bytes; (bytes = outbox.next(1000)) !== undefined;) {
        sent += latin1(bytes);
        outbox.sent(bytes.length);
      }
      expect(outbox.isEmpty).toBe(true);
      expect(sent).toBe(latin1(encode(pushed)));
    }
  });

  it("leaves with one write, a lone piece in front of it included", () => {
    const outbox = new Outbox(nobody);
    outbox.add(encode("one "));
    outbox.gather("two ", Infinity);
    outbox.gather(encode("three"), Infinity);
    expect(decode(outbox.next(Infinity)!)).toBe("one two three");
  });

  it("goes on in another slab when one is full", () => {
    const outbox = new Outbox(nobody);
    let pushed = "first;", sent = "";
    outbox.add(encode(pushed));
    for (let i = 0; i < 1000; i++) {
      const piece = `${i}${"x".repeat(200)};`;
      outbox.gather(piece, Infinity);
      pushed += piece;
    }
    expect(outbox.bytes).toBe(pushed.length);
    for (let bytes; (bytes = outbox.next(Infinity)) !== undefined;) {
      sent += latin1(bytes);
      outbox.sent(bytes.length);
    }
    expect(sent).toBe(pushed);
  });

  it("stays behind a large piece, a producer, and what is on its way", () => {
    const outbox = new Outbox(nobody);
    outbox.add(new Uint8Array(GATHERED + 1));
    outbox.gather("a", Infinity);
    const pieces = ["b", undefined];
    outbox.add({ next: () => pieces.shift(), cancel() {} });
    outbox.gather("c", Infinity);
    outbox.add(encode("d"));
    let sent = "";
    for (let bytes; (bytes = outbox.next(Infinity)) !== undefined;) {
      outbox.gather("e", Infinity);
      sent += decode(bytes);
      outbox.sent(bytes.length);
      if (sent.length > GATHERED + 20) break;
    }
    expect(sent.slice(GATHERED + 1)).toMatch(/^a.*b.*c.*d/);
    expect(sent.slice(GATHERED + 1).replaceAll("e", "")).toBe("abcd");
  });

  it("is counted when it is dropped, and gone when it is discarded", () => {
    const outbox = new Outbox(nobody);
    outbox.add(encode("12"));
    outbox.gather("345", Infinity);
    expect(outbox.drop(undefined)).toBe(5);
    outbox.add(encode("12"));
    outbox.gather("345", Infinity);
    outbox.discard(undefined);
    expect([outbox.bytes, outbox.isEmpty]).toEqual([0, true]);
  });

  it("does not go in front of a fence", () => {
    const outbox = new Outbox(nobody);
    outbox.add(encode("plain"));
    outbox.gather(" text", Infinity);
    outbox.fence();
    expect(outbox.gather("secret", Infinity)).toBe(0);
    expect(decode(outbox.next(Infinity)!)).toBe("plain text");
  });
});

describe("push()", () => {
  const session = (maxQueued: number) => {
    const session = new Session({ maxQueued });
    session.connected();
    return session;
  };

  it("counts to the byte against maxQueued, also what it gathers", () => {
    const queue = session(10);
    queue.push("1234");
    queue.push("üü");
    queue.push("9");
    expect(() => queue.push("ü")).toThrow("limit of 10");
    queue.push("0");
    expect(queue.bytesQueued).toBe(10);
    expect(decode(queue.nextOutput(100)!)).toBe("1234üü90");
  });

  it("copies bytes that it gathers", () => {
    const queue = session(100), bytes = encode("b");
    queue.push("a");
    queue.push(bytes);
    bytes[0] = 0;
    expect(decode(queue.nextOutput(100)!)).toBe("ab");
  });
});

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
