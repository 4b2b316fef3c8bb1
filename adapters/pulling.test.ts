import { describe, expect, it } from "vitest";
import { ChatError } from "../core/errors.ts";
import { Pulling } from "./pulling.ts";

/** A socket that answers when the test says so, and a driver that wants more until told otherwise. */
class Stage {
  readonly told: string[] = [];
  asked = 0;
  wanted = true;
  ondata: () => void = () => {};
  readonly pulling: Pulling;
  #resolve: (chunk: Uint8Array | null) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor() {
    this.pulling = new Pulling({
      read: () => {
        this.asked++;
        return new Promise((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
        });
      },
      explain: (error) => new ChatError("reset", String(error)),
    }, {
      data: (chunk) => {
        this.told.push(`data ${chunk.length}`);
        this.ondata();
        return this.wanted;
      },
      ended: () => void this.told.push("ended"),
      failed: ({ message }) => void this.told.push(`failed ${message}`),
      writable: () => void this.told.push("writable"),
      closed: () => void this.told.push("closed"),
    });
  }

  answer(size: number | null): Promise<void> {
    this.#resolve(size === null ? null : new Uint8Array(size));
    return settled();
  }

  refuse(message: string): Promise<void> {
    this.#reject(message);
    return settled();
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const cut = (message = "cut") => new ChatError("reset", message);

describe("Pulling", () => {
  it("says that a read is under way from the question to the answer, and not while it is told", async () => {
    const stage = new Stage();
    const { pulling } = stage;
    const read: boolean[] = [pulling.isReading];
    stage.ondata = () => read.push(pulling.isReading);
    pulling.resume();
    pulling.pause();
    read.push(pulling.isReading);
    stage.wanted = false;
    await stage.answer(1);
    read.push(pulling.isReading);
    expect(read).toEqual([false, true, false, false]);
  });

  it("asks nothing before it is resumed, and one question at a time", async () => {
    const stage = new Stage();
    await settled();
    expect(stage.asked).toBe(0);
    stage.pulling.resume();
    stage.pulling.resume();
    await settled();
    expect(stage.asked).toBe(1);
    await stage.answer(3);
    expect(stage.told).toEqual(["data 3"]);
    expect(stage.asked).toBe(2);
  });

  it("asks no more once a chunk is answered with false, until it is resumed", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    stage.wanted = false;
    await stage.answer(1);
    expect(stage.asked).toBe(1);
    stage.pulling.resume();
    expect(stage.asked).toBe(2);
  });

  it("tells the answer to a question that was under way when it was paused, and asks no more", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    stage.pulling.pause();
    await stage.answer(2);
    expect(stage.told).toEqual(["data 2"]);
    expect(stage.asked).toBe(1);
  });

  it("goes on with the question under way when it is paused and resumed meanwhile", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    stage.pulling.pause();
    stage.pulling.resume();
    expect(stage.asked).toBe(1);
    await stage.answer(2);
    expect(stage.asked).toBe(2);
  });

  it("tells the end once, and asks no more", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    await stage.answer(null);
    stage.pulling.resume();
    await settled();
    expect(stage.told).toEqual(["ended"]);
    expect(stage.asked).toBe(1);
  });

  it("tells a failure, and neither an end nor another failure after it", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    await stage.refuse("gone");
    stage.pulling.resume();
    await stage.pulling.fail(cut());
    expect(stage.told).toEqual(["failed gone"]);
    expect(stage.asked).toBe(1);
  });

  it("takes a read that throws at once for a failure", async () => {
    const told: string[] = [];
    const read = () => {
      throw new Error("at once");
    };
    const pulling = new Pulling({ read, explain: (error) => cut(String(error)) }, {
      data: () => true,
      ended: () => void told.push("ended"),
      failed: ({ message }) => void told.push(message),
      writable() {},
      closed() {},
    });
    pulling.resume();
    await settled();
    expect(told).toEqual(["Error: at once"]);
  });

  it("while input is wanted, tells what came before a failed write, and then that instead of an end", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    let told = false;
    void stage.pulling.fail(cut()).then(() => told = true);
    await stage.answer(5);
    expect(stage.told).toEqual(["data 5"]);
    expect(told).toBe(false);
    await stage.answer(null);
    expect(stage.told).toEqual(["data 5", "failed cut"]);
    expect(told).toBe(true);
  });

  it("tells the first of two failures, also when the read finds the second", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    void stage.pulling.fail(cut("first"));
    void stage.pulling.fail(cut("second"));
    await stage.refuse("third");
    expect(stage.told).toEqual(["failed first"]);
  });

  it("tells a failed write at once when nothing is being read", async () => {
    const paused = new Stage();
    await paused.pulling.fail(cut());
    paused.pulling.resume();
    await settled();
    expect(paused.told).toEqual(["failed cut"]);
    expect(paused.asked).toBe(0);

    const ended = new Stage();
    ended.pulling.resume();
    await ended.answer(null);
    await ended.pulling.fail(cut());
    expect(ended.told).toEqual(["ended", "failed cut"]);
  });

  it("tells a failed write as soon as the reader stops wanting more", async () => {
    const stage = new Stage();
    stage.pulling.resume();
    const told = stage.pulling.fail(cut());
    stage.wanted = false;
    await stage.answer(1);
    await told;
    expect(stage.told).toEqual(["data 1", "failed cut"]);
  });

  it("tells nothing once it is stopped, whatever the question under way is answered with", async () => {
    for (const last of ["chunk", "end", "failure"]) {
      const stage = new Stage();
      stage.pulling.resume();
      const told = stage.pulling.fail(cut());
      stage.pulling.stop();
      await told;
      if (last === "failure") await stage.refuse("gone");
      else await stage.answer(last === "chunk" ? 1 : null);
      await stage.pulling.fail(cut());
      stage.pulling.resume();
      expect(stage.told).toEqual([]);
      expect(stage.asked).toBe(1);
    }
  });

  it("asks no more, and tells nothing, once it is stopped from inside data", async () => {
    const stage = new Stage();
    stage.ondata = () => stage.pulling.stop();
    stage.pulling.resume();
    await stage.answer(1);
    expect(stage.asked).toBe(1);
    await stage.pulling.fail(cut());
    expect(stage.told).toEqual(["data 1"]);
  });

  it("tells no failed write once it is stopped, as closing makes the write under way fail", async () => {
    const stage = new Stage();
    stage.pulling.stop();
    await stage.pulling.fail(cut());
    expect(stage.told).toEqual([]);
  });
});
