import { Chat } from "asynchat";
import type * as memory from "asynchat/adapters/memory";
import { same } from "./told.ts";

/** Joins two conversations. */
export default async function use({ memoryPair }: typeof memory): Promise<void> {
  const options: memory.MemoryOptions = { segment: 1 };
  const one = new Chat();
  const two = new Chat();
  memoryPair(one, two, options);
  await one.write("hello\n");
  one.end();
  same(await two.readLine(), "hello");
  same(await two.readLine(), null);
  two.end();
  same((await one.closed).reason, "closed");
}
