/** Producers that give commands, that yield what is no piece, that fail, and that are given up. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AsyncChat } from "./async_chat.ts";
import { Chat } from "./chat.ts";
import { UnsentError } from "./chat_writer.ts";
import { ChatError } from "./errors.ts";
import { NOT_YET, type Piece, type Produced, type ProducerLike } from "./producer.ts";
import { ManualPeer } from "./testing/manual_peer.ts";

/** How a producer may be written. */
const FORMS = ["more", "more, later", "generator", "async generator"] as const;
type Form = typeof FORMS[number];

/** One answer of a producer: a piece, or something that it does before the next. */
type Step = Piece | null | undefined | (() => void);

/** A producer that goes through its steps, and says when it is let go. */
function producerOf(form: Form, steps: readonly Step[], letGo: () => void): ProducerLike {
  const pieces = (function* () {
    for (const step of steps) {
      if (typeof step === "function") step();
      else yield step as Piece;
    }
  })();
  const more = (): Produced => pieces.next().value ?? null;
  switch (form) {
    case "more":
      return { more, cancel: letGo };
    case "more, later":
      return { more: async () => (await undefined, more()), cancel: letGo };
    case "generator":
      return (function* () {
        try {
          yield* pieces;
        } finally {
          letGo();
        }
      })();
    case "async generator":
      return (async function* () {
        try {
          yield* pieces;
        } finally {
          letGo();
        }
      })();
  }
}

function stage() {
  const told: string[] = [];
  const chat = new AsyncChat({
    handleException: (error) => void told.push(String(error)),
    handleClose: ({ reason }) => void told.push(reason),
  });
  const peer = new ManualPeer(chat);
  peer.onerror = (error) => told.push(`reported ${error}`);
  return { chat, peer, told };
}

/** Lets every promise settle that can, and what they bring about. */
async function settled(peer: ManualPeer, turns = 60): Promise<void> {
  for (let i = 0; i < turns; i++) {
    await undefined;
    peer.settle();
  }
}

describe.each(FORMS)("a producer (%s)", (form) => {
  it("may push with its last breath", async () => {
    const { chat, peer, told } = stage();
    chat.pushWithProducer(producerOf(form, ["a", () => chat.push("b")], () => {}));
    chat.push("c");
    await settled(peer);
    expect([peer.takeText(), chat.bytesQueued, told]).toEqual(["acb", 0, []]);
  });

  it("may push alone, and say nothing itself", async () => {
    const { chat, peer, told } = stage();
    chat.pushWithProducer(producerOf(form, [() => chat.push("b")], () => {}));
    await settled(peer);
    expect([peer.takeText(), chat.bytesQueued, told]).toEqual(["b", 0, []]);
  });

  it.each(["abort", "close"] as const)(
    "may %s the conversation, and is let go once",
    async (how) => {
      const { chat, peer, told } = stage();
      let times = 0;
      chat.pushWithProducer(producerOf(form, ["a", () => chat[how](), "b"], () => times++));
      await settled(peer);
      expect(told).toEqual([how === "abort" ? "aborted" : "closed"]);
      expect([peer.takeText(), times]).toEqual(["a", 1]);
    },
  );

  it("may discard the queue, is let go once, and what is pushed then is sent", async () => {
    const { chat, peer, told } = stage();
    let times = 0;
    const act = () => {
      chat.discardBuffers();
      chat.push("kept");
    };
    chat.pushWithProducer(producerOf(form, ["a", act, "b"], () => times++));
    chat.push("c");
    await settled(peer);
    expect([peer.takeText(), told, times]).toEqual(["akept", [], 1]);
  });

  it("is let go when it gives what is no piece", async () => {
    const { chat, peer, told } = stage();
    let times = 0;
    chat.pushWithProducer(producerOf(form, ["a", 7 as unknown as Piece, "b"], () => times++));
    await settled(peer);
    expect([peer.takeText(), told]).toEqual(["a", [expect.stringContaining("got 7")]]);
    expect([times, peer.sawEnd]).toEqual([1, true]);
  });

  it("is let go when it throws", async () => {
    const { chat, peer, told } = stage();
    let times = 0;
    const fail = () => {
      throw new Error("no more");
    };
    chat.pushWithProducer(producerOf(form, ["a", fail], () => times++));
    await settled(peer);
    expect([peer.takeText(), told, times]).toEqual(["a", ["Error: no more"], 1]);
  });
});

describe("what an iterator yields", () => {
  it.each([[undefined], [null]])("is a piece; %s is no end of it", async (nothing) => {
    for (const form of ["generator", "async generator"] as const) {
      const { chat, peer, told } = stage();
      let times = 0;
      chat.pushWithProducer(producerOf(form, ["a", nothing, "b"], () => times++));
      chat.push("behind");
      await settled(peer);
      expect(peer.takeText()).toBe("a");
      expect([told, times]).toEqual([[expect.stringContaining(`got ${nothing}`)], 1]);
    }
  });
});

describe("a stream that fails", () => {
  it("is cancelled, and says what it failed with once", async () => {
    const { chat, peer, told } = stage();
    let times = 0;
    const failure = new Error("the disk is gone");
    chat.pushWithProducer(
      new ReadableStream({
        pull: (controller) => times++ === 0 ? controller.enqueue("a") : controller.error(failure),
      }),
    );
    await settled(peer);
    expect([peer.takeText(), told]).toEqual(["a", ["Error: the disk is gone"]]);
  });

  it("reports what its cancel fails with, when that is something else", async () => {
    const { chat, peer, told } = stage();
    chat.pushWithProducer({
      getReader: () => ({
        read: () => Promise.reject(new Error("one")),
        cancel: () => Promise.reject(new Error("two")),
      }),
    });
    await settled(peer);
    expect(told).toEqual(["Error: one", "reported Error: two"]);
  });
});

describe("writeAll()", () => {
  it.each([["what is no piece", 7], ["nothing", undefined]])(
    "rejects when the producer yields %s",
    async (_, value) => {
      for (const form of ["generator", "async generator"] as const) {
        const chat = new Chat();
        const peer = new ManualPeer(chat.asyncChat);
        let times = 0;
        const pieces = producerOf(form, ["a", value as unknown as Piece, "b"], () => times++);
        const writing = chat.writeAll(pieces).catch((error) => error);
        await settled(peer);
        const error = await writing;
        if (error instanceof UnsentError) expect(error.cause).toBeInstanceOf(TypeError);
        else expect(error).toBeInstanceOf(TypeError);
        expect([error.message, times]).toEqual([expect.stringContaining(`got ${value}`), 1]);
      }
    },
  );
});

describe("the queue", () => {
  /** What one entry of it does. */
  type Entry =
    | { readonly do: "push"; readonly size: number }
    | { readonly do: "produce"; readonly form: Form; readonly steps: readonly Answer[] };
  /** A piece so long; or nothing yet; or a piece pushed so long, or a producer of one. */
  type Answer = { readonly kind: "piece" | "push" | "produce" | "not yet"; readonly size: number };

  const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(1023, 1024, 1025, 9000));
  const answer = fc.record({
    kind: fc.constantFrom<Answer["kind"]>("piece", "piece", "push", "produce", "not yet"),
    size,
  });
  const entry: fc.Arbitrary<Entry> = fc.oneof(
    fc.record({ do: fc.constant("push" as const), size }),
    fc.record({
      do: fc.constant("produce" as const),
      form: fc.constantFrom(...FORMS),
      steps: fc.array(answer, { maxLength: 5 }),
    }),
  );
  const rooms = fc.array(fc.constantFrom(0, 1, 3, 1000, 5000), { maxLength: 6 });

  it("sends each byte once and in order, whatever producers push and however little is taken", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), rooms, async (entries, taken) => {
        const { chat, peer, told } = stage();
        // What is queued, in order: a text, or a producer, which is where its pieces go.
        type Slot = string | { pieces: string };
        const slots: Slot[] = [];
        let letter = 0;
        const text = (length: number) => String.fromCharCode(97 + letter++ % 26).repeat(length);
        const push = (length: number) => {
          const piece = text(length);
          slots.push(piece);
          chat.push(letter % 2 === 0 ? piece : new TextEncoder().encode(piece));
        };
        const produce = (form: Form, answers: readonly Answer[]) => {
          const slot = { pieces: "" };
          slots.push(slot);
          const isMore = form === "more" || form === "more, later";
          const steps = answers.flatMap(({ kind, size }): Step[] => {
            if (kind === "push") return [() => void push(size)];
            if (kind === "produce") {
              return [() => produce(form, [{ kind: "piece", size }])];
            }
            if (kind === "not yet") return isMore ? [NOT_YET as unknown as Piece] : [""];
            // An empty answer of more() is its end.
            const piece = text(isMore ? Math.max(1, size) : size);
            return [() => void (slot.pieces += piece), piece];
          });
          chat.pushWithProducer(
            producerOf(form, isMore ? steps.filter((s) => s !== "") : steps, () => {}),
          );
        };
        for (const entry of entries) {
          if (entry.do === "push") push(entry.size);
          else produce(entry.form, entry.steps);
        }
        let sent = "";
        for (const room of taken) {
          peer.room = room;
          await settled(peer, 8);
          chat.resumeProducers();
          sent += peer.takeText();
        }
        peer.room = Infinity;
        while (chat.session.hasOutput) {
          chat.resumeProducers();
          await settled(peer, 8);
          sent += peer.takeText();
        }
        chat.closeWhenDone();
        peer.settle();
        const expected = slots.map((slot) => typeof slot === "string" ? slot : slot.pieces).join(
          "",
        );
        expect(sent).toBe(expected);
        expect([told, peer.sawEnd, chat.bytesQueued]).toEqual([[], true, 0]);
      }),
      { numRuns: Number(process.env["RUNS"] ?? 150) },
    );
  });

  it("lets every producer go once, and is never stuck, whatever commands they give", async () => {
    const COMMANDS = [
      ...[
        "push",
        "push",
        "produce",
        "discardBuffers",
        "resumeProducers",
        "pause",
        "resume",
      ] as const,
      ...["end", "closeWhenDone", "close", "abort", "throw", "nonsense", "not yet"] as const,
    ];
    type Command = typeof COMMANDS[number];
    const command = fc.constantFrom(...COMMANDS);
    const script = fc.record({
      producers: fc.array(
        fc.record({ form: fc.constantFrom(...FORMS), steps: fc.array(command, { maxLength: 4 }) }),
        { minLength: 1, maxLength: 5 },
      ),
      between: fc.array(command, { maxLength: 5 }),
      room: fc.constantFrom(0, 1, 5, Infinity),
    });
    await fc.assert(
      fc.asyncProperty(script, async ({ producers, between, room }) => {
        const told: string[] = [];
        const chat = new AsyncChat({
          handleException: () => {},
          handleClose: ({ reason }) => void told.push(reason),
        });
        const peer = new ManualPeer(chat);
        peer.onerror = (error) => {
          const { message } = error as Error;
          if (message !== "as the script says" && !message.includes("got 7")) told.push(message);
        };
        peer.room = room;
        const made: { form: Form; begun: boolean; ended: boolean; letGo: number }[] = [];
        /** Late commands are refused. */
        const guarded = (act: () => void) => {
          try {
            act();
          } catch (error) {
            if (!(error instanceof ChatError)) throw error;
          }
        };
        const act = (what: Command) => {
          switch (what) {
            case "push":
              return void chat.push("p");
            case "produce":
              return produce("generator", ["push"]);
            case "throw":
            case "nonsense":
            case "not yet":
              return;
            default:
              chat[what]();
          }
        };
        const produce = (form: Form, commands: readonly Command[]) => {
          const state = { form, begun: false, ended: false, letGo: 0 };
          const isMore = form === "more" || form === "more, later";
          const steps = commands.flatMap((what): Step[] => [
            () => {
              if (what === "throw") throw new Error("as the script says");
              guarded(() => act(what));
            },
            what === "nonsense"
              ? 7 as unknown as Piece
              : what === "not yet" && isMore
              ? NOT_YET as unknown as Piece
              : "x",
          ]);
          const producer = producerOf(form, [
            () => {
              state.begun = true;
            },
            ...steps,
            () => {
              state.ended = true;
            },
          ], () => state.letGo++);
          chat.pushWithProducer(producer);
          made.push(state);
        };
        for (const { form, steps } of producers) guarded(() => produce(form, steps));
        for (const what of between) {
          await settled(peer, 3);
          guarded(() => act(what));
        }
        peer.room = Infinity;
        chat.resume();
        for (let i = 0; i < 20; i++) {
          chat.resumeProducers();
          await settled(peer, 10);
        }
        expect([chat.session.hasOutput, chat.bytesQueued]).toEqual([false, 0]);
        chat.close();
        await settled(peer);
        expect(told).toHaveLength(1);
        for (const { form, begun, ended, letGo } of made) {
          const isMore = form === "more" || form === "more, later";
          // A generator's `finally` runs at either end; more() knows its end itself.
          if (!isMore) expect(letGo).toBe(begun ? 1 : 0);
          else if (!ended) expect(letGo).toBe(1);
          else expect(letGo).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: Number(process.env["RUNS"] ?? 150) },
    );
  });
});
