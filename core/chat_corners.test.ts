/** The async face where things meet: a read given up and a full buffer, a close and a late chunk. */

import { describe, expect, it } from "vitest";
import { Chat } from "./chat.ts";
import type { Engine } from "./chat_engine.ts";
import { UnsentError } from "./chat_writer.ts";
import { IncompleteFrameError, LimitError } from "./errors.ts";
import { exactly, protocolError, rest, until } from "./protocol.ts";
import { ManualPeer } from "./testing/manual_peer.ts";
import { decode } from "./text.ts";

function stage(options: ConstructorParameters<typeof Chat>[0] = {}) {
  const chat = new Chat(options);
  const peer = new ManualPeer(chat.asyncChat);
  // What a promise brings about happens as soon as it has settled, as with a real driver.
  const { session } = chat.asyncChat;
  const { onwake } = session;
  session.onwake = () => {
    onwake?.();
    queueMicrotask(() => peer.settle());
  };
  return { chat, peer };
}

/** Lets every promise settle that can, and what they bring about. */
async function settled(peer: ManualPeer): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await undefined;
    peer.settle();
  }
}

/** Reads until the input so far has been looked at, and gives up. */
async function lookAndGiveUp(
  chat: Chat,
  peer: ManualPeer,
  end: Parameters<Chat["readUntil"]>[0],
): Promise<void> {
  const controller = new AbortController();
  const reading = chat.readUntil(end, { signal: controller.signal });
  reading.catch(() => {});
  await settled(peer);
  controller.abort();
  await expect(reading).rejects.toMatchObject({ kind: "aborted" });
}

describe("a read that was given up", () => {
  it("leaves bytes that are moved to the front when there is room, and none is lost", async () => {
    const { chat, peer } = stage();
    const sent = Array.from({ length: 650 }, (_, i) => String.fromCharCode(97 + i % 26)).join("");
    let at = 0;
    const send = async (size: number) => {
      peer.send(sent.slice(at, at += size));
      await lookAndGiveUp(chat, peer, "\n");
    };
    await send(300);
    await send(100);
    expect(decode(await chat.readExactly(300))).toBe(sent.slice(0, 300));
    await send(250);
    expect(decode(await chat.readExactly(350))).toBe(sent.slice(300));
  });

  it("is not taken for one that looks for something else", async () => {
    const ends = ["b", ["b", "c"], ["b"], new Uint8Array([98]), [new Uint8Array([98]), "c"]];
    for (const before of ends) {
      for (const after of ends) {
        const { chat, peer } = stage();
        peer.send("aa");
        await lookAndGiveUp(chat, peer, before);
        peer.send("ab");
        expect(decode(await chat.readUntil(after))).toBe("aaa");
      }
    }
  });
});

describe("the end of the input", () => {
  it("makes payload of half a delimiter, which may be too much", async () => {
    const { chat, peer } = stage();
    peer.send("abc\r");
    const reading = chat.readUntil("\r\n", { max: 3 });
    reading.catch(() => {});
    await settled(peer);
    peer.end();
    await expect(reading).rejects.toThrow(LimitError);
    expect(decode((await chat.read())!)).toBe("abc\r");
    expect(await chat.read()).toBe(null);
  });
});

describe("closeWhenDone()", () => {
  it("drops what still comes while the last words wait for the peer", async () => {
    const { chat, peer } = stage();
    peer.room = 0;
    void chat.write("bye");
    const closing = chat.closeWhenDone();
    peer.send("late");
    await settled(peer);
    await expect(chat.read()).rejects.toMatchObject({ kind: "closed" });
    peer.room = Infinity;
    expect(peer.takeText()).toBe("bye");
    peer.end();
    expect((await closing).reason).toBe("closed");
  });
});

describe("a failure", () => {
  it("leaves to be read what had come, also what had not been told yet", async () => {
    const { chat, peer } = stage();
    for (const piece of ["a", "b", "c"]) peer.send(piece);
    peer.fail();
    await settled(peer);
    expect(decode(await chat.readExactly(3))).toBe("abc");
    await expect(chat.read()).rejects.toMatchObject({ kind: "reset" });
  });
});

describe("reading on demand", () => {
  it("asks the peer for bytes while somebody waits for them, and no longer", async () => {
    const { chat, peer } = stage();
    const engine = chat.asyncChat as Engine;
    engine.readOnDemand();
    expect(engine.session.wantsRead).toBe(false);
    const reading = chat.readUntil("\n");
    await settled(peer);
    expect(engine.session.wantsRead).toBe(true);
    await expect(engine.detach()).rejects.toThrow(/a read is under way/);
    await expect(engine.startTls()).rejects.toThrow(/a read is under way/);
    peer.send("a\n");
    expect(decode(await reading)).toBe("a");
    await settled(peer);
    expect(engine.session.wantsRead).toBe(false);
  });
});

describe("reading on demand, when the connection fails", () => {
  it("leaves to be read what had come and had not been asked for", async () => {
    const { chat, peer } = stage();
    (chat.asyncChat as Engine).readOnDemand();
    peer.send("late");
    peer.fail();
    await settled(peer);
    expect(decode((await chat.read())!)).toBe("late");
    await expect(chat.read()).rejects.toMatchObject({ kind: "reset" });
  });
});

describe("messages()", () => {
  function* counted() {
    const head = yield* until(":", { max: 2 });
    return decode(head) + decode(yield* exactly(head.length, { max: 2 }));
  }

  it("gives messages of empty frames as well", async () => {
    const { chat, peer } = stage();
    peer.send("::a:b:");
    peer.end();
    const told: string[] = [];
    for await (const message of chat.messages(counted)) told.push(message);
    expect(told).toEqual(["", "", "ab", ""]);
  });

  it("throws at the protocol what it may say in its own words: a limit, and an end", async () => {
    function* worded() {
      try {
        return yield* counted();
      } catch (error) {
        throw protocolError(`in my words: ${(error as Error).name}`);
      }
    }
    for (const [input, name] of [["abc", "LimitError"], ["a:", "IncompleteFrameError"]] as const) {
      const { chat, peer } = stage();
      peer.send(input);
      peer.end();
      await expect(chat.messages(worded).next()).rejects.toThrow(`in my words: ${name}`);
    }
  });

  it("tells how much of a message had come when the input ended", async () => {
    for (const [input, received] of [["ab:c", 1], ["ab:", 0]] as const) {
      const { chat, peer } = stage();
      peer.send(input);
      peer.end();
      const error = await chat.messages(counted).next().catch((error) => error);
      expect(error).toBeInstanceOf(IncompleteFrameError);
      expect(error.received).toBe(received);
    }
  });

  it("passes on what the connection failed with, also to one that takes the rest", async () => {
    for (
      const protocol of [counted, function* () {
        return yield* rest();
      }]
    ) {
      const { chat, peer } = stage();
      const reading = chat.messages(protocol as () => Generator<never, unknown, Uint8Array>).next();
      reading.catch(() => {});
      peer.send("a");
      await settled(peer);
      peer.fail();
      await settled(peer);
      await expect(reading).rejects.toMatchObject({ kind: "reset" });
    }
  });
});

describe("UnsentError", () => {
  it("says to whom, how it ended, and how much was lost", () => {
    const closed = new UnsentError(undefined, { reason: "closed", bytesUnsent: 0 }, 3);
    expect([closed.message, closed.kind])
      .toEqual(["3 bytes not sent to the peer: it is over (closed)", "closed"]);
    const error = new TypeError("mine");
    const aborted = new UnsentError("you:1", { reason: "aborted", bytesUnsent: 0, error }, 3);
    expect([aborted.message, aborted.kind, aborted.cause])
      .toEqual(["3 bytes not sent to you:1: mine", "aborted", error]);
  });
});

describe("a read that fails", () => {
  const messageOf = (reading: Promise<unknown>) => reading.catch(({ message }) => message);

  it("names the peer, and counts one byte as one", async () => {
    const { chat, peer } = stage();
    const name = chat.peer!;
    peer.send("ab");
    await settled(peer);
    expect(await messageOf(chat.readLine({ max: 1 })))
      .toBe(
        `${name}: a frame is longer than 1 byte; give the read a larger max if the peer is right`,
      );
    await chat.read({ max: 1 });
    peer.end();
    expect(await messageOf(chat.readUntil(";"))).toBe(
      `${name}: the input ended inside a frame: 1 byte came, then its delimiter was expected`,
    );
    expect(await messageOf(chat.readExactly(2))).toMatch(/then 1 more byte was expected$/);
    await chat.read();
    expect(await messageOf(chat.readExactly(1))).toMatch(`${name}: the input ended`);
    chat.close();
    expect(await messageOf(chat.read())).toMatch(`${name}: the conversation is over`);
  });

  it("takes a length in text for no delimiter", async () => {
    const { chat } = stage();
    await expect(chat.readExactly("5" as unknown as number)).rejects.toThrow(TypeError);
  });
});
