/**
 * AWT: the async face, over real connections.
 *
 * @module
 */

import type { Chat } from "../../core/chat.ts";
import type { ReadOptions } from "../../core/chat_options.ts";
import { UnsentError } from "../../core/chat_writer.ts";
import { ChatError, IncompleteFrameError } from "../../core/errors.ts";
import type { Case, Context, Step } from "../case.ts";
import { chatAdapter, chatTwins, withServer } from "./chat_meeting.ts";
import {
  failureOf,
  hasEnded,
  KIB,
  MIB,
  MORE_THAN_FITS,
  needWhole,
  seen,
  standstill,
  textOf,
  thrownBy,
} from "./meeting.ts";

const GREETING = "EHLO\r\n13\r\nfive\r\nand six\r\n0\r\n\r\n.done\r\n.\r\nrest";

/** What comes between two releases, in bytes, and how many reads are given up meanwhile. */
const BLOCK = 16 * KIB, TIMEOUTS_A_BLOCK = 20;

function drippingStream(): Step[] {
  const step: readonly Step[] = [{ do: "send", bytes: BLOCK, piece: 1000 }, { do: "hold" }];
  return [...Array.from({ length: 1000 / TIMEOUTS_A_BLOCK }, () => step).flat(), { do: "fin" }];
}

/** A handler's promise that never settles. */
function never(): Promise<void> {
  return new Promise(() => {});
}

/** The cases of the clauses AWT. */
export const awt: readonly Case[] = [
  ...chatTwins(
    ["AWT-1.1", "AWT-1.2"],
    {
      title: "lines, counts and any of several delimiters, read in turn, one byte a segment",
      why: "It is what every protocol with a header and a body does.",
      level: "MUST",
    },
    [{ do: "text", text: GREETING, piece: 1 }, { do: "fin" }],
    async (t: Context, chat) => {
      const told = [textOf(await chat.readUntil("\r\n"))];
      for (let i = 0; i < 2; i++) {
        const size = Number(await chat.readLine());
        told.push(textOf(await chat.readExactly(size)), await chat.readLine() ?? "null");
      }
      told.push(textOf(await chat.readUntil(["\n.\n", "\r\n.\r\n"])));
      for await (const piece of chat) told.push(textOf(piece));
      const expected = ["EHLO", "five\r\nand six", "", "", "", ".done"];
      t.equal(told.slice(0, 6), expected, "what was read, in turn");
      t.equal(told.slice(6).join(""), "rest", "what was left");
    },
  ),
  ...chatTwins(
    ["AWT-2.1", "AWT-2.2"],
    {
      title: "1,000 reads that are cancelled under way lose no byte of 32 MiB",
      why:
        "A read in a race with a timeout is given up all the time; a lost byte is found much later.",
      level: "MUST",
      budget: 30_000,
    },
    [{ do: "send", bytes: 32 * MIB }, { do: "fin" }],
    async (t: Context, chat) => {
      const size = 32 * MIB, stream = t.stream();
      let at = 0, cancelled = 0;
      const check = (bytes: Uint8Array) => {
        t.equal(stream.check(bytes, at), undefined, `what is wrong behind ${at} bytes`);
        at += bytes.length;
      };
      while (cancelled < 1000 && at < size - MIB) {
        const controller = new AbortController();
        const { signal } = controller;
        // Most want more than can be in hand, and are given up at once; the others have their way,
        // unless the stream would come to its end too early.
        const isAhead = at > size * cancelled / 2000;
        const which = isAhead ? 1 : t.random(), patience = isAhead ? 0 : t.random();
        const reading = which < 0.02
          ? read(chat, { signal })
          : chat.readExactly(which < 0.2 ? t.integer(1, 256) : t.integer(512 * KIB, MIB), {
            signal,
          });
        if (patience < 0.8) controller.abort();
        else if (patience < 0.9) queueMicrotask(() => controller.abort());
        else if (patience < 0.99) setTimeout(() => controller.abort(), 0);
        const outcome = await reading.catch((error) => error);
        if (outcome instanceof Uint8Array) check(outcome);
        else {
          t.equal((outcome as ChatError).kind, "aborted", "how a cancelled read ends");
          cancelled++;
        }
      }
      for await (const piece of chat) check(piece);
      t.equal(at, size, "bytes read in all");
      t.need(cancelled >= 1000, `only ${cancelled} reads could be cancelled: nothing was shown`);
    },
  ),
  ...chatTwins(
    ["AWT-2.3", "AWT-2.4"],
    {
      title: "a read that is cancelled inside a frame is taken up again by one for another frame",
      why: "What has been gathered for one must be looked at again for the next.",
      level: "MUST",
    },
    [{ do: "text", text: "4 on" }, { do: "hold" }, { do: "text", text: "e,two\n" }],
    async (t: Context, chat, peer) => {
      const controller = new AbortController();
      const reading = failureOf(
        t,
        () => chat.readUntil("\n", { signal: controller.signal }),
        "the cancelled read",
      );
      await t.eventually(() => chat.asyncChat.session.wantsRead, "the first part is gathered");
      await t.settle();
      controller.abort(new Error("changed my mind"));
      const error = await reading;
      t.equal([error.kind, String(error.cause)], ["aborted", "Error: changed my mind"], "its end");
      t.equal(textOf(await chat.readUntil(" ")), "4", "the frame that had come");
      await peer.release();
      t.equal(textOf(await chat.readUntil(",")), "one", "the frame that was cut");
      t.equal(await chat.readLine(), "two", "the last one");
    },
  ),
  ...chatTwins(
    ["AWT-2.5", "AWT-2.6"],
    {
      title: "a read with a timeout rejects in time with kind timeout, and the next one goes on",
      why: "A peer that does not answer must not hold its caller for ever.",
      level: "MUST",
    },
    [{ do: "text", text: "he" }, { do: "hold" }, { do: "text", text: "llo\n" }],
    async (t: Context, chat, peer) => {
      for (let i = 0; i < 3; i++) {
        await t.rejects(() => chat.readUntil("\n", { timeout: 20 }), "timeout", "the read");
      }
      await peer.release();
      t.equal(textOf(await chat.readUntil("\n", { timeout: 60_000 })), "hello", "the line");
    },
  ),
  ...chatTwins(
    ["AWT-2.7", "AWT-2.8"],
    {
      title: "1,000 reads that time out while bytes come in lose none of them",
      why: "A timeout comes when it likes: also when half of what was asked for has been gathered.",
      level: "MUST",
      budget: 30_000,
    },
    drippingStream(),
    async (t: Context, chat, peer) => {
      const stream = t.stream();
      let at = 0, given = 0;
      const take = async (bytes: number) => {
        const piece = await chat.readExactly(bytes, { timeout: 60_000 });
        t.equal(stream.check(piece, at), undefined, `what is wrong behind ${at} bytes`);
        at += bytes;
      };
      for (let sent = BLOCK; given < 1000; sent += BLOCK) {
        for (let i = 0; i < TIMEOUTS_A_BLOCK; i++) {
          // More than has been sent: only the time can end it.
          const want = sent - at + t.integer(1, BLOCK);
          const patience = t.random() < 0.9 ? 0.01 : 2;
          await t.rejects(() => chat.readExactly(want, { timeout: patience }), "timeout", "a read");
          given++;
          if (t.random() < 0.3) await take(t.integer(1, 256));
        }
        await take(sent - at);
        // Not awaited: what comes next comes while the next read is given up.
        void peer.release();
      }
      t.equal(await chat.read(), null, "what is left");
    },
  ),
  ...chatTwins(
    ["AWT-3.1", "AWT-3.2"],
    {
      title: "against a peer that does not read, write() waits with one write above the high water",
      why: "Whoever awaits every write must be safe without a thought about memory.",
      level: "MUST",
      budget: 15_000,
    },
    [{ do: "pause" }, { do: "hold" }, { do: "resume" }, { do: "recv-end" }, { do: "fin" }],
    async (t: Context, chat, peer) => {
      const stream = t.stream(), piece = 48 * KIB;
      let written = 0, most = 0, enough = false;
      const writing = (async () => {
        while (!enough && written < MORE_THAN_FITS) {
          const done = chat.write(stream.slice(written, written + piece));
          written += piece;
          most = Math.max(most, chat.bytesQueued);
          await done;
        }
      })();
      writing.catch(() => {});
      await standstill(t, () => written);
      enough = true;
      t.need(written < MORE_THAN_FITS, `all of ${written} bytes were taken and nobody reads`);
      t.need(most < 64 * KIB + piece, `${most} bytes were queued at a time`);
      await peer.release();
      await writing;
      const { reason, bytesUnsent } = await chat.closeWhenDone();
      t.equal([reason, bytesUnsent], ["closed", 0], "the report");
      await needWhole(t, peer, written);
    },
  ),
  ...chatTwins(
    ["AWT-4.1", "AWT-4.2"],
    {
      title: "while nobody reads, the peer stalls; then everything is there, to the last byte",
      why: "A handler that is busy, or hangs, must not gather its client's upload in memory.",
      level: "MUST",
      budget: 20_000,
    },
    [{ do: "send", bytes: MORE_THAN_FITS }, { do: "fin" }],
    async (t: Context, chat, peer) => {
      const stream = t.stream();
      const sent = await standstill(
        t,
        async () => (await peer.report()).connections[0]?.sent ?? 0,
      );
      t.need(sent < MORE_THAN_FITS, `the peer could send all of its ${sent} bytes`);
      t.equal(chat.asyncChat.session.wantsRead, false, "whether more is wanted");
      let at = 0;
      for await (const piece of chat) {
        t.equal(stream.check(piece, at), undefined, `what is wrong behind ${at} bytes`);
        at += piece.length;
      }
      t.equal(at, MORE_THAN_FITS, "bytes read");
    },
  ),
  {
    id: "AWT-4.3",
    title: "a handler that never resolves stalls its own client, and nobody else's",
    why: "A handler that waits for something that never comes must not be a leak that grows.",
    level: "MUST",
    role: "server",
    budget: 20_000,
    async run(t: Context) {
      const hanging: Chat[] = [];
      const handler = async (chat: Chat) => {
        if (await chat.readLine() === "hang") {
          hanging.push(chat);
          await never();
        }
        await chat.write("served\n");
      };
      await withServer(t, handler, async (target) => {
        const stuck = await t.dial(target, [
          { do: "text", text: "hang\n" },
          { do: "send", bytes: MORE_THAN_FITS },
        ]);
        const sent = await standstill(
          t,
          async () => (await stuck.report()).connections[0]?.sent ?? 0,
        );
        t.need(sent < MORE_THAN_FITS, `the peer could send all of its ${sent} bytes`);
        for (let i = 0; i < 3; i++) {
          const next = await t.dial(target, [{ do: "text", text: "go\n" }, { do: "fin" }]);
          t.equal(
            (await seen(next, hasEnded, "the next is served")).text,
            "served\n",
            "its answer",
          );
        }
        t.equal(hanging.length, 1, "handlers that hang");
        hanging[0]!.close();
        await seen(stuck, hasEnded, "a close from outside ends it all the same");
      });
    },
  },
  {
    id: "AWT-4.4",
    title: "idleTimeout ends the connection of a handler that never resolves",
    why: "Whoever bounds the silence of his peers must not be held by his own code.",
    level: "MUST",
    role: "server",
    async run(t) {
      const reasons: string[] = [];
      const handler = (chat: Chat) => {
        void chat.closed.then(({ reason }) => reasons.push(reason));
        return never();
      };
      await withServer(t, handler, async (target) => {
        for (const program of [[], [{ do: "text", text: "unread" }]] satisfies Step[][]) {
          const peer = await t.dial(target, [...program, { do: "recv-end" }]);
          await seen(peer, hasEnded, "our end reaches the peer");
        }
        await t.eventually(() => reasons.length === 2, "both ends are told");
        t.equal(reasons, ["timeout", "timeout"], "how they ended");
      }, { idleTimeout: 100 });
    },
  },
  {
    id: "AWT-5.1",
    title: "a handler that rejects is reported and loses its own connection; others go on",
    why: "One client's bad input must not be everybody's outage.",
    level: "MUST",
    role: "server",
    async run(t) {
      const bad = new Error("a bug in the handler");
      const echo = async (chat: Chat) => {
        for await (const line of chat.frames("\n")) {
          if (textOf(line) === "fail") throw bad;
          await chat.write(`${textOf(line)}\n`);
        }
      };
      await withServer(t, echo, async (target) => {
        const good = await t.dial(target, [
          { do: "text", text: "one\n" },
          { do: "recv", bytes: 4 },
          { do: "hold" },
          { do: "text", text: "two\n" },
          { do: "fin" },
        ]);
        await seen(good, ({ received }) => received === 4, "the first answer");
        const failing = await t.dial(target, [{ do: "text", text: "fail\n" }, { do: "recv-end" }]);
        await seen(failing, ({ fin, reset }) => fin || reset, "the failing connection ends");
        t.equal(t.takeReported().map(String), [String(bad)], "what was reported");
        await good.release();
        const { text, fin } = await seen(good, ({ fin, reset }) => fin || reset, "our end");
        t.equal([text, fin], ["one\ntwo\n", true], "what the other client was told");
      });
    },
  },
  {
    id: "AWT-5.2",
    title: "a peer's reset ends a handler's read, is not reported, and others are accepted",
    why: "Clients vanish all day; that is no error of the server's.",
    level: "MUST",
    role: "server",
    async run(t) {
      const kinds: (string | undefined)[] = [];
      const handler = async (chat: Chat) => {
        try {
          await chat.write("hi");
          for await (const line of chat.frames("\n")) await chat.write(line);
        } catch (error) {
          kinds.push((error as ChatError).kind);
          throw error;
        }
      };
      await withServer(t, handler, async (target) => {
        const peer = await t.dial(target, [
          { do: "recv", bytes: 2 },
          { do: "text", text: "half" },
          { do: "hold" },
          { do: "reset" },
        ]);
        await seen(peer, ({ sent }) => sent === 4, "half a line is sent");
        await t.settle();
        await peer.release();
        await t.eventually(() => kinds.length === 1, "the handler is told");
        t.equal(kinds, ["reset"], "what the read rejected with");
        const next = await t.dial(target, [{ do: "text", text: "yes\n" }, { do: "fin" }]);
        const { text } = await seen(next, ({ fin }) => fin, "the next one is answered");
        t.equal(text, "hiyes", "the answer");
      });
    },
  },
  {
    id: "AWT-5.3",
    title: "when a handler is done, all it wrote reaches the peer, then the FIN",
    why: "Nobody should have to close by hand, or to wait before returning.",
    level: "MUST",
    role: "server",
    budget: 10_000,
    async run(t) {
      const size = 8 * MIB, stream = t.stream();
      const handler = (chat: Chat) => {
        for (let at = 0; at < size; at += 64 * KIB) {
          void chat.write(stream.slice(at, at + 64 * KIB));
        }
      };
      await withServer(t, handler, async (target) => {
        const peer = await t.dial(target, [
          { do: "resume", rate: 16 * MIB },
          { do: "recv-end" },
          { do: "fin" },
        ]);
        await needWhole(t, peer, size);
      });
    },
  },
  ...chatTwins(
    ["AWT-6.1", "AWT-6.2"],
    {
      title:
        "the peer's FIN is null for read(), incomplete inside a frame, and we may still answer",
      why:
        "A request that was cut must not pass for a whole one, and a whole one wants its answer.",
      level: "MUST",
    },
    [{ do: "text", text: "whole\ncut" }, { do: "fin" }, { do: "recv-end" }],
    async (t: Context, chat, peer) => {
      t.equal(await chat.readLine(), "whole", "the frame before");
      const error = await thrownBy(t, () => chat.readUntil("\n"), "the cut frame");
      t.need(error instanceof IncompleteFrameError, `it rejected with ${error}`);
      t.equal(error.received, 3, "bytes of it that came");
      t.equal(textOf(await chat.read() ?? new Uint8Array(0)), "cut", "what can still be read");
      t.equal(await chat.read(), null, "at the end");
      const nothing = await t.rejects(
        () => chat.readExactly(1),
        "incomplete",
        "a count at the end",
      );
      t.equal((nothing as IncompleteFrameError).received, 0, "bytes of it");
      for await (const _ of chat.frames("\n")) t.need(false, "a frame behind the end");
      await chat.write("answer");
      chat.end();
      const { reason } = await chat.closed;
      t.equal(reason, "ended", "how it ended");
      const { text } = await seen(peer, ({ fin }) => fin, "our FIN");
      t.equal(text, "answer", "what the peer was told");
    },
  ),
  ...chatTwins(
    ["AWT-7.1", "AWT-7.2"],
    {
      title: "a second read at the same time rejects and does not disturb the first",
      why: "Two tasks that read at once would each get half of a frame.",
      level: "MUST",
    },
    [{ do: "hold" }, { do: "text", text: "first\nsecond\n" }],
    async (t: Context, chat, peer) => {
      const first = chat.readUntil("\n");
      for (const second of [() => chat.read(), () => chat.readLine(), () => chat.readExactly(2)]) {
        const error = await thrownBy(t, second, "the second read");
        t.equal(error.name, "TypeError", "what it rejects with");
      }
      await peer.release();
      t.equal(textOf(await first), "first", "the first read");
      t.equal(await chat.readLine(), "second", "the next one");
    },
  ),
  ...chatTwins(
    ["AWT-8.1", "AWT-8.2"],
    {
      title: "after a reset the read that waits and all later ones reject with kind reset",
      why: "A cut answer must not look like a finished one, however often one asks.",
      level: "MUST",
    },
    [{ do: "hold" }, { do: "reset" }],
    async (t: Context, chat, peer) => {
      const reading = chat.readUntil("\n");
      reading.catch(() => {});
      await peer.release();
      await t.rejects(() => reading, "reset", "the read that waits");
      await t.rejects(() => chat.read(), "reset", "a later read");
      await t.rejects(() => chat.readExactly(4), "reset", "another one");
      t.equal((await chat.closed).reason, "reset", "how it ended");
    },
  ),
  ...chatTwins(
    ["AWT-9.1", "AWT-9.2"],
    {
      title: "a write that cannot be sent rejects, and says how many bytes were lost",
      why: "Whoever awaits a write wants to know what to send again.",
      level: "MUST",
      budget: 10_000,
    },
    [{ do: "pause" }, { do: "hold" }, { do: "reset" }],
    async (t: Context, chat, peer) => {
      const piece = new Uint8Array(MIB);
      let failure: unknown, written = 0;
      const writing = (async () => {
        for (; written < MORE_THAN_FITS; written += MIB) await chat.write(piece);
      })().catch((error) => failure = error);
      await standstill(t, () => written);
      const queued = chat.bytesQueued;
      await peer.release();
      await writing;
      t.need(failure instanceof UnsentError, `it rejected with ${failure}`);
      const { bytesUnsent } = await chat.closed;
      t.equal(failure.kind, "reset", "the kind of the error");
      t.equal(failure.bytesUnsent, bytesUnsent, "bytes lost, as the report has it");
      t.need(bytesUnsent > 0 && bytesUnsent <= queued, `${bytesUnsent} of ${queued} bytes lost`);
      const late = await t.rejects(() => chat.write("late"), "reset", "a later write");
      t.equal((late as UnsentError).bytesUnsent, bytesUnsent + 4, "lost with the later write");
    },
  ),
  ...chatTwins(
    ["AWT-10.1", "AWT-10.2"],
    {
      title: "at the end of await using, all that was written reaches the peer, then the FIN",
      why: "Leaving the block must not cost the last answer.",
      level: "MUST",
      budget: 10_000,
    },
    [{ do: "resume", rate: 16 * MIB }, { do: "recv-end" }, { do: "fin" }],
    async (t: Context, chat, peer) => {
      const size = 4 * MIB, stream = t.stream();
      await chat.writeAll([stream.slice(0, MIB), stream.slice(MIB, 3 * MIB)]);
      void chat.write(stream.slice(3 * MIB, size));
      await chat[Symbol.asyncDispose]();
      const { reason, bytesUnsent } = await chat.closed;
      t.equal([reason, bytesUnsent], ["closed", 0], "the report");
      await t.rejects(() => chat.read(), "closed", "a read afterwards");
      await needWhole(t, peer, size);
    },
  ),
  {
    id: "AWT-11.1",
    title: "connect() without a conversation fails as with one, and refuses an unknown option",
    why: "A misspelt option must not be taken for a limit, nor a refused call for a conversation.",
    level: "MUST",
    role: "client",
    async run(t) {
      const { connect } = chatAdapter(t);
      const gone = await t.peer([]);
      const misspelt = { ...gone.target, maxFrameLenght: 5 };
      const error = await thrownBy(t, () => connect(misspelt), "a misspelt limit");
      t.equal(error.name, "TypeError", "what it rejects with");
      const wrong = await thrownBy(
        t,
        () => connect({ ...gone.target, maxFrameLength: 0 }),
        "a limit of 0",
      );
      t.equal(wrong.name, "RangeError", "what that rejects with");
      const refused = { hostname: "127.0.0.1", port: 1 };
      t.equal((await failureOf(t, () => connect(refused), "port 1")).kind, "refused", "its kind");
      await abandoned(t);
    },
  },
  {
    id: "AWT-12.1",
    title: "where the adapter cannot listen, serve() rejects with kind unsupported",
    why: "Who asks for what cannot be done shall be told so, and what to do instead.",
    level: "MUST",
    role: "core",
    lacks: "listen",
    async run(t) {
      await t.rejects(() => chatAdapter(t).serve({ port: 0 }, () => {}), "unsupported", "serve()");
    },
  },
];

/** A read that must bring something. */
async function read(chat: Chat, options: ReadOptions): Promise<Uint8Array> {
  const piece = await chat.read(options);
  if (piece === null) throw new ChatError("incomplete", "the stream ended early");
  return piece;
}

/** A signal given before the connect abandons it, as with a conversation of one's own. */
async function abandoned(t: Context): Promise<void> {
  const peer = await t.peer([]);
  const signal = AbortSignal.abort();
  await t.rejects(() => chatAdapter(t).connect({ ...peer.target, signal }), "aborted", "connect()");
}
