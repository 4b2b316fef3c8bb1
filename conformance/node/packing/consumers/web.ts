import type * as web from "asynchat/adapters/web";
import { same } from "./told.ts";

// As in a page that does not have the types of one.
declare const TransformStream: new () => web.WebPair;

/** Talks to itself over a pair of streams. */
export default async function use({ capabilities, converse }: typeof web): Promise<void> {
  same(capabilities.listen, false);
  const chat = converse(new TransformStream());
  await chat.write("hello\n");
  same(await chat.readLine(), "hello");
  chat.end();
  same(await chat.readLine(), null);
}
