import type * as asynchat from "asynchat";
import { same } from "./told.ts";

/** Takes messages out of bytes, without a conversation; a class has its own name when it is shown. */
export default function use(
  { AsyncChat, ChatError, exactly, parse, until }: typeof asynchat,
): void {
  same(AsyncChat.name, "AsyncChat");
  function* message() {
    const head = yield* until("\r\n", { max: 8 });
    const body = yield* exactly(head.length);
    return String.fromCharCode(...body);
  }
  const messages: string[] = [...parse(message, "12\r\nab3\r\nc")];
  same(messages.join(), "ab,c");
  try {
    parse(message, "123456789\r\n");
  } catch (error) {
    if (error instanceof ChatError) return same(error.kind, "limit");
  }
  throw new Error("a limit was not kept");
}
