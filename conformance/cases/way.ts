/**
 * WAY: one server, written in three ways, is one server on the wire.
 *
 * @module
 */

import type { Case, Context, Step } from "../case.ts";
import { StoreChat } from "../three_ways/callbacks.ts";
import { storeProtocol } from "../three_ways/generator.ts";
import { serveStore } from "../three_ways/handler.ts";
import { LONGEST, Store } from "../three_ways/store.ts";
import { type Target, withFactory, withServer } from "./chat_meeting.ts";
import { hasEnded, seen } from "./meeting.ts";

/** One way to write the server: lets it have connections while `act` runs. */
interface Way {
  readonly name: string;
  serve(t: Context, store: Store, act: (target: Target) => Promise<void>): Promise<void>;
}

const WAYS: readonly Way[] = [
  {
    name: "AsyncChat",
    serve: (t, store, act) => withFactory(t, () => new StoreChat(store), act),
  },
  {
    name: "serve()",
    serve: (t, store, act) => withServer(t, (chat) => serveStore(chat, store), act),
  },
  {
    name: "generator",
    serve: (t, store, act) => withFactory(t, () => storeProtocol(store), act),
  },
];

/** What a client says, step by step, and every byte that it is told, to the FIN. */
type Dialogue = readonly [program: readonly Step[], told: string];

interface Clause {
  readonly title: string;
  readonly why: string;
  /** Dialogues that go on at the same time, each on a connection of its own. */
  readonly dialogues: readonly Dialogue[];
  /** What is stored afterwards: keys that must be there, and keys that must not. */
  readonly stored?: Readonly<Record<string, boolean>>;
}

const END: readonly Step[] = [{ do: "fin" }, { do: "recv-end" }];

function says(text: string, piece?: number): readonly Step[] {
  return [piece === undefined ? { do: "text", text } : { do: "text", text, piece }, ...END];
}

/** Everything there is, under keys of its own. */
function session(name: number): string {
  const [a, e, g] = [`a${name}`, `e${name}`, `g${name}`];
  return `get ${a}\r\nset ${a} 7\r\nb\r\nc: d\r\nget ${a}\r\nset ${e} 0\r\n\r\nget ${e}\r\n` +
    `delete ${a}\r\ndelete ${a}\r\nget ${a}\r\nfetch ${a}\r\nset ${g} 3\r\n\u20ac\r\nget ${g}\r\nquit\r\n`;
}

const ANSWERS = "NOT FOUND\r\nSTORED\r\nVALUE 7\r\nb\r\nc: d\r\nSTORED\r\nVALUE 0\r\n\r\n" +
  "DELETED\r\nNOT FOUND\r\nNOT FOUND\r\nUNKNOWN\r\nSTORED\r\nVALUE 3\r\n\u00e2\u0082\u00ac\r\n" +
  "BYE\r\n";

/** A body, sent in two segments once for every place where it can be cut. */
function everyCut(): Dialogue {
  const head = "set k 9\r\n", body = "ab\r\n\r\nend\r\n";
  const steps: Step[] = [];
  for (let at = 0; at <= body.length; at++) {
    // The answer in between makes sure that the two are two.
    steps.push({ do: "text", text: `get x\r\n${head}${body.slice(0, at)}` });
    steps.push({ do: "recv", bytes: "NOT FOUND\r\n".length });
    steps.push({ do: "text", text: body.slice(at) });
    steps.push({ do: "recv", bytes: "STORED\r\n".length });
  }
  const told = "NOT FOUND\r\nSTORED\r\n".repeat(body.length + 1);
  return [[...steps, ...says("get k\r\n")], `${told}VALUE 9\r\nab\r\n\r\nend\r\n`];
}

const LONG = "a".repeat(LONGEST + 1);

const CLAUSES: readonly Clause[] = [
  {
    title: "a session in segments of one byte, and of any other size, has one transcript",
    why: "TCP cuts as it likes, and a server that cares works in tests only.",
    dialogues: [1, 2, 3, 5, 8, 13, 21, 34].map((piece) => [says(session(piece), piece), ANSWERS]),
  },
  {
    title: "commands that are pipelined in one segment are each answered, in order",
    why: "Clients do not wait for an answer before they ask again.",
    dialogues: [[says(session(0)), ANSWERS], [
      says("get x\r\n".repeat(300)),
      "NOT FOUND\r\n".repeat(300),
    ]],
  },
  {
    title: "a body that is cut anywhere is the same body, line ends in it included",
    why: "A body is counted: what it looks like must not matter.",
    dialogues: [everyCut()],
  },
  {
    title: "a head that is too long is refused, with an answer, and nothing behind it is a command",
    why: "The tail of a line that is too long must never run as a command.",
    dialogues: [
      [says(`${LONG}\r\nset evil 1\r\nx\r\n`), "ERROR limit\r\n"],
      [says(`${LONG}set evil 1\r\nx\r\n`, 500), "ERROR limit\r\n"],
      [says(`get ${"k".repeat(LONGEST - 4)}\r\nquit\r\n`, 7), "NOT FOUND\r\nBYE\r\n"],
    ],
    stored: { evil: false },
  },
  {
    title: "a length that is none, or too long, is refused before any byte of the body has come",
    why: "Two programs that disagree about a length disagree about every byte behind it.",
    dialogues: [
      ...["", "x", "-1", "+1", "1e1", "0x1", "1.0", "9007199254740992", "9".repeat(99)].map(
        (length): Dialogue => [says(`set evil ${length}\r\nx\r\n`), "ERROR protocol\r\n"],
      ),
      ...["511", "9007199254740991"].map(
        (length): Dialogue => [
          // Nothing of the body is sent: who waits for it waits for ever.
          [{ do: "text", text: `set evil ${length}\r\n` }, { do: "recv-end" }, { do: "fin" }],
          "ERROR limit\r\n",
        ],
      ),
      [says("set evil 1\r\nxyz"), "ERROR protocol\r\n"],
      [says(`set long 510\r\n${"v".repeat(510)}\r\n`), "STORED\r\n"],
    ],
    stored: { evil: false, long: true },
  },
  {
    title: "the end of the input inside a head or a body is no command",
    why: "A request that was cut must not pass for a whole one.",
    dialogues: [
      [says("set half 4\r\nabc"), ""],
      [says("set half 3\r\nabc"), ""],
      [says("set half 3\r\nabc\r"), ""],
      [says("set half 0\r\n"), ""],
      [says("set whole 0\r\n\r\ndelete whole\r"), "STORED\r\n"],
      [says("get x\r\nquit"), "NOT FOUND\r\n"],
    ],
    stored: { half: false, whole: true },
  },
  {
    title: "quit stops everything behind it, also what came in the same segment",
    why: "What is pipelined behind the end must not be done by a server that said good-bye.",
    dialogues: [
      [says("quit\r\nset evil 1\r\nx\r\n"), "BYE\r\n"],
      [says("set good 1\r\nx\r\nquit\r\ndelete good\r\nquit\r\n"), "STORED\r\nBYE\r\n"],
      [says("quit\r\nset evil 9\r\n"), "BYE\r\n"],
    ],
    stored: { evil: false, good: true },
  },
  {
    title: "50 clients at once are each given their own answers",
    why: "State that belongs to a connection must not lie beside it.",
    dialogues: Array.from({ length: 50 }, (_, i): Dialogue => {
      const value = `${i}`.repeat(1 + i % 7);
      const one = `set k${i} ${value.length}\r\n${value}\r\nget k${i}\r\n`;
      const answer = `STORED\r\nVALUE ${value.length}\r\n${value}\r\n`;
      return [says(`${one.repeat(3)}quit\r\n`, 1 + i % 11), `${answer.repeat(3)}BYE\r\n`];
    }),
  },
];

/** The cases of the clauses WAY: each clause three times, once for each way. */
export const way: readonly Case[] = CLAUSES.flatMap((clause, index) =>
  WAYS.map(({ name, serve }, which): Case => ({
    id: `WAY-${index + 1}.${which + 1}`,
    title: `${clause.title}: ${name}`,
    why: clause.why,
    level: "MUST",
    role: "server",
    budget: 10_000,
    async run(t) {
      const store = new Store();
      await serve(t, store, async (target) => {
        await Promise.all(clause.dialogues.map((dialogue) => hold(t, target, dialogue)));
      });
      for (const [key, expected] of Object.entries(clause.stored ?? {})) {
        const answer = store.obey({ verb: "get", key, due: undefined });
        t.equal(answer !== "NOT FOUND\r\n", expected, `whether ${key} is stored`);
      }
    },
  }))
);

/** Holds one dialogue to its transcript, and to an end in good order. */
async function hold(t: Context, target: Target, [program, told]: Dialogue): Promise<void> {
  const peer = await t.dial(target, program);
  const { text, fin, reset } = await seen(peer, hasEnded, "the server ends the connection");
  t.equal(text, told, "what the client was told");
  t.equal([fin, reset], [true, false], "whether it saw a FIN, and whether a reset");
}
