/**
 * STL: TLS in the middle of a conversation of the async face.
 *
 * @module
 */

import type { Case, Step } from "../case.ts";
import { chatTwins } from "./chat_meeting.ts";
import { type Common, failureOf, hasEnded, seen } from "./meeting.ts";
import { credentials, type Role } from "./tls_meeting.ts";

type ChatBody = (role: Role, ...args: Parameters<Body>) => Promise<void>;
type Body = Parameters<typeof chatTwins>[3];

/** Twins whose body knows which side it is. */
function startTlsChatTwins(
  ids: readonly [client: string, server: string],
  common: Common,
  program: readonly Step[],
  body: ChatBody,
): readonly Case[] {
  const twinsOf = (role: Role) =>
    chatTwins(ids, common, program, (...args) => body(role, ...args), { startTls: true });
  const [client] = twinsOf("client"), [, server] = twinsOf("server");
  return [{ ...client!, needs: ["startTls"] }, { ...server!, needs: ["serverStartTls"] }];
}

/** The cases of STL with a Chat. */
export const stlChat: readonly Case[] = [
  ...startTlsChatTwins(
    ["STL-1.7", "STL-1.8"],
    {
      title: "a Chat that has read the last words starts TLS, and reads and writes on",
      why: "With the async face there is always the next read, and it must not be in the way.",
      level: "MUST",
    },
    [
      { do: "text", text: "go\r\n" },
      { do: "recv", bytes: 4 },
      { do: "tls" },
      { do: "text", text: "one\r\n" },
      { do: "recv-end" },
      { do: "fin" },
    ],
    async (role, t, chat, peer) => {
      t.equal(await chat.readLine(), "go", "the last words in plaintext");
      const info = await chat.startTls({ ...await credentials(t, role), goAhead: "ok\r\n" });
      t.equal(chat.tls, info, "what is said about TLS");
      t.equal(await chat.readLine(), "one", "the first words behind the switch");
      await chat.write("two\r\n");
      await chat.closeWhenDone();
      const { text, tls } = await seen(peer, hasEnded, "our end reaches the peer");
      t.equal(
        [text, tls?.text],
        ["ok\r\ntwo\r\n", "two\r\n"],
        "what the peer got, and what by TLS",
      );
    },
  ),
  ...startTlsChatTwins(
    ["STL-3.3", "STL-2.3"],
    {
      title: "a Chat never reads what somebody has put behind the last words before TLS",
      why: "What has come and was not read would else be read as if it had come encrypted.",
      level: "MUST",
    },
    [{ do: "text", text: "go\r\nEVIL\r\n" }, { do: "recv", bytes: 4 }, { do: "tls" }],
    async (role, t, chat, peer) => {
      t.equal(await chat.readLine(), "go", "the last words in plaintext");
      const starting = chat.startTls({ ...await credentials(t, role), goAhead: "ok\r\n" });
      const { kind } = await failureOf(t, () => starting, "startTls() over plaintext");
      t.equal(kind, "protocol", "the kind");
      await failureOf(t, () => chat.readLine(), "a read behind the switch");
      await failureOf(t, () => chat.write("secret\r\n"), "a write behind the switch");
      chat.close();
      await chat.closed;
      const { text, tls } = await seen(peer, hasEnded, "we have gone");
      t.equal([text.includes("secret"), tls?.received ?? 0], [false, 0], "what the peer got");
    },
  ),
];
