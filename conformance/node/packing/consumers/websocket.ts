import type * as websocket from "asynchat/adapters/websocket";
import { same } from "./told.ts";

type OnMessage = (event: websocket.WebSocketMessage) => void;
type OnEnd = (event: websocket.WebSocketEnd) => void;

/** Stands for a WebSocket: it sends back what it is sent. */
class Mirror implements websocket.WebSocketLike {
  binaryType = "blob";
  readyState = 1;
  #message: OnMessage = () => {};
  #end: OnEnd = () => {};

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const data = bytes.slice().buffer;
    void Promise.resolve().then(() => this.#message({ data }));
  }
  close(code: number = 1000): void {
    this.readyState = 3;
    void Promise.resolve().then(() => this.#end({ code, reason: "", wasClean: true }));
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === "message") this.#message = listener as OnMessage;
    if (type === "close") this.#end = listener as OnEnd;
  }
}

/** Talks to itself over a WebSocket. */
export default async function use({ converse }: typeof websocket): Promise<void> {
  const chat = await converse(new Mirror());
  await chat.write("hello\n");
  same(await chat.readLine(), "hello");
  chat.end();
  same((await chat.closed).reason, "closed");
}
