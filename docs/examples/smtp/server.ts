/**
 * A mail server: what `Session` answers, over a conversation.
 *
 * @module
 */

import { type Chat, dotStuffed, LimitError } from "asynchat";
import { type Mail, Session, type SessionOptions } from "./session.ts";

/** What a server is like, and what it does with letters. */
export interface MailServerOptions extends Omit<SessionOptions, "tls" | "secure"> {
  /** The certificate for STARTTLS and its key, as text in PEM; without it there is no TLS. */
  readonly credentials?: { readonly cert: string; readonly key: string };
  /** Whether nothing can be sent without TLS; false. */
  readonly requireTls?: boolean;
  /** Takes a letter over: when it resolves, the sender is told that all is well. */
  readonly deliver: (mail: Mail, chat: Chat) => void | Promise<void>;
  /** Shows why a letter was not delivered; the sender is told to try again later. */
  readonly onerror?: (error: unknown) => void;
}

/** Longest command line, in bytes: 512 of RFC 5321, and room for the parameters of extensions. */
const MAX_LINE = 1000;

const LINE_TOO_LONG = "500 5.5.2 that line is too long\r\n";
const LETTER_TOO_LONG = "552 5.3.4 that letter is too long\r\n";

/**
 * Speaks SMTP with one client, for `serve({ startTls: true }, mailServer(...))`.
 *
 * Plaintext that comes behind STARTTLS, in the same segment or not, is never taken for a command:
 * `startTls()` ends the conversation then.
 */
export function mailServer(options: MailServerOptions): (chat: Chat) => Promise<void> {
  const { credentials, requireTls = false, deliver, onerror = console.error, ...about } = options;
  const { maxSize = 10 * 1024 * 1024 } = about;
  const tls = credentials === undefined ? "none" : requireTls ? "required" : "offered";

  return async (chat) => {
    const session = new Session({ ...about, maxSize, tls, secure: chat.tls !== undefined });
    const letters = chat.messages(dotStuffed({ max: maxSize }).decode);
    await chat.write(session.greeting);
    let tooLong = LINE_TOO_LONG;
    try {
      for await (const line of chat.frames("\r\n", { max: MAX_LINE })) {
        const { reply, next } = session.command(new TextDecoder().decode(line));
        if (next === "tls") {
          await chat.startTls({ ...credentials, goAhead: reply });
          session.secured();
          continue;
        }
        await chat.write(reply);
        if (next === "close") return;
        if (next !== "letter") continue;
        tooLong = LETTER_TOO_LONG;
        const { value: data, done } = await letters.next();
        if (done) return;
        tooLong = LINE_TOO_LONG;
        await chat.write(await delivered({ ...session.take(), data }, chat));
      }
    } catch (error) {
      // Where it ends, and commands go on, nobody knows any more.
      if (!(error instanceof LimitError)) throw error;
      await chat.write(tooLong);
    }
  };

  async function delivered(mail: Mail, chat: Chat): Promise<string> {
    try {
      await deliver(mail, chat);
      return "250 2.6.0 taken\r\n";
    } catch (error) {
      onerror(error);
      return "451 4.3.0 not now\r\n";
    }
  }
}
