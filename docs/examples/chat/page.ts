/**
 * The page: the same lines that `nc` speaks, over a WebSocket.
 *
 * @module
 */

import { type Chat, ChatError } from "asynchat";
import { converse } from "asynchat/adapters/websocket";

const said = document.querySelector("#said")!;
const state = document.querySelector("#state")!;
const form = document.querySelector<HTMLFormElement>("#say")!;
const line = document.querySelector<HTMLInputElement>("#line")!;

function show(text: string, kind: "theirs" | "mine" | "note"): void {
  const item = document.createElement("li");
  item.className = text.startsWith("* ") ? "note" : kind;
  // As text: what somebody says is never markup.
  item.textContent = text;
  said.append(item);
  item.scrollIntoView();
}

async function talk(chat: Chat): Promise<void> {
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = line.value.trim();
    line.value = "";
    if (text === "") return;
    show(text, "mine");
    // When it cannot be sent, the conversation is over, and that is shown below.
    chat.write(`${text}\n`).catch(() => {});
  };
  state.textContent = "connected";
  const decoder = new TextDecoder();
  for await (const frame of chat.frames(["\r\n", "\n"])) show(decoder.decode(frame), "theirs");
}

try {
  const url = new URL("/", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  await using chat = await converse(new WebSocket(url));
  await talk(chat);
  show("* it is over", "note");
} catch (error) {
  if (!(error instanceof ChatError)) throw error;
  show(`* ${error.message}`, "note");
} finally {
  state.textContent = "not connected";
}
