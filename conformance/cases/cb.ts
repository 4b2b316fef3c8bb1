/**
 * CB: callbacks.
 *
 * @module
 */

import type { Case, Context } from "../case.ts";
import { actingIn, type HookName, PUSHED, runToHook } from "./acting.ts";
import {
  ECHO,
  hasEnded,
  kindOf,
  MIB,
  needErrors,
  seen,
  standstill,
  textOf,
  twins,
} from "./meeting.ts";

const HOOKS: readonly HookName[] = ["connect", "data", "found", "drain", "end"];

/** The cases of the clauses CB. */
export const cb: readonly Case[] = [
  ...twins(["CB-1.1", "CB-1.2"], {
    title: "a hook that throws ends its conversation with that error, and no other",
    why: "One customer's bad data must not cut off the others.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const mistake = new Error("a mistake");
    const other = await meet([{ do: "echo" }, { do: "fin" }]);
    const { probe, peer } = await meet([{ do: "text", text: "?" }], {
      collectIncomingData() {
        throw mistake;
      },
    });
    const { reason, error } = await probe.closed;
    t.equal(reason, "aborted", "how it ended");
    needErrors(t, [error], [mistake], "the error of the report");
    t.equal(probe.log, ["connect", "data", "exception", "close"], "hooks called");
    await seen(peer, hasEnded, "the peer sees the end");
    needErrors(t, t.takeReported(), [mistake], "errors reported");
    other.probe.chat.push("still here");
    await t.eventually(() => other.probe.received === 10, "the other is still served");
  }),
  ...twins(["CB-2.1", "CB-2.2"], {
    title: "throwing in any hook ends the conversation with that error, which is told and reported",
    why: "An exception that nobody hears of is a hang, or a leak.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const where of HOOKS) {
      const mistake = new Error(`thrown in ${where}`);
      const hooks = actingIn(where, () => {
        throw mistake;
      });
      const probe = await runToHook(meet, where, hooks);
      const { reason, error } = await probe.closed;
      t.equal(reason, "aborted", `how it ended after ${where}`);
      needErrors(t, [error], [mistake], `the error after ${where}`);
      needErrors(t, probe.errors, [mistake], `errors told after ${where}`);
      t.equal(probe.log.slice(-3), [where, "exception", "close"], `the last hooks after ${where}`);
      needErrors(t, t.takeReported(), [mistake], `errors reported after ${where}`);
    }
  }),
  ...twins(["CB-2.3", "CB-2.4"], {
    title:
      "rejecting in any hook ends the conversation with that error, which is told and reported",
    why: "A rejection that nobody handles ends the process on half of the runtimes.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const where of HOOKS) {
      const mistake = new Error(`rejected in ${where}`);
      const hooks = actingIn(where, async () => {
        await Promise.resolve();
        throw mistake;
      });
      const probe = await runToHook(meet, where, hooks);
      const { error } = await probe.closed;
      needErrors(t, [error], [mistake], `the error after ${where}`);
      needErrors(t, probe.errors, [mistake], `errors told after ${where}`);
      needErrors(t, t.takeReported(), [mistake], `errors reported after ${where}`);
    }
  }),
  ...twins(["CB-2.5", "CB-2.6"], {
    title: "throwing or rejecting in the last hook is reported, and the promise `closed` resolves",
    why: "The clean-up code fails too, and somebody waits for it.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const mistake = new Error("in the last hook");
    const throwing = () => {
      throw mistake;
    };
    for (const act of [throwing, () => Promise.reject(mistake)]) {
      const probe = await runToHook(meet, "close", actingIn("close", act));
      const { reason } = await t.within(probe.closed, 2_000, "the promise closed");
      t.equal(reason, "ended", "how it ended");
      await t.settle();
      needErrors(t, t.takeReported(), [mistake], "errors reported");
    }
  }),
  ...twins(["CB-2.7", "CB-2.8"], {
    title: "a handleException that throws or rejects itself ends the conversation, once",
    why: "The handler of errors has the least tested code of all.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const another = new Error("in handleException");
    const throwing = () => {
      throw another;
    };
    for (const act of [throwing, () => Promise.reject(another)]) {
      let handled = 0;
      const { probe } = await meet([{ do: "text", text: "?" }], {
        collectIncomingData() {
          throw new Error("in the hook");
        },
        handleException() {
          // Once too often shall fail, not go round for ever.
          return handled++ > 5 ? undefined : act();
        },
      });
      const { reason } = await t.within(probe.closed, 2_000, "the close");
      t.equal(reason, "aborted", "how it ended");
      t.equal(handled, 1, "times the handler was called");
      t.need(t.takeReported().includes(another), "the handler's own error was not reported");
    }
  }),
  ...twins(["CB-3.1", "CB-3.2"], {
    title: "hooks that return promises never overlap, and keep their order",
    why: "Two commands of one session at a time is a race that the protocol does not know.",
    level: "MUST",
    budget: 15_000,
  }, async (t: Context, meet) => {
    const count = 60;
    const told: string[] = [];
    let active = 0, overlaps = 0;
    const slowly = async (what: () => string) => {
      if (active++ > 0) overlaps++;
      for (let i = t.integer(0, 5); i > 0; i--) await Promise.resolve();
      if (t.random() < 0.1) await t.settle();
      told.push(what());
      active--;
    };
    const lines = Array.from({ length: count }, (_, i) => `line ${i}\n`);
    const { probe } = await meet(
      [{ do: "text", text: lines.join(""), piece: 7 }, { do: "fin" }],
      {
        terminator: "\n",
        handleConnect: () => slowly(() => "connect:"),
        // The bytes are the hook's own until its promise settles.
        collectIncomingData: (data) => slowly(() => textOf(data)),
        foundTerminator: () => slowly(() => "\n"),
        async handleEnd() {
          await slowly(() => "end");
          this.closeWhenDone();
        },
      },
    );
    await probe.closed;
    t.equal(overlaps, 0, "hooks called while another was not done");
    t.equal(told.join(""), `connect:${lines.join("")}end`, "what was told, in order");
  }),
  ...twins(["CB-4.1", "CB-4.2"], {
    title: "while a hook's promise is pending nothing else is told, and the peer stalls",
    why: "A slow database must slow the peer down, not fill our memory.",
    level: "MUST",
    budget: 20_000,
  }, async (t: Context, meet) => {
    const size = 64 * MIB;
    let goOn: () => void = () => {}, first = 0;
    const gate = new Promise<void>((resolve) => goOn = resolve);
    const { probe, peer } = await meet([{ do: "send", bytes: size }, { do: "fin" }], {
      collectIncomingData(data) {
        if (first > 0) return;
        first = data.length;
        return gate;
      },
    }, { checked: true });
    await probe.told("data");
    const sent = await standstill(t, async () => {
      return (await peer.report()).connections[0]?.sent ?? 0;
    });
    t.equal(probe.received, first, "bytes told, all of them to the hook that is not done");
    t.need(sent < size, `the peer could send all of its ${sent} bytes`);
    goOn();
    await probe.closed;
    t.equal(probe.received, size, "bytes told in all");
  }),
  ...twins(["CB-5.1", "CB-5.2"], {
    title: "push, producers, pause, resume, setTerminator and closeWhenDone work in every hook",
    why: "Nobody reads a table of what is allowed where.",
    level: "MUST",
  }, async (t: Context, meet) => {
    for (const where of [...HOOKS, "exception"] as const) {
      const hooks = actingIn(where, (chat) => {
        chat.pause();
        chat.resume();
        chat.setTerminator("\r\n");
        chat.setTerminator("\n");
        chat.push("x");
        chat.pushWithProducer(["y"]);
        chat.closeWhenDone();
        chat.closeWhenDone();
      });
      const { probe, peer } = await meet([
        { do: "text", text: "a\n" },
        ...where === "end" ? [{ do: "fin" }] as const : [],
        { do: "recv-end" },
        { do: "fin" },
      ], hooks);
      const { reason, bytesUnsent } = await probe.closed;
      t.equal(reason, where === "end" ? "ended" : "closed", `how it ended after ${where}`);
      t.equal(bytesUnsent, 0, `bytes reported as not sent after ${where}`);
      const { received, reset } = await seen(peer, hasEnded, "our end reaches the peer");
      t.equal([received, reset], [PUSHED + 2, false], `bytes, and reset, seen after ${where}`);
    }
  }),
  ...twins(["CB-5.3", "CB-5.4"], {
    title: 'in the last hook every command is harmless, and a push throws kind "closed"',
    why: "Logging code and pools run there, and they do not know what has happened.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let thrown: unknown;
    const hooks = actingIn("close", (chat) => {
      chat.pause();
      chat.resume();
      chat.setTerminator("\n");
      chat.discardBuffers();
      chat.end();
      chat.closeWhenDone();
      chat.close();
      chat.abort();
      try {
        chat.push("x");
      } catch (error) {
        thrown = error;
      }
    });
    const probe = await runToHook(meet, "close", hooks);
    t.equal((await probe.closed).reason, "ended", "how it ended");
    t.equal(kindOf(thrown), "closed", "the kind of push's error");
    t.equal(probe.errors, [], "errors told");
  }),
  ...twins(["CB-6.1", "CB-6.2"], {
    title: "no hook runs inside the caller's own push, setTerminator, resume or abort",
    why: "Code that calls them between two statements does not expect the world to change there.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let inside: string | undefined;
    const against: string[] = [], frames: string[] = [];
    const note = (hook: string) => {
      if (inside !== undefined) against.push(`${hook} inside ${inside}`);
    };
    const { probe } = await meet([{ do: "text", text: "one\ntwo\nthree\r" }], {
      terminator: "\n",
      collectIncomingData(data) {
        note("data");
        frames.push(textOf(data));
      },
      foundTerminator() {
        note("found");
        frames.push("|");
        if (frames.length === 2) this.pause();
        if (frames.length === 4) this.setTerminator("\r\n");
      },
      handleDrain: () => note("drain"),
      handleClose: () => note("close"),
    });
    const { chat } = probe;
    const call = (name: string, command: () => void) => {
      inside = name;
      command();
      inside = undefined;
    };
    await probe.told("found");
    await t.settle();
    t.equal(frames, ["one", "|"], "what was told before pause()");
    call("resume", () => chat.resume());
    await t.eventually(() => frames.length === 5, "what was told after resume()");
    call("push", () => chat.push(new Uint8Array(PUSHED)));
    await probe.told("drain");
    // Held back as the first half of the delimiter, it is now the whole of one.
    call("setTerminator", () => chat.setTerminator("\r"));
    await probe.told("found", 3);
    t.equal(frames, ["one", "|", "two", "|", "three", "|"], "what was told");
    call("abort", () => chat.abort());
    await probe.closed;
    t.equal(against, [], "hooks called inside a command");
  }),
  ...twins(["CB-7.1", "CB-7.2"], {
    title: "a conversation of two frames tells connect, data, found, data, found, end, close",
    why: "The order is the contract; it is watched in every other case as well.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe, peer } = await meet([
      { do: "text", text: "one\n" },
      { do: "hold" },
      { do: "text", text: "two\n" },
      { do: "hold" },
      { do: "fin" },
    ], { terminator: "\n", foundTerminator() {} });
    await probe.told("found");
    await peer.release();
    await probe.told("found", 2);
    await peer.release();
    await probe.closed;
    const order = ["connect", "data", "found", "data", "found", "end", "close"];
    t.equal(probe.log, order, "hooks called");
  }),
  ...twins(["CB-9.1", "CB-9.2"], {
    title: "a handleException that does nothing keeps the conversation, and loses no frame",
    why: "A server may answer a bad command with an error and go on.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const frames: string[] = [];
    const { probe } = await meet(
      [{ do: "text", text: "good\nbad\ngood again\n" }, { do: "fin" }],
      {
        terminator: "\n",
        foundTerminator() {
          const frame = this.getText();
          if (frame === "bad") throw new Error("bad");
          frames.push(frame);
        },
        handleException() {},
      },
    );
    const { reason } = await probe.closed;
    t.equal(reason, "ended", "how it ended");
    t.equal(frames, ["good", "good again"], "frames");
    t.equal(probe.errors.length, 1, "errors told");
  }),
  ...twins(["CB-10.1", "CB-10.2"], {
    title: "the answers that hooks push in one turn leave together, before anything else is read",
    why: "Answers that wait for the next event double the time of every exchange.",
    level: "MUST",
  }, async (t: Context, meet) => {
    // Nothing happens at our end after the hook: what it pushed must go by itself.
    const { probe, peer } = await meet([{ do: "text", text: "a\nb\nc\n" }], {
      terminator: "\n",
      foundTerminator() {
        this.push(this.getText());
      },
    });
    const { text } = await seen(peer, ({ received }) => received === 3, "the answers");
    t.equal(text, "abc", "the answers");
    t.equal(probe.chat.bytesQueued, 0, "bytes that wait");
  }),
  ...twins(["CB-11.1", "CB-11.2"], {
    title:
      "several conversations at once, each in a hook that is not done, do not hold each other up",
    why: "Serial is one conversation, not the whole service.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let goOn: () => void = () => {};
    const gate = new Promise<void>((resolve) => goOn = resolve);
    const { probe: held } = await meet([{ do: "text", text: "?" }], {
      collectIncomingData: () => gate,
    });
    await held.told("data");
    const { probe: free } = await meet([{ do: "text", text: "?" }, { do: "echo" }], ECHO);
    await t.eventually(() => free.received >= 2, "the other goes on");
    goOn();
  }),
];
