/**
 * A mail client that speaks TLS or does not speak at all.
 *
 * @module
 */

import { type Chat, ChatError, dotStuffed, type TlsOptions } from "asynchat";
import { connect, type ConnectOptions } from "asynchat/adapters";
import { type Reply, reply } from "./replies.ts";
import type { Mail } from "./session.ts";

/** The server refused; the conversation goes on. */
export class MailError extends Error {
  override name = "MailError";
  /** What it said. */
  readonly reply: Reply;

  constructor(what: string, reply: Reply) {
    super(`${what}: ${reply.code} ${reply.lines.join(" ")}`);
    this.reply = reply;
  }
}

/** Whom to call, and what to trust. */
export interface MailerOptions extends Omit<ConnectOptions, "tls" | "startTls"> {
  /** Who we say we are; `"localhost"`. */
  readonly name?: string;
  /** How to verify the server. */
  readonly tls?: TlsOptions;
}

/** What became of a letter. */
export interface Receipt {
  /** Whom it was taken for. */
  readonly accepted: readonly string[];
  /** Whom it was not taken for, and why. */
  readonly refused: readonly { readonly recipient: string; readonly reply: Reply }[];
}

/** Room for a letter of any size: it is the server that says how long it may be. */
const letter = dotStuffed({ max: Infinity });

/** One connection to a mail server. One letter after the other. */
export class Mailer {
  readonly #chat: Chat;
  readonly #replies: AsyncGenerator<Reply, void, undefined>;
  readonly #name: string;
  #extensions: ReadonlyMap<string, string> = new Map();

  /** Takes a connection over that has said nothing yet; {@linkcode begin} comes next. */
  constructor(chat: Chat, name = "localhost") {
    this.#chat = chat;
    this.#replies = chat.messages(reply);
    this.#name = name;
  }

  /**
   * Connects, and starts TLS.
   *
   * @throws {ChatError} when it cannot connect; kind `"tls"` when the server has no STARTTLS, or
   * cannot be trusted. Nothing of a letter has been said then.
   * @throws {MailError} when the server does not want to talk.
   */
  static async connect({ name, tls = {}, ...options }: MailerOptions): Promise<Mailer> {
    const chat = await connect({ idleTimeout: 300_000, ...options, startTls: true });
    const mailer = new Mailer(chat, name);
    await mailer.begin(tls);
    return mailer;
  }

  /** Greets, starts TLS, and greets again: see {@linkcode Mailer.connect}. */
  async begin(tls: TlsOptions): Promise<void> {
    try {
      need(await this.#reply(), 220, "the server is not ready");
      await this.#greet();
      if (!this.#extensions.has("STARTTLS")) {
        // Or somebody on the way has taken that line out.
        throw new ChatError("tls", `${this.#chat.peer} does not offer STARTTLS: nothing was sent`);
      }
      need(await this.#ask("STARTTLS"), 220, "the server does not start TLS");
      await this.#chat.startTls(tls);
      // What was said in plaintext, anybody may have said.
      await this.#greet();
    } catch (error) {
      this.#chat.abort(error);
      throw error;
    }
  }

  /**
   * Sends a letter, and resolves when the server has taken it over. A dot that begins a line
   * arrives as one dot; the letter ends with CRLF, or is given one.
   *
   * @throws {MailError} when it is refused for everybody; the next one may still be sent.
   * @throws {TypeError} for an address that is none; nothing has been said then.
   * @throws {ChatError} kind `"protocol"` for a letter with a lone CR or LF before a dot; others when
   * the connection fails: whether the letter was taken nobody knows then.
   */
  async send({ from, to, data }: Mail): Promise<Receipt> {
    for (const address of [from, ...to]) checkAddress(address);
    const text = letter.encode(data);
    const parameters = this.#parameters(data);
    const [mail, ...recipients] = await this.#askAll([
      `MAIL FROM:<${from}>${parameters}`,
      ...to.map((address) => `RCPT TO:<${address}>`),
    ]);
    const accepted = to.filter((_, i) => recipients[i]!.code < 300);
    const refused = to.map((recipient, i) => ({ recipient, reply: recipients[i]! }))
      .filter(({ reply }) => reply.code >= 300);
    try {
      need(mail!, 250, "the sender is refused");
      if (accepted.length === 0) throw new MailError("nobody takes it", recipients.at(-1) ?? mail!);
      need(await this.#ask("DATA"), 354, "the letter is refused");
    } catch (error) {
      await this.#ask("RSET");
      throw error;
    }
    void this.#chat.write(text).catch(() => {});
    need(await this.#reply(), 250, "the letter is refused");
    return { accepted, refused };
  }

  /** Says goodbye, and resolves when the connection is gone. */
  async quit(): Promise<void> {
    await this.#ask("QUIT");
    await this.#chat.closeWhenDone();
  }

  async #greet(): Promise<void> {
    const { lines: [, ...extensions] } = need(
      await this.#ask(`EHLO ${this.#name}`),
      250,
      "the server does not greet",
    );
    this.#extensions = new Map(extensions.map((line) => {
      const [keyword = "", ...rest] = line.split(" ");
      return [keyword.toUpperCase(), rest.join(" ")];
    }));
  }

  #parameters(data: Uint8Array): string {
    const isAscii = data.every((byte) => byte < 0x80);
    const has = (name: string) => this.#extensions.has(name);
    if (!isAscii && !has("8BITMIME")) {
      throw new TypeError("the server takes ASCII alone: encode the letter as quoted-printable");
    }
    return (has("SIZE") ? ` SIZE=${data.length}` : "") + (isAscii ? "" : " BODY=8BITMIME");
  }

  #ask(command: string): Promise<Reply> {
    return this.#askAll([command]).then(([reply]) => reply!);
  }

  /** In one go, where the server lets us (RFC 2920); else each when the one before is answered. */
  async #askAll(commands: readonly string[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    const together = this.#extensions.has("PIPELINING");
    if (together) void this.#say(commands.map((command) => `${command}\r\n`).join(""));
    for (const command of commands) {
      if (!together) void this.#say(`${command}\r\n`);
      replies.push(await this.#reply());
    }
    return replies;
  }

  /** That it could not be said, the reply that does not come will tell. */
  #say(text: string): Promise<void> {
    return this.#chat.write(text).catch(() => {});
  }

  async #reply(): Promise<Reply> {
    const { value, done } = await this.#replies.next();
    if (done) throw new ChatError("closed", `${this.#chat.peer} ended without an answer`);
    return value;
  }
}

function need(reply: Reply, code: number, otherwise: string): Reply {
  if (reply.code !== code) throw new MailError(otherwise, reply);
  return reply;
}

/** A line end in an address would be the beginning of the next command. */
function checkAddress(address: string): void {
  if (/^[^<>\s\p{Cc}]*$/u.test(address)) return;
  throw new TypeError(`${JSON.stringify(address)} is no address`);
}
