import { type Chat, ChatError } from "asynchat";
import type * as adapters from "asynchat/adapters";
import { same, type Told } from "./told.ts";

/** Calls a server, is one, and asks for nothing that its runtime cannot do. */
export default async function use(
  { capabilities, connect, serve }: typeof adapters,
  { port, own }: Told,
): Promise<void> {
  const where = { hostname: "127.0.0.1", port };
  if (own === undefined) {
    same(await kindOf(connect(where)), "unsupported");
    same(capabilities.listen, false);
    return;
  }
  same(connect, own.connect);
  const chat = await connect(where);
  same(await chat.readLine(), "ready");
  await chat.write("hello\n");
  same(await chat.readLine(), "hello");
  chat.end();
  same(await chat.readLine(), null);

  const serving = serve({ ...where, port: 0 }, (caller: Chat) => caller.write("welcome\n"));
  if (!capabilities.listen) return same(await kindOf(serving), "unsupported");
  const listener = await serving;
  const caller = await connect({ ...where, port: listener.port });
  same(await caller.readLine(), "welcome");
  caller.end();
  await listener.close();
}

function kindOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "none",
    (error) => error instanceof ChatError ? error.kind : error,
  );
}
