/**
 * What a mail server has been told so far, and what it answers: SMTP (RFC 5321) with STARTTLS
 * (RFC 3207), PIPELINING, 8BITMIME and SIZE. No socket, no `await`: a command in, an answer out.
 *
 * @module
 */

/** A letter, and whom it is from and for. */
export interface Mail {
  /** Whom to tell when it cannot be delivered; empty for nobody. */
  readonly from: string;
  readonly to: readonly string[];
  /** The letter, its lines ended with CRLF. */
  readonly data: Uint8Array;
}

/** What is said, and what comes next; another command, where nothing else is told. */
export interface Answer {
  readonly reply: string;
  readonly next?: "letter" | "tls" | "close";
}

/** What a server is like. */
export interface SessionOptions {
  /** Who it says it is. */
  readonly name?: string;
  /** What can be done about plaintext: nothing, offer TLS, or insist on it. */
  readonly tls?: "none" | "offered" | "required";
  /** Whether TLS is spoken from the first byte. */
  readonly secure?: boolean;
  /** Longest letter, in bytes; 10 MiB. */
  readonly maxSize?: number;
  /** Most recipients of one letter; 100. */
  readonly maxRecipients?: number;
  /** Commands that make no sense until the conversation is ended; 10. */
  readonly maxErrors?: number;
}

/** What may be said before TLS where it is required (RFC 3207 §4). */
const PUBLIC = ["EHLO", "STARTTLS", "NOOP", "QUIT"];

/** One conversation. */
export class Session {
  readonly #options: Required<SessionOptions>;
  #secure: boolean;
  #errors = 0;
  #hello: string | undefined;
  #from: string | undefined;
  #to: string[] = [];

  /** Begins one. */
  constructor(options: SessionOptions = {}) {
    this.#options = {
      name: "localhost",
      tls: "none",
      secure: false,
      maxSize: 10 * 1024 * 1024,
      maxRecipients: 100,
      maxErrors: 10,
      ...options,
    };
    this.#secure = this.#options.secure;
  }

  /** The first words. */
  get greeting(): string {
    return `220 ${this.#options.name} ESMTP\r\n`;
  }

  /** Answers a command, given without its line end. */
  command(line: string): Answer {
    const [, verb = "", rest = ""] = /^([A-Za-z]+)(?: (.*))?$/.exec(line.trimEnd()) ?? [];
    const answer = this.#answer(verb.toUpperCase(), rest);
    // 500 to 504: it was no command, or none in this place.
    if (!/^50[0-4]/.test(answer.reply) || ++this.#errors < this.#options.maxErrors) return answer;
    return { reply: "421 4.7.0 too many errors\r\n", next: "close" };
  }

  /** The handshake is done: whatever was said before, anybody may have said (RFC 3207 §4.2). */
  secured(): void {
    this.#secure = true;
    this.#hello = undefined;
    this.#reset();
  }

  /** The letter came: whom it is from and for. The next one begins from nothing. */
  take(): Omit<Mail, "data"> {
    const envelope = { from: this.#from ?? "", to: this.#to };
    this.#reset();
    return envelope;
  }

  #reset(): void {
    this.#from = undefined;
    this.#to = [];
  }

  #answer(verb: string, rest: string): Answer {
    if (this.#options.tls === "required" && !this.#secure && !PUBLIC.includes(verb)) {
      return say("530 5.7.0 say STARTTLS first");
    }
    switch (verb) {
      case "EHLO":
      case "HELO":
        return this.#greet(verb, rest);
      case "STARTTLS":
        return this.#startTls(rest);
      case "MAIL":
        return this.#mail(rest);
      case "RCPT":
        return this.#recipient(rest);
      case "DATA":
        return this.#letter(rest);
      case "RSET":
        this.#reset();
        return say("250 2.0.0 forgotten");
      case "NOOP":
        return say("250 2.0.0 fine");
      case "VRFY":
        return say("252 2.5.0 send a letter, and see");
      case "QUIT":
        return { reply: "221 2.0.0 bye\r\n", next: "close" };
      default:
        return say("500 5.5.1 that is no command");
    }
  }

  #greet(verb: string, name: string): Answer {
    if (!/^\S+$/.test(name)) return say("501 5.5.4 say your name");
    const { name: ours, tls, maxSize } = this.#options;
    this.#hello = name;
    this.#reset();
    if (verb === "HELO") return say(`250 ${ours}`);
    const can = [ours, "PIPELINING", "8BITMIME", `SIZE ${maxSize}`];
    if (tls !== "none" && !this.#secure) can.push("STARTTLS");
    const last = can.pop();
    return say(...can.map((line) => `250-${line}`), `250 ${last}`);
  }

  #startTls(rest: string): Answer {
    if (rest !== "") return say("501 5.5.4 STARTTLS takes no parameter");
    if (this.#secure) return say("503 5.5.1 TLS is spoken already");
    if (this.#options.tls === "none") return say("502 5.5.1 there is no TLS");
    return { reply: "220 2.0.0 go ahead\r\n", next: "tls" };
  }

  #mail(rest: string): Answer {
    if (this.#hello === undefined) return say("503 5.5.1 say EHLO first");
    if (this.#from !== undefined) return say("503 5.5.1 one letter after the other");
    const path = pathOf("FROM", rest);
    if (path === undefined) return say("501 5.5.4 say MAIL FROM:<address>");
    for (const parameter of path.parameters) {
      const [, size] = /^SIZE=(\d{1,15})$/i.exec(parameter) ?? [];
      if (size !== undefined && Number(size) > this.#options.maxSize) {
        return say("552 5.3.4 the letter is too long");
      }
      if (size === undefined && !/^BODY=(7BIT|8BITMIME)$/i.test(parameter)) {
        return say("555 5.5.4 that parameter is not known");
      }
    }
    this.#from = path.address;
    return say("250 2.1.0 from them");
  }

  #recipient(rest: string): Answer {
    if (this.#from === undefined) return say("503 5.5.1 say MAIL first");
    const path = pathOf("TO", rest);
    if (path === undefined || path.address === "") return say("501 5.5.4 say RCPT TO:<address>");
    if (path.parameters.length > 0) return say("555 5.5.4 that parameter is not known");
    if (this.#to.length >= this.#options.maxRecipients) return say("452 4.5.3 that is enough");
    this.#to.push(path.address);
    return say("250 2.1.5 for them");
  }

  #letter(rest: string): Answer {
    if (rest !== "") return say("501 5.5.4 DATA takes no parameter");
    if (this.#to.length === 0) return say("503 5.5.1 say MAIL and RCPT first");
    return { reply: "354 end it with a dot on a line of its own\r\n", next: "letter" };
  }
}

function say(...lines: readonly string[]): Answer {
  return { reply: lines.map((line) => `${line}\r\n`).join("") };
}

/** `FROM:<address> PARAMETER...`; control characters have no place in an address. */
function pathOf(
  keyword: string,
  rest: string,
): { readonly address: string; readonly parameters: readonly string[] } | undefined {
  const [, found, address, parameters = ""] =
    /^(FROM|TO): ?<([^<>\s\p{Cc}]*)>(?: (.*))?$/iu.exec(rest) ?? [];
  if (found?.toUpperCase() !== keyword || address === undefined) return undefined;
  return { address, parameters: parameters.split(" ").filter((each) => each !== "") };
}
