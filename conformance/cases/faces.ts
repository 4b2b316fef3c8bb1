/**
 * Every way to be told frames, for cases in which all of them have to be as safe as one another.
 *
 * @module
 */

import { AsyncChat } from "../../core/async_chat.ts";
import { Chat } from "../../core/chat.ts";
import { lines } from "../../core/framing/lines.ts";
import { Parser } from "../../core/parser.ts";
import { type Protocol, until } from "../../core/protocol.ts";
import { ProtocolChat } from "../../core/protocol_chat.ts";
import { ManualPeer } from "../../core/testing/manual_peer.ts";
import { ascii, kindOf, textOf } from "./meeting.ts";

/** What a face made of an input. */
export interface Heard {
  /** Frames, in order. */
  readonly frames: readonly string[];
  /** Kinds of the errors, in order; an input that ended inside a frame is `"incomplete"`. */
  readonly errors: readonly (string | undefined)[];
}

/** One way to be told frames that end with CRLF. */
export interface Face {
  readonly name: string;
  /** Whether it goes on behind a frame that is too long. */
  readonly skips: boolean;
  /** Feeds the chunks, then the end of the input. */
  hear(chunks: readonly string[], limit: number): Promise<Heard> | Heard;
}

/** All of them. */
export const faces: readonly Face[] = [
  {
    name: "AsyncChat",
    skips: false,
    hear: (chunks, limit) => hearHooks(chunks, limit, "close"),
  },
  {
    name: "AsyncChat that skips",
    skips: true,
    hear: (chunks, limit) => hearHooks(chunks, limit, "skip"),
  },
  { name: "Chat.readUntil()", skips: false, hear: hearReads },
  { name: "Chat.frames()", skips: false, hear: hearLoop },
  { name: "ProtocolChat", skips: false, hear: hearProtocol },
  {
    name: "Parser",
    skips: false,
    hear: (chunks, limit) => hearParser(chunks, lineOf(limit)),
  },
  {
    name: "lines()",
    skips: false,
    hear: (chunks, limit) => hearParser(chunks, lines({ max: limit }).decode),
  },
];

function lineOf(max: number): Protocol<string> {
  const step = until("\r\n", { max });
  return function* () {
    return textOf(yield* step);
  };
}

function hearHooks(
  chunks: readonly string[],
  maxFrameLength: number,
  overlong: "close" | "skip",
): Heard {
  const frames: string[] = [], errors: (string | undefined)[] = [];
  const peer = new ManualPeer(
    new AsyncChat({
      terminator: "\r\n",
      maxFrameLength,
      overlong,
      foundTerminator() {
        frames.push(this.getText());
      },
      handleError(error) {
        errors.push(error.kind);
      },
      handleClose({ incomplete }) {
        if (incomplete !== undefined) errors.push(incomplete.kind);
      },
    }),
  );
  for (const chunk of chunks) peer.send(chunk);
  peer.end();
  return { frames, errors };
}

function hearProtocol(chunks: readonly string[], limit: number): Heard {
  const frames: string[] = [], errors: (string | undefined)[] = [];
  const peer = new ManualPeer(
    new ProtocolChat(lineOf(limit), {
      handleMessage(line) {
        frames.push(line);
      },
      handleError(error) {
        errors.push(error.kind);
      },
    }),
  );
  for (const chunk of chunks) peer.send(chunk);
  peer.end();
  return { frames, errors };
}

function hearParser(chunks: readonly string[], protocol: Protocol<string>): Heard {
  const frames: string[] = [];
  const parser = new Parser(protocol);
  try {
    for (const chunk of chunks) {
      for (const line of parser.receive(ascii(chunk))) frames.push(line);
    }
    for (const line of parser.end()) frames.push(line);
  } catch (error) {
    return { frames, errors: [kindOf(error)] };
  }
  return { frames, errors: [] };
}

/** Reads on after an error once more, as a careless handler would. */
function hearReads(chunks: readonly string[], limit: number): Promise<Heard> {
  return hearChat(chunks, limit, async (chat, frames) => {
    let refused: unknown;
    for (;;) {
      try {
        frames.push(textOf(await chat.readUntil("\r\n")));
      } catch (error) {
        if (refused !== undefined || kindOf(error) !== "limit") throw error;
        refused = error;
      }
    }
  });
}

function hearLoop(chunks: readonly string[], limit: number): Promise<Heard> {
  return hearChat(chunks, limit, async (chat, frames) => {
    for await (const frame of chat.frames("\r\n")) frames.push(textOf(frame));
  });
}

async function hearChat(
  chunks: readonly string[],
  maxFrameLength: number,
  read: (chat: Chat, frames: string[]) => Promise<void>,
): Promise<Heard> {
  const frames: string[] = [], errors: (string | undefined)[] = [];
  const chat = new Chat({ maxFrameLength });
  const peer = new ManualPeer(chat.asyncChat);
  const reading = read(chat, frames).catch((error) => {
    const isEnd = kindOf(error) === "incomplete" && (error as { received?: number }).received === 0;
    if (!isEnd) errors.push(kindOf(error));
  });
  for (const chunk of chunks) {
    peer.send(chunk);
    await turns();
    peer.settle();
  }
  peer.end();
  await turns();
  peer.settle();
  await reading;
  return { frames, errors };
}

/** Lets every promise settle that can. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined;
}
