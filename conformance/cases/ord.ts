/**
 * ORD: the order in which output leaves.
 *
 * @module
 */

import type { ProducerLike } from "../../core/producer.ts";
import type { Case, Context } from "../case.ts";
import { ascii, hasEnded, type Meet, needErrors, seen, twins } from "./meeting.ts";

/** The cases of the clauses ORD. */
export const ord: readonly Case[] = [
  ...twins(["ORD-1.1", "ORD-1.2"], {
    title: "pushes and producers of every kind leave in the order in which they were queued",
    why: "A header behind its body is another message.",
    level: "MUST",
  }, async (t: Context, meet) => {
    const { probe: { chat }, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
    chat.push("a");
    chat.pushWithProducer(more("b", "c", null));
    chat.push("d");
    chat.pushWithProducer(["e", "", "f"]);
    chat.pushWithProducer(later("g", "", "h"));
    chat.push(ascii("i"));
    chat.pushWithProducer(
      new ReadableStream({
        start(controller) {
          controller.enqueue(ascii("j"));
          controller.enqueue(ascii("k"));
          controller.close();
        },
      }),
    );
    chat.pushWithProducer(more(""));
    chat.pushWithProducer("l");
    chat.push("m");
    chat.closeWhenDone();
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "abcdefghijklm", "what the peer got");
  }),
  ...twins(["ORD-2.1", "ORD-2.2"], {
    title: "a producer that waits for input holds back what was queued behind it, not the input",
    why: "A dialogue inside an answer would else wait for itself.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let answer: (text: string) => void = () => {};
    const { probe: { chat }, peer } = await meet([
      { do: "recv", bytes: 1 },
      { do: "text", text: "b\n" },
      { do: "recv-end" },
      { do: "fin" },
    ], {
      terminator: "\n",
      foundTerminator() {
        answer(this.getText());
      },
    });
    const parts = [new Promise<string>((resolve) => answer = resolve), null];
    chat.push("a");
    chat.pushWithProducer({ more: () => parts.shift() });
    chat.push("c");
    chat.closeWhenDone();
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "abc", "what the peer got");
  }),
  ...twins(["ORD-2.3", "ORD-2.4"], {
    title: "nothing behind a producer leaves before the producer has ended",
    why: "Whoever waits for a slow file must not get the end of the message first.",
    level: "MUST",
  }, async (t: Context, meet) => {
    let answer: (text: string) => void = () => {};
    const { probe: { chat }, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
    const parts = [new Promise<string>((resolve) => answer = resolve), null];
    chat.push("a");
    chat.pushWithProducer({ more: () => parts.shift() });
    chat.push("c");
    chat.closeWhenDone();
    await seen(peer, ({ received }) => received > 0, "what is before the producer");
    await t.settle();
    t.equal((await peer.report()).connections[0]?.text, "a", "what the peer got while it waits");
    answer("b");
    const { text } = await seen(peer, hasEnded, "our end reaches the peer");
    t.equal(text, "abc", "what the peer got");
  }),
  ...twins(["ORD-3.1", "ORD-3.2"], {
    title:
      "a producer that throws ends the conversation with its error, behind all that was before",
    why: "A truncated answer that looks whole is stored as if it were.",
    level: "MUST",
  }, (t, meet) =>
    failingProducer(t, meet, (error) => ({
      more: pieces(["c", "d"], () => {
        throw error;
      }),
    }))),
  ...twins(["ORD-3.3", "ORD-3.4"], {
    title:
      "a producer that rejects ends the conversation with its error, behind all that was before",
    why: "Files fail late, and most of them are read asynchronously.",
    level: "MUST",
  }, (t, meet) =>
    failingProducer(t, meet, (error) => ({
      more: pieces(["c", "d"], () => Promise.reject(error)),
    }))),
];

async function failingProducer(
  t: Context,
  meet: Meet,
  producer: (error: Error) => ProducerLike,
): Promise<void> {
  const { probe, peer } = await meet([{ do: "recv-end" }, { do: "fin" }]);
  const { chat } = probe;
  const failure = new Error("the disk is gone");
  let asked = 0, cancelled = 0;
  chat.push("a");
  chat.push("b");
  chat.pushWithProducer(producer(failure));
  chat.push("X");
  chat.pushWithProducer({
    more() {
      asked++;
      return "Y";
    },
    cancel() {
      cancelled++;
    },
  });
  const { text } = await seen(peer, hasEnded, "our end reaches the peer");
  t.equal(text, "abcd", "what the peer got");
  const { reason, error, bytesUnsent } = await probe.closed;
  t.equal(reason, "failed", "how it ended");
  needErrors(t, [error], [failure], "the error of the report");
  t.equal(bytesUnsent, 1, "bytes reported as not sent");
  t.equal([asked, cancelled], [0, 1], "times the producer behind it was asked, and cancelled");
  needErrors(t, probe.errors, [failure], "errors told");
  needErrors(t, t.takeReported(), [failure], "errors reported");
}

function more(...parts: readonly (string | null)[]): ProducerLike {
  const rest = [...parts];
  return { more: () => rest.shift() ?? null };
}

function pieces<T>(parts: readonly string[], last: () => T): () => string | T {
  const rest = [...parts];
  return () => rest.shift() ?? last();
}

async function* later(...parts: readonly string[]): AsyncGenerator<string> {
  for (const part of parts) {
    await Promise.resolve();
    yield part;
  }
}
