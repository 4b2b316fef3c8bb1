/**
 * A client with a prompt, for who has no `nc`:
 *
 * ```sh
 * node dist/docs/examples/chat/client.js 7000 ann
 * deno run --allow-net docs/examples/chat/client.ts 7000 ann
 * bun docs/examples/chat/client.ts 7000 ann
 * ```
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { type Chat, ChatError } from "asynchat";
import { connect } from "asynchat/adapters";

const [port = "7000", nick] = process.argv.slice(2);
const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;

/** Shows what comes, until the end. */
async function listenTo(chat: Chat, show: (line: string) => void): Promise<void> {
  try {
    for (let line = await chat.readLine(); line !== null; line = await chat.readLine()) show(line);
    show("* it is over");
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    show(`* ${error.message}`);
  }
}

try {
  await using chat = await connect({ port: Number(port) });
  if (nick !== undefined) await chat.write(`/nick ${nick}\n`);
  const terminal = createInterface({
    input: process.stdin,
    ...(isTerminal ? { output: process.stdout, prompt: "> " } : {}),
  });
  let prompts = isTerminal;
  const listening = listenTo(chat, (line) => {
    // Goes where the prompt is, which then comes again below, with what was typed already.
    console.log(prompts ? `\r\x1b[K${line}` : line);
    if (prompts) terminal.prompt(true);
  });
  const over = listening.then(() => terminal.close());
  terminal.on("line", (line) => {
    // When it cannot be sent, the conversation is over, and that is shown above.
    chat.write(`${line}\n`).catch(() => {});
    if (prompts) terminal.prompt();
  });
  // Ctrl-D, Ctrl-C, or the end of a file: what was said still goes out, and is answered.
  terminal.once("close", () => {
    if (prompts) console.log();
    prompts = false;
    chat.end();
  });
  await over;
} catch (error) {
  if (!(error instanceof ChatError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
