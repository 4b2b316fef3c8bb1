/**
 * SEC-10, 15, 16, 19, 21 to 23: attacks on time, order and the stack.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import { Parser } from "../../core/parser.ts";
import { until } from "../../core/protocol.ts";
import { ProtocolChat } from "../../core/protocol_chat.ts";
import { FakeClock } from "../../core/testing/fake_clock.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import type { Case, Context, Step } from "../case.ts";
import { chatTwins } from "./chat_meeting.ts";
import { stage } from "./core_stage.ts";
import { KIB, kindOf, MIB, seen, standstill, textOf, twins } from "./meeting.ts";
import { quitIsLast, tinyFrames } from "./shared.ts";

/** So many bytes drip in before the peer gives up dripping; far more than a deadline allows. */
const DRIPS = 200;

/** The cases. */
export const secWork: readonly Case[] = [
  ...twins(["SEC-10.1", "SEC-10.2"], {
    title: "commands pipelined behind the one that closed are not carried out: no hook is called",
    why: "A mail that was pipelined behind QUIT has been delivered, by a server that had said bye.",
    level: "MUST",
  }, quitIsLast),
  {
    id: "SEC-10.3",
    title:
      "commands pipelined behind closeWhenDone() and pause() are not told, and the answer goes out",
    why: "Bye has to reach the client, and nothing behind QUIT may happen meanwhile.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      for (const readSize of [1, Infinity]) {
        const { socket, told, sent } = stage({
          terminator: "\n",
          foundTerminator() {
            this.push("bye\n");
            this.pause();
            this.closeWhenDone();
          },
        }, { readSize });
        socket.feed("quit\nformat disk\n");
        t.equal(told(), ["data quit", "found", "close closed"], "hooks called");
        t.equal(sent(), "bye\n", "what the peer was told");
      }
    },
  },
  {
    id: "SEC-15.1",
    title: "slowloris: one byte a second never extends a frame's deadline, though nobody is idle",
    why: "It keeps a socket for ever, and defeats every idle timeout.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      for (const terminator of ["\r\n", ["\r\n", "\n"], 1000]) {
        const errors: unknown[] = [];
        const chat = new AsyncChat({
          terminator,
          frameTimeout: 30_000,
          idleTimeout: 2_000,
          handleError: (error) => void errors.push(error),
        });
        const peer = new ManualPeer(chat);
        const clock = new FakeClock(chat, peer);
        let seconds = 0;
        for (; seconds < 1000 && errors.length === 0; seconds++) {
          peer.send("x");
          clock.advance(1_000);
        }
        t.equal([seconds, errors.map(kindOf)], [30, ["timeout"]], "seconds until it was refused");
        t.equal(peer.sawEnd, true, "whether we ended our side");
      }
    },
  },
  ...chatTwins(
    ["SEC-15.2", "SEC-15.3"],
    {
      title: "slowloris: bytes that drip in do not extend the timeout of a read",
      why: "The async face has its deadlines at the reads; they must be as firm.",
      level: "MUST",
      budget: 20_000,
    },
    [
      ...Array.from({ length: DRIPS }, (): readonly Step[] => [
        { do: "text", text: "x" },
        { do: "hold" },
      ]).flat(),
      { do: "recv-end" },
    ],
    async (t: Context, chat, peer) => {
      let dripped = 0, over = false;
      const reading = chat.readLine({ timeout: 200 }).then(() => undefined, kindOf)
        .finally(() => over = true);
      // One byte after the other, each well before the deadline that the one before would set.
      while (!over && dripped < DRIPS) {
        await peer.release();
        await new Promise((resolve) => setTimeout(resolve, 20));
        dripped++;
      }
      t.equal(await reading, "timeout", "how the read ends");
      t.need(dripped < DRIPS, `${dripped} bytes extended the deadline`);
    },
  ),
  {
    id: "SEC-16.1",
    title: "a line of 1 MiB that drips in byte by byte is read in linear time",
    why: "Looking at everything again for each byte costs half a trillion looks: a minute of work.",
    level: "MUST",
    role: "core",
    budget: 10_000,
    run(t: Context) {
      const one = Uint8Array.of(0x78), size = MIB;
      let length = 0;
      const chat = new AsyncChat({
        terminator: "\r\n",
        maxFrameLength: 2 * MIB,
        foundTerminator() {
          length = this.getData().length;
        },
      });
      const peer = new ManualPeer(chat);
      for (let i = 0; i < size; i++) peer.send(one);
      peer.send("\r\n");
      t.equal(length, size, "bytes of the frame");
    },
  },
  {
    id: "SEC-19.1",
    title:
      "a flood of pipelined commands is told at the pace of the hook: a promise stops the rest",
    why: "10,000 commands in one segment must not be 10,000 pieces of work in one turn.",
    level: "MUST",
    role: "core",
    async run(t: Context) {
      const count = 10_000, budget = 100;
      let told = 0, most = 0, inTurn = 0;
      const chat = new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          told++;
          most = Math.max(most, ++inTurn);
          return told % budget === 0 ? Promise.resolve() : undefined;
        },
      });
      const peer = new ManualPeer(chat);
      peer.send("x\n".repeat(count));
      for (let turn = 0; told < count && turn < count; turn++) {
        inTurn = 0;
        await undefined;
        peer.settle();
      }
      t.equal([told, most], [count, budget], "commands told in all, and at most in one turn");
    },
  },
  ...twins(["SEC-19.2", "SEC-19.3"], {
    title: "a flood of pipelined commands whose answers nobody reads is read no further",
    why: "64 bytes asked and 4 KiB answered: what is not read must not be worked for.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const commands = 64 * KIB, answer = new Uint8Array(4 * KIB);
    let told = 0, most = 0;
    const { probe, peer } = await meet([
      { do: "pause" },
      { do: "send", bytes: 64 * commands },
      { do: "hold" },
      { do: "resume" },
      { do: "recv-end" },
    ], {
      terminator: 64,
      foundTerminator() {
        this.setTerminator(64);
        told++;
        const goOn = this.push(answer);
        most = Math.max(most, this.bytesQueued);
        return goOn ? undefined : this.drained().catch(() => {});
      },
    });
    await standstill(t, () => told);
    t.need(told < commands, `all of ${told} commands were carried out, and nobody reads`);
    t.need(most < 64 * KIB + answer.length, `${most} bytes were queued at a time`);
    const before = told;
    probe.chat.close();
    await probe.closed;
    t.equal(told, before, "commands carried out after the close");
    await peer.release();
  }),
  {
    id: "SEC-21.1",
    title:
      "re-entrance: a hook that throws costs its own frame only; none is told twice, none is lost",
    why: "A parser that was left in the middle delivers the same command again.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      for (const readSize of [1, 3, Infinity]) {
        const frames: string[] = [];
        const { socket } = stage({
          terminator: "\n",
          collectIncomingData(data) {
            frames.push(textOf(data));
          },
          foundTerminator() {
            frames.push("|");
            if (frames.join("") === "one|two|") throw new Error("on purpose");
          },
          handleException() {},
        }, { readSize });
        socket.feed("one\ntwo\nthree\n");
        t.equal(frames.join(""), "one|two|three|", `frames told, read by ${readSize}`);
      }
    },
  },
  {
    id: "SEC-21.2",
    title:
      "re-entrance: input fed from inside a hook is refused, or waits; the order is never broken",
    why: "A parser that calls itself corrupts its own place in the input.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      const frames: string[] = [];
      let refusals = 0;
      const chat = new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          frames.push(this.getText());
          try {
            this.session.receive(new TextEncoder().encode("nested\n"));
          } catch {
            refusals++;
          }
          // A nested dispatch does nothing: the one under way goes on.
          this.dispatch();
        },
      });
      const peer = new ManualPeer(chat);
      peer.send("a\nb\nc\n");
      t.equal([frames, refusals], [["a", "b", "c"], 3], "frames told, and feeds refused");

      const line = until("\n");
      const parser = new Parser(function* () {
        return textOf(yield* line);
      });
      const told: string[] = [];
      for (const message of parser.receive(new TextEncoder().encode("a\nb\n"))) {
        told.push(message);
        if (told.length < 3) parser.receive(new TextEncoder().encode(`${message}${message}\n`));
      }
      t.equal(told, ["a", "b", "aa", "bb"], "messages told, the nested ones behind the others");

      const failing = new ProtocolChat(function* () {
        const text = textOf(yield* line);
        if (text === "bad") throw new Error("a bug in the protocol");
        return text;
      }, {
        handleMessage: (message) => void told.push(message),
        handleException() {
          this.close();
        },
      });
      new ManualPeer(failing).send("good\nbad\nnever\n");
      t.equal(told.slice(4), ["good"], "messages told around a bug");
    },
  },
  {
    id: "SEC-22.1",
    title: "stack overflow: 100,000 frames, each answered by a push or a producer, do not grow it",
    why: "An engine that calls itself for every frame runs out of stack, and a peer decides when.",
    level: "MUST",
    role: "core",
    budget: 15_000,
    run(t: Context) {
      const count = 100_000;
      let producers = 0;
      const chat = new AsyncChat({
        terminator: "\n",
        foundTerminator() {
          if (++producers % 10 === 0) this.pushWithProducer([this.getData()]);
          else this.push(this.getData());
        },
      });
      const peer = new ManualPeer(chat);
      peer.send("x\n".repeat(count));
      t.equal(peer.take().length, count, "bytes answered by AsyncChat");

      const line = until("\n");
      const protocol = new ProtocolChat(function* () {
        return (yield* line).length;
      }, {
        handleMessage(length) {
          this.push("x".repeat(length));
        },
      });
      const other = new ManualPeer(protocol);
      other.send("x\n".repeat(count));
      t.equal(other.take().length, count, "bytes answered by ProtocolChat");
    },
  },
  {
    id: "SEC-22.2",
    title: "stack overflow: values nested 100,000 deep are read by a generator without recursion",
    why: "Whoever reads nested values by calling himself is ended by four bytes, sent often.",
    level: "MUST",
    role: "core",
    run(t: Context) {
      const line = until("\r\n", { max: 16 });
      const parser = new Parser(function* () {
        let depth = 0;
        while (textOf(yield* line) === "*1") depth++;
        return depth;
      });
      const depth = 100_000;
      const input = new TextEncoder().encode(`${"*1\r\n".repeat(depth)}+x\r\n`);
      t.equal([...parser.receive(input)], [depth], "how deep it was");
    },
  },
  ...twins(["SEC-22.3", "SEC-22.4"], {
    title: "stack overflow: 50,000 frames that wait when reading begins are each answered",
    why: "On a socket they come in the chunks of the runtime, which are larger than one thinks.",
    level: "MUST",
    budget: 15_000,
  }, (t, meet) => tinyFrames(t, meet, 50_000)),
  ...twins(["SEC-23.1", "SEC-23.2"], {
    title: "half-open spin: after the peer's FIN a conversation that waits does nothing at all",
    why: "A server that looks at a dead socket again and again burns a processor for each.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let dispatches = 0;
    const { probe, peer } = await meet(
      [{ do: "text", text: "hi" }, { do: "fin" }, { do: "recv-end" }],
      { handleEnd() {} },
    );
    const { chat } = probe;
    const dispatch = chat.dispatch;
    chat.dispatch = () => {
      dispatches++;
      dispatch.call(chat);
    };
    await probe.told("end");
    await standstill(t, () => dispatches);
    const before = dispatches, hooks = probe.log.length;
    for (let i = 0; i < 10; i++) await t.settle();
    t.equal(dispatches - before, 0, "times that the driver looked again");
    t.equal(probe.log.length - hooks, 0, "hooks called meanwhile");
    t.equal([chat.session.wantsRead, chat.session.wantsWrite], [false, false], "what is wanted");
    chat.push("still here");
    chat.closeWhenDone();
    t.equal((await probe.closed).reason, "ended", "how it ended");
    t.equal((await seen(peer, ({ fin }) => fin, "our FIN")).text, "still here", "the answer");
  }),
];
