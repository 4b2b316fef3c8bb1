import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { makeCertificates } from "../conformance/node/witness/certificates.ts";
import type { ChatError } from "../core/errors.ts";
import { nameOf } from "./naming.ts";
import { type SecureListener, secureListener } from "./node_tls.ts";

let listener: SecureListener | undefined;
afterEach(() => {
  listener?.stop();
  listener?.server.close();
});

it("cuts off a caller that takes too long for its handshake, and says so", async () => {
  const { good } = await makeCertificates();
  const peerOf = ({ remoteAddress, remotePort }: Socket) => nameOf(remoteAddress, remotePort);
  const failed = resolvers<ChatError>();
  const done = () => failed.reject(new Error("a handshake was made"));
  listener = secureListener(good, "here", peerOf, done, failed.resolve, 50);
  const { server } = listener;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const cutOff = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {}).resume();
  const { kind, message } = await failed.promise;
  expect(kind).toBe("timeout");
  expect(message).toMatch(/^127\.0\.0\.1:\d+ made no handshake within 50 ms/);
  await cutOff;
});

// Node 20 has no Promise.withResolvers().
function resolvers<T>() {
  let resolve: (value: T) => void = () => {}, reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((one, other) => [resolve, reject] = [one, other]);
  return { promise, resolve, reject };
}
