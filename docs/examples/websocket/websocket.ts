/**
 * The server's side of a WebSocket, as a conversation, and as a pair of streams for another one.
 *
 * @module
 */

import { type Chat, ChatError, type CloseReport, ProtocolChat } from "asynchat";
import { refusalOf, type RequestHead, switchingProtocols } from "./handshake.ts";
import {
  closePayload,
  encodeFrame,
  type Message,
  messages,
  OPCODE,
  WebSocketError,
} from "./messages.ts";

/** How a WebSocket is served. */
export interface WebSocketOptions {
  /** Longest message, in bytes; 64 KiB. */
  readonly maxMessage?: number;
}

/**
 * A WebSocket: what the peer says comes out of `readable`, text as text and bytes as bytes, and what
 * goes into `writable` is said. Pings are answered, and the closing handshake is made.
 *
 * A message is taken off the network when the one before has been read.
 */
export class WebSocketChat extends ProtocolChat<Message> {
  readonly readable: ReadableStream<string | Uint8Array>;
  readonly writable: WritableStream<string | Uint8Array>;
  readonly #inbound: WritableStreamDefaultWriter<string | Uint8Array>;
  #closeSent = false;
  #closeReceived = false;

  constructor({ maxMessage = 64 * 1024 }: WebSocketOptions = {}) {
    super(messages({ max: maxMessage }), {
      maxFrameLength: Math.max(maxMessage, 125),
      closeTimeout: 5_000,
    });
    const { readable, writable } = new TransformStream<string | Uint8Array>();
    this.readable = readable;
    this.#inbound = writable.getWriter();
    this.#inbound.closed.catch(() => {});
    this.writable = new WritableStream({
      start: ({ signal }) =>
        signal.addEventListener("abort", () => this.abort(signal.reason), { once: true }),
      write: (chunk) => this.#say(chunk),
      close: () => this.#close(1000),
    });
  }

  override async handleMessage(message: Message): Promise<void> {
    if (this.#closeReceived) return;
    switch (message.type) {
      case "ping":
        return this.#answer(OPCODE.pong, message.bytes);
      case "pong":
        return;
      case "close":
        this.#closeReceived = true;
        await this.#inbound.close().catch(() => {});
        return this.#close(message.code);
      default:
        // Who has stopped listening is told of nothing more; the conversation ends by itself.
        await this.#inbound.write(message.type === "text" ? message.text : message.bytes)
          .catch(() => {});
    }
  }

  override handleError(error: ChatError): void {
    // 1009 is too much, and 1008 whatever else is not allowed.
    const otherwise = error.kind === "limit" ? 1009 : 1008;
    const code = error instanceof WebSocketError ? error.closeCode : otherwise;
    this.#fail(error);
    this.#close(code, error.message);
  }

  override handleClose({ error }: CloseReport): void {
    // Who has said goodbye may go. Else the end is no end in order.
    if (error === undefined && this.#closeSent) void this.#inbound.close().catch(() => {});
    else this.#fail(error ?? new ChatError("reset", "the peer left without a closing handshake"));
  }

  #say(chunk: string | Uint8Array): Promise<void> | void {
    const frame = typeof chunk === "string"
      ? encodeFrame(OPCODE.text, new TextEncoder().encode(chunk))
      : encodeFrame(OPCODE.binary, chunk);
    if (!this.push(frame)) return this.drained();
  }

  /** Waits as well: whoever asks and does not listen must not fill our memory with answers. */
  async #answer(opcode: number, payload: Uint8Array): Promise<void> {
    if (!this.session.canPush || this.push(encodeFrame(opcode, payload))) return;
    await this.drained().catch(() => {});
  }

  /** There is no half-close: what the peer was still saying is not heard. */
  #close(code: number, reason?: string): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    void this.#answer(OPCODE.close, closePayload(code, reason));
    this.closeWhenDone();
  }

  #fail(error: unknown): void {
    void this.#inbound.abort(error).catch(() => {});
  }
}

/**
 * Grants a request for a WebSocket: answers it, and gives the connection of `chat`, which has read the
 * head, to a new conversation. Answers `undefined` when it cannot be granted, which the peer is told.
 */
export async function upgrade(
  chat: Chat,
  head: RequestHead,
  options: WebSocketOptions = {},
): Promise<WebSocketChat | undefined> {
  const refusal = refusalOf(head);
  if (refusal !== undefined) {
    const { status, why, headers = "" } = refusal;
    await chat.write(
      `HTTP/1.1 ${status}\r\n${headers}Content-Type: text/plain\r\nConnection: close\r\n\r\n${why}\n`,
    );
    return undefined;
  }
  await chat.write(await switchingProtocols(head));
  const webSocket = new WebSocketChat(options);
  // A client may have sent its first messages with the request: they come along.
  (await chat.detach()).attach(webSocket);
  return webSocket;
}
