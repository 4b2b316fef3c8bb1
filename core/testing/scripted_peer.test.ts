import { expect, test } from "vitest";
import { AsyncChat } from "../async_chat.ts";
import { Chat } from "../chat.ts";
import { netstring } from "../framing/netstring.ts";
import { until } from "../protocol.ts";
import { decode } from "../text.ts";
import { CLOSE, FIN, NOTHING, RESET, type Script, ScriptError } from "./script.ts";
import { playEveryWay, playScript } from "./scripted_peer.ts";

/** SMTP as far as a dialogue needs it; `slow` hooks are async. */
class Smtp extends AsyncChat {
  readonly #slow: boolean;

  constructor(slow = false) {
    super({ terminator: "\r\n", idleTimeout: 300_000 });
    this.#slow = slow;
  }

  override handleConnect() {
    this.push("220 mail.example ESMTP\r\n");
  }

  override async foundTerminator() {
    const line = this.getText();
    if (this.#slow) { for (let turn = 0; turn < 20; turn++) await Promise.resolve(); }
    this.push(line === "QUIT" ? "221 bye\r\n" : `250 ${line}\r\n`);
    if (line === "QUIT") this.closeWhenDone();
  }

  override handleTimeout() {
    this.push("421 are you there?\r\n");
    this.closeWhenDone();
  }
}

const DIALOGUE: Script = [
  { expect: /220 .* ESMTP\r\n/ },
  { send: "HELO me\r\nNOOP\r\n", piece: 3 },
  { expect: "250 HELO me\r\n" },
  { expect: "250 NOOP\r\n" },
  { expect: NOTHING },
  { send: "QUIT\r\n" },
  { expect: "221 bye\r\n" },
  { expect: FIN },
  { send: FIN },
  { expect: CLOSE },
];

test.each([false, true])("a dialogue is played; async hooks: %s", async (slow) => {
  await playScript(new Smtp(slow), DIALOGUE);
  expect(await playEveryWay(() => new Smtp(slow), DIALOGUE, { randomWays: 20 })).toBeGreaterThan(
    20,
  );
});

test("time passes for a read of the async face, too", async () => {
  const chat = new Chat();
  const handling = (async () => {
    for (;;) {
      const line = await chat.readLine({ timeout: 1_000 }).catch((error) => error.kind);
      await chat.write(`${line}\n`);
    }
  })().catch((error) => error.kind);
  await playScript(chat, [
    { send: "he" },
    { wait: 999 },
    { expect: NOTHING },
    { wait: 1 },
    { expect: "timeout\n" },
    { wait: 500 },
    { send: "llo\n" },
    { expect: "hello\n" },
    { wait: 999 },
    { expect: NOTHING },
    { send: RESET },
  ]);
  expect(await handling).toBe("reset");
});

test("time passes", async () => {
  const greeting = { expect: /220 .*\r\n/ };
  await playScript(new Smtp(), [
    greeting,
    { wait: 299_999 },
    { expect: NOTHING },
    { wait: 1 },
    { expect: "421 are you there?\r\n" },
    { expect: FIN },
  ]);
});

test("messages are read by their protocol, and only they", async () => {
  const { decode: payload, encode } = netstring({ max: 64 });
  const pair = function* () {
    return [decode(yield* until("=")), decode(yield* until([";", ";;"], { orEnd: true }))];
  };
  const chat = new AsyncChat();
  chat.push(encode(new Uint8Array([1, 2])));
  chat.push("a=1;;b=2");
  chat.end();
  await playScript(chat, [
    { expect: new Uint8Array([1, 2]), as: payload },
    { expect: ["a", "1"], as: pair },
    { expect: ["b", "2"], as: pair },
    { expect: FIN },
  ]);
});

test("a handler of the async face is played with, and the peer's reset and close reach it", async () => {
  const outcomes: string[] = [];
  for (const end of [FIN, RESET, CLOSE]) {
    const chat = new Chat();
    const handler = (async () => {
      try {
        for await (const line of chat.frames("\n")) await chat.write(`${line.length}\n`);
        outcomes.push("end");
        if (end !== FIN) await chat.write("more\n");
        await chat.closeWhenDone();
      } catch {
        outcomes.push("cut");
      }
      outcomes.push((await chat.closed).reason);
    })();
    const script: Script = [{ send: "hi\nyou\n" }, { expect: "2\n3\n" }, { send: end }];
    await Promise.all([handler, playScript(chat, script)]);
  }
  expect(outcomes).toEqual(["end", "ended", "cut", "reset", "end", "reset"]);
});

test("a peer that does not read is played", async () => {
  const chat = new AsyncChat();
  chat.push("abcdef");
  await playScript(chat, [{ room: 0 }, { expect: "abcdef" }, { expect: NOTHING }]);
  const full = new AsyncChat();
  await playScript(full, [{ room: 2 }]);
  full.push("abcdef");
  expect(full.bytesQueued).toBe(6);
});

/** What a script that is not met says. */
async function failure(chat: AsyncChat | Chat, script: Script): Promise<ScriptError> {
  try {
    await playScript(chat, script);
  } catch (error) {
    expect(error).toBeInstanceOf(ScriptError);
    return error as ScriptError;
  }
  return expect.unreachable();
}

/** Says "one\r\n", then what `then` does. */
function saying(then: (chat: AsyncChat) => void): AsyncChat {
  return new AsyncChat({
    handleConnect() {
      this.push("one\r\n");
      then(this);
    },
    handleEnd() {},
  });
}

test.each<[string, (chat: AsyncChat) => void, Script, number, RegExp]>([
  ["another text", () => {}, [{ expect: "ore\r\n" }], 1, /expected "ore\\r\\n", got "one\\r\\n"/],
  ["a late difference", () => {}, [{ expect: "ond" }], 1, /which differs from byte 2 on/],
  ["too little", () => {}, [{ expect: "one\r\ntwo" }], 1, /got "one\\r\\n"$/],
  ["silence", () => {}, [{ expect: "one\r\n" }, { expect: "?" }], 2, /got nothing$/],
  ["too much at the end", () => {}, [], 1, /expected nothing more, got "one\\r\\n"/],
  ["too much", () => {}, [{ expect: NOTHING }], 1, /expected nothing, got "one\\r\\n"/],
  ["no match", () => {}, [{ expect: /two/ }], 1, /expected \/two\/, got "one\\r\\n"/],
  ["no end", () => {}, [{ expect: "one\r\n" }, { expect: FIN }], 2, /expected FIN, got nothing/],
  ["an end", (chat) => chat.end(), [{ expect: /one\s*/ }, { expect: "t" }], 2, /then its FIN/],
  ["words before the end", (chat) => chat.end(), [{ expect: FIN }], 1, /got "one\\r\\n", then its/],
  [
    "a close for a reset",
    (chat) => void Promise.resolve().then(() => chat.close()),
    [{ expect: "one\r\n" }, { expect: RESET }],
    2,
    /expected RESET, got nothing, then its close/,
  ],
  [
    "an error that nobody handles",
    () => {
      throw new Error("oops");
    },
    [{ expect: "one\r\n" }],
    1,
    /got Error: oops/,
  ],
  [
    "another message",
    () => {},
    [{ expect: "two", as: until("\r\n")[Symbol.iterator].bind(until("\r\n")) }],
    1,
    /expected the message "two", got the message \{"bytes":/,
  ],
  [
    "bytes",
    (chat) => chat.push(new Uint8Array([255])),
    [{ expect: /one../ }],
    1,
    /got bytes \[111 110 101 13 10 255\]/,
  ],
])("%s is reported", async (_name, then, script, step, message) => {
  const error = await failure(saying(then), script);
  expect(error.message).toMatch(message);
  expect(error.step).toBe(step);
});

test("the way of cutting that fails is named", async () => {
  const forgetful = () =>
    new AsyncChat({
      collectIncomingData(data) {
        this.push(`${decode(data).split("\n").length}`);
      },
    });
  const error = await playEveryWay(forgetful, [{ send: "a\n" }, { send: "b" }, { expect: "21" }])
    .catch((error) => error as ScriptError);
  expect(error).toMatchObject({ step: 3, expected: '"21"', sizes: [1, 2] });
});

test("a chunk is overwritten when it is not borrowed any more", async () => {
  const kept: Uint8Array[] = [];
  const keeping = new AsyncChat({
    collectIncomingData: (data) => void kept.push(data),
    handleEnd() {
      this.push(new Uint8Array(kept.flatMap((data) => [...data])));
    },
  });
  const error = await failure(keeping, [{ send: "ab", piece: 1 }, { send: FIN }, { expect: "ab" }]);
  expect(error.observed).toMatch(/^bytes \[165 165\]/);
});
