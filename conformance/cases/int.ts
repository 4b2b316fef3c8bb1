/**
 * INT: integrity of what is sent and received.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import {
  ascii,
  hasEnded,
  KIB,
  MIB,
  needWhole,
  pour,
  seen,
  standstill,
  textOf,
  twins,
} from "./meeting.ts";
import { tinyFrames } from "./shared.ts";

/** The cases of the clauses INT. */
export const int: readonly Case[] = [
  ...twins(["INT-1.1", "INT-1.2"], {
    title: "64 MiB in random pieces, pushed and produced, come back from an echo as they were",
    why: "A byte lost, doubled or swapped once in a billion is the bug that nobody finds.",
    level: "MUST",
    budget: 30_000,
  }, async (t: Context, meet) => {
    const size = 64 * MIB;
    const { probe, peer } = await meet([{ do: "echo" }, { do: "fin" }], {}, { checked: true });
    const { chat } = probe, stream = t.stream();
    for (let at = 0; at < size;) {
      const end = Math.min(size, at + t.integer(8, 256 * KIB));
      const bytes = stream.slice(at, end);
      const goOn = t.random() < 0.5 ? chat.push(bytes) : chat.pushWithProducer([bytes]);
      if (!goOn) await chat.drained();
      at = end;
    }
    chat.end();
    const { reason } = await probe.closed;
    t.equal(probe.received, size, "bytes that came back");
    t.equal(reason, "closed", "how it ended");
    await needWhole(t, peer, size);
  }),
  ...twins(["INT-2.1", "INT-2.2"], {
    title: "16 MiB go both ways at once, with a peer that writes all before it reads",
    why: "Two ends that both write first and read later wait for each other for ever.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const size = 16 * MIB;
    const { probe, peer } = await meet(
      [
        { do: "pause" },
        { do: "send", bytes: size },
        { do: "resume" },
        { do: "recv-end" },
        { do: "fin" },
      ],
      {},
      { checked: true },
    );
    // The peer reads nothing before it has sent all, so one of the two has to do both at a time.
    await pour(t, probe.chat, size);
    probe.chat.end();
    await probe.closed;
    t.equal(probe.received, size, "bytes received");
    await needWhole(t, peer, size);
  }),
  ...twins(["INT-3.1", "INT-3.2"], {
    title: "frames of 0, 1 and 2^k-1, 2^k, 2^k+1 bytes up to 1 MiB, announced by number, are exact",
    why: "Buffers have round sizes, and bugs live at their edges.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const sizes = edges(20);
    const stream = t.stream();
    const frames: number[] = [];
    let at = 0, size: number | undefined, wrong: string | undefined;
    const note = (bytes: Uint8Array) => {
      frames.push(bytes.length);
      wrong ??= stream.check(bytes, at);
      at += bytes.length;
    };
    const { probe } = await meet([{ do: "echo" }, { do: "fin" }], {
      maxFrameLength: 2 * MIB,
      terminator: "\n",
      foundTerminator() {
        if (size === undefined) {
          size = Number(this.getText());
          if (size > 0) return this.setTerminator(size);
        }
        note(this.getData());
        size = undefined;
        this.setTerminator("\n");
      },
    });
    let start = 0;
    for (const size of sizes) {
      probe.chat.push(`${size}\n`);
      if (!probe.chat.push(stream.slice(start, start + size))) await probe.chat.drained();
      start += size;
    }
    probe.chat.end();
    await probe.closed;
    t.equal(frames, sizes, "sizes of the frames");
    t.equal(wrong, undefined, "the first wrong byte in a frame");
  }),
  ...twins(["INT-4.1", "INT-4.2"], {
    title:
      "10,000 pushes of one byte, of every value and over many turns, arrive one after the other",
    why: "Small writes are joined on the way out, and that is where they get lost.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const count = 10_000;
    let received = 0, wrong = -1;
    const { probe } = await meet([{ do: "echo" }, { do: "fin" }], {
      collectIncomingData(data) {
        for (const byte of data) {
          if (wrong < 0 && byte !== (received & 0xff)) wrong = received;
          received++;
        }
      },
    });
    for (let i = 0; i < count; i++) {
      probe.chat.push(Uint8Array.of(i & 0xff));
      if (t.random() < 0.05) await Promise.resolve();
    }
    probe.chat.end();
    await probe.closed;
    t.equal(received, count, "bytes that came back");
    t.equal(wrong, -1, "the place of the first wrong byte");
  }),
  ...twins(["INT-5.1", "INT-5.2"], {
    title: "a chunk handed to a hook stays as it is until the hook's promise settles",
    why: "An adapter that reads into the same buffer again changes data under the hook's hands.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = MIB;
    const other = await meet([{ do: "echo" }, { do: "fin" }]);
    const noise = new Uint8Array(4 * KIB).fill(0xff);
    let held = 0, changed = 0;
    const { probe } = await meet([{ do: "send", bytes: size }, { do: "fin" }], {
      async collectIncomingData(data) {
        if (held++ >= 8) return;
        const copy = data.slice();
        // Much is read meanwhile, here and in another conversation.
        other.probe.chat.push(noise);
        await t.eventually(() => other.probe.received >= held * noise.length, "the echo");
        await t.settle();
        if (copy.some((byte, i) => byte !== data[i])) changed++;
      },
    }, { checked: true });
    await probe.closed;
    t.equal(probe.received, size, "bytes received");
    t.equal(changed, 0, "chunks that changed while a hook had them");
  }),
  ...twins(["INT-5.3", "INT-5.4"], {
    title: "what getData() handed out stays as it is, whatever comes later",
    why: "A queue of jobs that all turn into the latest one is hard to explain.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = 1_024, count = 1_024;
    const kept: Uint8Array[] = [];
    const { probe } = await meet([{ do: "send", bytes: size * count }, { do: "fin" }], {
      terminator: size,
      foundTerminator() {
        kept.push(this.getData());
        this.setTerminator(size);
      },
    });
    await probe.closed;
    t.equal(kept.length, count, "frames");
    const stream = t.stream();
    const wrong = kept.map((bytes, i) => stream.check(bytes, i * size)).find(Boolean);
    t.equal(wrong, undefined, "the first frame that is not as it came");
  }),
  ...twins(["INT-6.1", "INT-6.2"], {
    title: "a producer may use one buffer for every piece",
    why: "It is asked again only when its last piece has gone out, so that it need not allocate.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const size = 8 * MIB;
    const { probe, peer } = await meet(
      [{ do: "pause" }, { do: "hold" }, { do: "resume" }, { do: "recv-end" }, { do: "fin" }],
    );
    const stream = t.stream(), buffer = new Uint8Array(200 * KIB);
    let at = 0;
    probe.chat.pushWithProducer({
      more() {
        const piece = Math.min(size - at, t.integer(1, buffer.length));
        buffer.set(stream.slice(at, at + piece));
        at += piece;
        return buffer.subarray(0, piece);
      },
    });
    probe.chat.closeWhenDone();
    // The peer does not read at first, so that some pieces have to wait.
    await standstill(t, () => at);
    await peer.release();
    await probe.closed;
    await needWhole(t, peer, size);
  }),
  ...twins(["INT-6.3", "INT-6.4"], {
    title: "pushed bytes are the caller's again at once",
    why: "Half of all programs fill one buffer again and again, and no one reads the fine print.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
    const stream = t.stream(), buffer = new Uint8Array(200 * KIB);
    let at = 0;
    for (let round = 0; round < 40; round++) {
      const piece = t.integer(1, buffer.length);
      buffer.set(stream.slice(at, at + piece));
      const goOn = probe.chat.push(buffer.subarray(0, piece));
      buffer.fill(0xff);
      at += piece;
      if (!goOn) await probe.chat.drained();
    }
    probe.chat.closeWhenDone();
    await probe.closed;
    await needWhole(t, peer, at);
  }),
  ...twins(["INT-7.1", "INT-7.2"], {
    title: "1,000 rounds of question and answer keep their order",
    why: "Command and response is what the library is for.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const rounds = 1_000;
    let round = 0, wrong: string | undefined;
    const { probe } = await meet([{ do: "echo" }, { do: "fin" }], {
      terminator: "\r\n",
      handleConnect() {
        this.push("ping 0\r\n");
      },
      foundTerminator() {
        const answer = this.getText();
        if (answer !== `ping ${round}`) wrong ??= `round ${round} was answered by ${answer}`;
        if (++round === rounds) this.closeWhenDone();
        else this.push(`ping ${round}\r\n`);
      },
    });
    await probe.closed;
    t.equal(round, rounds, "rounds");
    t.equal(wrong, undefined, "the first wrong answer");
  }),
  ...twins(["INT-8.1", "INT-8.2"], {
    title: "delimiter, number and delimiter in turn hold when every byte comes in its own segment",
    why: "What works on one machine and fails over a slow line was cut there.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const expected: string[] = [];
    let text = "";
    for (let i = 0; i < 12; i++) {
      const body = "\r\n\r".repeat(i) + "x";
      text += `length: ${body.length}\r\n\r\n${body}trailer\r${i}\n`;
      expected.push(`length: ${body.length}`, body, `trailer\r${i}`);
    }
    const frames: string[] = [];
    const { probe } = await meet([{ do: "text", text, piece: 1 }, { do: "fin" }], {
      terminator: "\r\n\r\n",
      foundTerminator() {
        const frame = this.getText();
        frames.push(frame);
        const part = frames.length % 3;
        if (part === 1) this.setTerminator(Number(frame.slice("length: ".length)));
        else this.setTerminator(part === 2 ? "\n" : "\r\n\r\n");
      },
    });
    const { incomplete } = await probe.closed;
    t.equal(frames, expected, "frames");
    t.equal(incomplete, undefined, "the frame that was cut");
  }),
  ...twins(["INT-9.1", "INT-9.2"], {
    title:
      "200,000 frames of one byte, waiting when reading begins, are each answered from the hook",
    why: "An engine that calls itself for every frame runs out of stack, and a peer decides when.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => tinyFrames(t, meet, 200_000)),
  ...twins(["INT-10.1", "INT-10.2"], {
    title: "text is sent as UTF-8, and views other than Uint8Array send the bytes that they show",
    why: "Each runtime refuses, truncates or reinterprets some of them.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
    const memory = ascii("0123456789abcdef");
    const { chat } = probe;
    chat.push("é€😀 ");
    chat.push(new DataView(memory.buffer, 1, 3));
    chat.push(new Uint16Array(memory.buffer, 4, 2));
    chat.pushWithProducer([new Uint8Array(memory.buffer, 10, 6), "!"]);
    chat.closeWhenDone();
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    t.equal(textOf(bytes), "é€😀 1234567abcdef!", "what the peer got");
  }),
];

/** 0, and the numbers at and beside every power of two up to `2 ** last`. */
function edges(last: number): number[] {
  const sizes = new Set([0]);
  for (let k = 0; k <= last; k++) {
    for (const size of [2 ** k - 1, 2 ** k, 2 ** k + 1]) sizes.add(size);
  }
  return [...sizes];
}
