/** The tools themselves, in the cases that their users seldom bring about. */

import { describe, expect, it } from "vitest";
import { AsyncChat } from "../async_chat.ts";
import { Chat } from "../chat.ts";
import { exactly, rest, until } from "../protocol.ts";
import { decode } from "../text.ts";
import { ManualPeer } from "./manual_peer.ts";
import { nextMessage } from "./next_message.ts";
import { CLOSE, FIN, RESET, type Script, ScriptError } from "./script.ts";
import { playScript } from "./scripted_peer.ts";
import { everyString, lend, render, verifySegmentation } from "./segmentation.ts";

describe("ManualPeer", () => {
  it("may be settled from inside a hook, and throws what nobody handled", () => {
    const chat = new AsyncChat({
      terminator: "\n",
      foundTerminator() {
        this.push(this.getText());
        peer.settle();
      },
    });
    const peer = new ManualPeer(chat);
    peer.send("a\nb\n");
    expect(peer.takeText()).toBe("ab");

    const failing = new ManualPeer(new AsyncChat({ terminator: "\n" }));
    expect(() => failing.send("a\n")).toThrow(/override foundTerminator/);
  });
});

describe("verifySegmentation()", () => {
  it("tells results apart by all that is in them", () => {
    const different: readonly (readonly [unknown, unknown])[] = [
      [new Error("a"), new TypeError("a")],
      [new Error("a"), new Error("b")],
      [Uint8Array.of(1), Uint8Array.of(2)],
      [Uint8Array.of(1), [1]],
      [new Map([[1, 2]]), new Map([[1, 3]])],
      [new Set(["a"]), new Set(["b"])],
      [1n, 2n],
      [Symbol("a"), Symbol("b")],
      [undefined, null],
      [[undefined], []],
      [undefined, "undefined"],
      [NaN, null],
      [-Infinity, Infinity],
      [1n, "1"],
      [() => 1, () => 2],
    ];
    for (const [one, two] of different) {
      expect(render(one)).not.toBe(render(two));
      let made = 0;
      const unsteady = () => ({ receive() {}, result: () => [one, two][made++ === 0 ? 0 : 1] });
      expect(() => verifySegmentation("ab", unsteady)).toThrow(/gave/);
    }
  });

  it("lends chunks of any size, none included", () => {
    const { chunk, spoil } = lend(new Uint8Array(0));
    spoil();
    expect(chunk.length).toBe(0);
    expect([...everyString("ab", 2)]).toEqual(["aa", "ab", "ba", "bb"]);
    expect([...everyString("ab", 0)]).toEqual([""]);
  });
});

describe("nextMessage()", () => {
  const line = function* () {
    return decode(yield* until(["\n", "\n\n"]));
  };
  const bytes = (text: string) => new TextEncoder().encode(text);

  it.each<[string, boolean, string | undefined, number]>([
    ["a", false, undefined, 0],
    ["a\n", false, undefined, 0],
    ["a\nb", false, "a", 2],
    ["a\n\nb", false, "a", 3],
    ["a\n", true, "a", 2],
    ["", true, undefined, 0],
  ])("of %j (ended: %s) is %j", (text, ended, message, size) => {
    const found = nextMessage(line, bytes(text), ended);
    expect(found).toEqual(message === undefined ? undefined : { message, size });
  });

  it("may be completed by the end", () => {
    const all = function* () {
      return decode(yield* rest());
    };
    expect(nextMessage(all, bytes("ab"), false)).toBeUndefined();
    expect(nextMessage(all, bytes("ab"), true)).toEqual({ message: "ab", size: 2 });
  });
});

describe("a script that is not met", () => {
  const pair = function* () {
    return decode(yield* exactly(2));
  };
  const told = async (script: Script, act: (chat: AsyncChat) => void): Promise<ScriptError> => {
    const chat = new AsyncChat({ handleError() {} });
    act(chat);
    const error = await playScript(chat, script, { turns: 5 }).catch((error) => error);
    expect(error).toBeInstanceOf(ScriptError);
    return error;
  };

  it.each<[string, Script, (chat: AsyncChat) => void, string, RegExp]>([
    [
      "a message that is another",
      [{ expect: "ab", as: pair }],
      (chat) => chat.push("xy"),
      'the message "ab"',
      /the message "xy"/,
    ],
    [
      "a message that is cut",
      [{ expect: "ab", as: pair }],
      (chat) => {
        chat.push("x");
        chat.end();
      },
      'the message "ab"',
      /"x", then its FIN: IncompleteFrameError/,
    ],
    ["no message", [{ expect: "ab", as: pair }], () => {}, 'the message "ab"', /^nothing$/],
    [
      "an end instead of a message",
      [{ expect: "ab", as: pair }],
      (chat) => chat.end(),
      'the message "ab"',
      /nothing, then its FIN/,
    ],
    [
      "a reset",
      [{ expect: "ab" }],
      (chat) => chat.abort(new Error("x"), { reset: true }),
      '"ab"',
      /nothing, then a reset/,
    ],
    ["a close", [{ expect: "ab" }], (chat) => chat.close(), '"ab"', /nothing, then its close/],
    [
      "text that differs",
      [{ expect: "abc" }],
      (chat) => chat.push("abd"),
      '"abc"',
      /"abd", which differs from byte 2 on/,
    ],
    [
      "bytes that are no text, and many",
      [{ expect: "a" }],
      (chat) => chat.push(new Uint8Array(300).fill(255)),
      '"a"',
      /bytes \[255 .*… \(300 bytes\)/,
    ],
    [
      "a reset that is none",
      [{ expect: RESET }],
      (chat) => chat.close(),
      RESET.sign,
      /then its close/,
    ],
  ])("%s", async (_, script, act, expected, observed) => {
    const error = await told(script, act);
    expect(error.expected).toBe(expected);
    expect(error.observed).toMatch(observed);
  });

  it("because somebody threw, while a message is waited for", async () => {
    const error = await told([{ send: "a" }, { expect: "ab", as: pair }], (chat) => {
      chat.setTerminator(1);
    });
    expect(String(error.cause)).toMatch(/override foundTerminator/);
  });
});

describe("a script", () => {
  it("is made of text or of bytes", async () => {
    const chat = new AsyncChat({
      collectIncomingData(data) {
        this.push(data.slice().reverse());
      },
    });
    await playScript(chat, [
      { send: Uint8Array.of(1, 2, 255) },
      { expect: Uint8Array.of(255, 2) },
      { expect: "\x01" },
    ]);
  });

  it("may close behind its FIN, and cannot send there", async () => {
    await playScript(new Chat(), [{ send: "x" }, { send: FIN }, { send: FIN }, { send: CLOSE }]);
    await expect(playScript(new Chat(), [{ send: FIN }, { send: "x" }]))
      .rejects.toThrow(/something behind its own FIN/);
  });
});
