/**
 * Guests with a browser: HTTP/1.1 for the page, then a WebSocket for the talk.
 *
 * @module
 */

import { type AsyncChat, type Chat, ChatError } from "asynchat";
import { converse } from "asynchat/adapters/web";
import { asksForWebSocket, parseHead, type RequestHead } from "../websocket/handshake.ts";
import { upgrade } from "../websocket/websocket.ts";

/** Makes the handler of one connection: it shows `page`, or gives a visitor a WebSocket. */
export function browsers(
  page: string,
  welcome: (peer: string) => AsyncChat,
): (chat: Chat) => Promise<void> {
  return async (chat) => {
    const head = await readHead(chat);
    if (head === undefined) return chat.write(answer("400 Bad Request", "that is no request\n"));
    if (!asksForWebSocket(head)) return chat.write(show(head, page));
    const { peer = "a browser" } = chat;
    const webSocket = await upgrade(chat, head);
    if (webSocket === undefined) return;
    // A line is a line, whatever messages it came in: the visitor sees no difference.
    await converse(webSocket, welcome(peer), { peer }).closed;
  };
}

async function readHead(chat: Chat): Promise<RequestHead | undefined> {
  try {
    const head = await chat.readUntil("\r\n\r\n", { max: 8 * 1024, timeout: 10_000 });
    return parseHead(new TextDecoder().decode(head));
  } catch (error) {
    // Browsers open connections in advance, and may never use them.
    if (error instanceof ChatError) return undefined;
    throw error;
  }
}

function show({ method, target }: RequestHead, page: string): string {
  if (method !== "GET") return answer("405 Method Not Allowed", "only GET\n", "Allow: GET\r\n");
  if (target !== "/") return answer("404 Not Found", "there is only /\n");
  return answer(
    "200 OK",
    page,
    "Content-Security-Policy: default-src 'none'; connect-src 'self'; img-src data:; " +
      "script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'\r\n",
    "text/html",
  );
}

function answer(status: string, body: string, headers = "", type = "text/plain"): string {
  const { length } = new TextEncoder().encode(body);
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}; charset=utf-8\r\n` +
    `Content-Length: ${length}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n` +
    `${headers}\r\n${body}`;
}
