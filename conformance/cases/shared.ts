/**
 * Bodies of cases that are told of TCP and of unix sockets alike.
 *
 * @module
 */

import type { Context } from "../case.ts";
import { fill, type Meet, MIB, needWhole, pour, seen } from "./meeting.ts";

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

/** We close with 8 MiB to go, while `unread` bytes of the peer lie in our socket. */
export async function closeOverUnread(t: Context, meet: Meet, unread: number): Promise<void> {
  const size = 8 * MIB;
  const { probe, peer } = await meet([
    { do: "pause" },
    { do: "send", bytes: unread },
    { do: "hold" },
    { do: "resume", rate: 16 * MIB },
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
