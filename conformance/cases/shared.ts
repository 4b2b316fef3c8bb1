/**
 * Bodies of cases that are told under more than one id: of TCP and of unix sockets alike, or of an attack.
 *
 * @module
 */

import type { Context, Peer } from "../case.ts";
import {
  fill,
  hasEnded,
  KIB,
  type Meet,
  MIB,
  MORE_THAN_FITS,
  needWhole,
  pour,
  seen,
  standstill,
} from "./meeting.ts";

/** The self-locating stream goes there and comes back as it was. */
export async function echoStream(t: Context, meet: Meet, size: number): Promise<void> {
  const { probe, peer } = await meet([{ do: "echo" }, { do: "fin" }], {}, { checked: true });
  await pour(t, probe.chat, size);
  probe.chat.end();
  await probe.closed;
  t.equal(probe.received, size, "bytes that came back");
  await needWhole(t, peer, size);
}

/** The peer has ended its side, and does not read yet, when we begin to answer. */
export async function latePeer(t: Context, meet: Meet): Promise<void> {
  const size = MIB;
  const { probe, peer } = await meet(
    [{ do: "text", text: "?" }, { do: "pause" }, { do: "fin" }, { do: "hold" }, { do: "resume" }],
    { handleEnd() {} },
  );
  await probe.told("end");
  t.equal(probe.received, 1, "bytes of the question");
  // The answer takes a while, and the reader is slow as well.
  await t.settle();
  fill(t, probe.chat, size);
  probe.chat.closeWhenDone();
  await t.settle();
  await peer.release();
  const { reason, bytesUnsent } = await probe.closed;
  t.equal(reason, "ended", "how it ended");
  t.equal(bytesUnsent, 0, "bytes reported as not sent");
  await needWhole(t, peer, size);
}

/** We end our side, and the peer, which has seen that, sends 100,000 bytes. */
export async function inputAfterOurEnd(t: Context, meet: Meet): Promise<void> {
  const size = 100_000;
  const { probe, peer } = await meet(
    [{ do: "recv-end" }, { do: "send", bytes: size }, { do: "fin" }],
    {},
    { checked: true },
  );
  probe.chat.push("?");
  probe.chat.end();
  const { reason } = await probe.closed;
  t.equal(probe.received, size, "bytes received after our end");
  t.equal(reason, "closed", "how it ended");
  const { text, tls, fin } = await seen(peer, hasEnded, "our end reaches the peer");
  t.equal([(tls ?? { text }).text, fin], ["?", true], "what the peer got, and whether our end");
}

/** The peer sends and ends while we do not read. */
export async function unreadInput(t: Context, meet: Meet, size: number): Promise<void> {
  let received = 0;
  const atEnd: number[] = [];
  const { probe } = await meet([{ do: "send", bytes: size }, { do: "fin" }], {
    handleConnect() {
      this.pause();
    },
    collectIncomingData(data) {
      received += data.length;
    },
    handleEnd() {
      atEnd.push(received);
      this.closeWhenDone();
    },
  }, { checked: true });
  await t.settle();
  await t.settle();
  t.equal(probe.log, ["connect"], "hooks called while paused");
  probe.chat.resume();
  await probe.closed;
  t.equal(atEnd, [size], "bytes told at each end that was told");
}

/** We close with `size` bytes to go, while `unread` bytes of the peer lie in our socket. */
export async function closeOverUnread(
  t: Context,
  meet: Meet,
  unread: number,
  size: number = 8 * MIB,
): Promise<void> {
  const { probe, peer } = await meet([
    { do: "pause" },
    { do: "send", bytes: unread },
    { do: "hold" },
    { do: "resume", rate: 32 * MIB },
    { do: "recv-end" },
    { do: "fin" },
  ], {
    handleConnect() {
      this.pause();
    },
  });
  await seen(peer, ({ sent }) => sent === unread, "unread input lies in our socket");
  fill(t, probe.chat, size);
  probe.chat.closeWhenDone();
  await t.settle();
  await peer.release();
  const { reason, bytesUnsent } = await probe.closed;
  t.equal([reason, bytesUnsent], ["closed", 0], "the report");
  await needWhole(t, peer, size);
}

/** `close()` in the hook of the first frame, while the second waits in the same segment. */
export async function quitIsLast(t: Context, meet: Meet): Promise<void> {
  const frames: string[] = [];
  const { probe, peer } = await meet(
    [{ do: "text", text: "quit\nformat disk\n" }, { do: "recv-end" }, { do: "fin" }],
    {
      terminator: "\n",
      foundTerminator() {
        frames.push(this.getText());
        this.close();
      },
    },
  );
  const { reason, error } = await probe.closed;
  t.equal([reason, error], ["closed", undefined], "the report");
  t.equal(frames, ["quit"], "frames told");
  t.equal(probe.log, ["connect", "data", "found", "close"], "hooks called");
  await seen(peer, hasEnded, "our end reaches the peer");
}

/** The peer ends inside a frame, of every kind. */
export async function cutFrames(t: Context, meet: Meet): Promise<void> {
  const cut = [
    { terminator: "\r\n", text: "whole\r\nhalf\r", received: 5 },
    { terminator: 7, text: "exactly", received: undefined },
    { terminator: 10, text: "not ten", received: 7 },
    { terminator: ["\n", "\r\n"], text: "either\nor\r", received: 3 },
  ] as const;
  for (const { terminator, text, received } of cut) {
    const frames: string[] = [];
    let rest = "";
    const { probe } = await meet([{ do: "text", text }, { do: "fin" }], {
      terminator,
      foundTerminator() {
        frames.push(this.getText());
      },
      handleEnd() {
        rest = this.getText();
        this.closeWhenDone();
      },
    });
    const { reason, incomplete } = await probe.closed;
    const expected = text.length - (received ?? 0);
    t.equal(frames.length, expected > 0 ? 1 : 0, `frames in ${JSON.stringify(text)}`);
    t.equal(rest, text.slice(expected), `what is left of ${JSON.stringify(text)}`);
    t.equal(incomplete?.received, received, "bytes of the frame that was cut");
    t.equal(incomplete?.kind, received === undefined ? undefined : "incomplete", "its kind");
    t.equal(reason, "ended", "how it ended");
  }
}

/** Frames of one byte wait when reading begins, and each is answered from the hook. */
export async function tinyFrames(t: Context, meet: Meet, count: number): Promise<void> {
  const { probe, peer } = await meet(
    [{ do: "send", bytes: count }, { do: "hold" }, { do: "fin" }],
    {
      terminator: 1,
      handleConnect() {
        this.pause();
      },
      foundTerminator() {
        this.push(this.getData());
        this.setTerminator(1);
      },
    },
  );
  await seen(peer, ({ sent }) => sent === count, "everything is on its way");
  probe.chat.resume();
  await seen(peer, ({ received }) => received >= count, "every frame is answered");
  await peer.release();
  await probe.closed;
  t.equal(probe.errors, [], "errors");
  await needWhole(t, peer, count);
}

/** The peer does not read, and we push what does not fit into the system. */
export async function boundedQueue(t: Context, meet: Meet): Promise<void> {
  const highWaterMark = 128 * KIB, lowWaterMark = 64 * KIB, piece = 16 * KIB;
  const { probe: { chat }, peer } = await meet(
    [{ do: "pause" }, { do: "hold" }, { do: "resume" }, { do: "recv-end" }, { do: "fin" }],
    { highWaterMark, lowWaterMark },
  );
  const stream = t.stream();
  let pushed = 0, refused = 0, most = 0, enough = false;
  const write = async () => {
    while (!enough && pushed < MORE_THAN_FITS) {
      const goOn = chat.push(stream.slice(pushed, pushed + piece));
      pushed += piece;
      most = Math.max(most, chat.bytesQueued);
      if (goOn) continue;
      refused++;
      await chat.drained();
    }
  };
  const writing = write();
  writing.catch(() => {});
  await standstill(t, () => pushed);
  enough = true;
  t.need(refused > 0, `push never answered false, after ${pushed} bytes`);
  t.need(pushed < MORE_THAN_FITS, `all of ${pushed} bytes were taken from us and nobody reads`);
  t.need(most <= highWaterMark + piece, `${most} bytes were queued at a time`);
  t.need(chat.bytesQueued > lowWaterMark, `drained, with ${chat.bytesQueued} bytes queued`);
  t.info("bytes that the system took", pushed - chat.bytesQueued);
  await peer.release();
  await writing;
  chat.closeWhenDone();
  await chat.closed;
  await needWhole(t, peer, pushed);
}

/** The peer sends `size` bytes, more than fits, and we pause after the first of them. */
export async function pausedReader(t: Context, meet: Meet, size: number): Promise<void> {
  let atPause = -1, received = 0;
  const { probe, peer } = await meet(
    [{ do: "send", bytes: size }, { do: "fin" }],
    {
      collectIncomingData(data) {
        received += data.length;
        if (atPause >= 0) return;
        atPause = received;
        this.pause();
      },
    },
    { checked: true },
  );
  await probe.told("data");
  const sent = await standstill(t, () => sentBy(peer));
  t.equal(received, atPause, "bytes told, all of them before pause()");
  t.need(sent < size, `the peer could send all of its ${sent} bytes`);
  t.info("bytes that the peer could send", sent);
  probe.chat.resume();
  await probe.closed;
  t.equal(received, size, "bytes told in all");
}

async function sentBy(peer: Peer): Promise<number> {
  return (await peer.report()).connections[0]?.sent ?? 0;
}

/** A reset that cannot be shown is refused, and nothing has happened. */
export async function needNoReset(t: Context, meet: Meet): Promise<void> {
  const { probe, peer } = await meet([{ do: "echo" }, { do: "fin" }]);
  const resetting = () => probe.chat.abort(undefined, { reset: true });
  await t.rejects(resetting, "unsupported", "aborting with reset");
  probe.chat.push("?");
  await probe.told("data");
  const { text, fin, open } = await seen(peer, ({ received }) => received > 0, "a byte");
  t.equal([text, fin, open], ["?", false, true], "bytes, FIN and open as the peer sees them");
  t.equal(probe.log, ["connect", "data"], "hooks called");
}
