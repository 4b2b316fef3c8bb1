import { until } from "asynchat";
import type * as streams from "asynchat/streams";
import { same } from "./told.ts";

/** Reads messages from chunks that come in their own time. */
export default async function use({ messagesOf }: typeof streams): Promise<void> {
  function* word() {
    return String.fromCharCode(...yield* until(" "));
  }
  const chunks = ["a b", "c ", ""].map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0)));
  const words: string[] = [];
  for await (const each of messagesOf(chunks, word)) words.push(each);
  same(words.join(), "a,bc");
}
