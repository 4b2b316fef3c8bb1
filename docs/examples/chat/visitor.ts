/**
 * One person's connection: lines in, lines out.
 *
 * @module
 */

import { AsyncChat, type ChatError, type CloseReport, LimitError } from "asynchat";
import { type Lobby, type Member, Refusal } from "./lobby.ts";
import { Pace } from "./pace.ts";

const HELP = [
  "* /nick NAME      call yourself NAME",
  "* /join ROOM      go to another room",
  "* /rooms          which rooms there are",
  "* /who            who else is here",
  "* /msg NAME TEXT  tell one person",
  "* /quit           leave",
];

/** Characters that a terminal would obey instead of showing. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** How a visitor is treated. */
export interface VisitorOptions {
  /** Lines a second that may be said in the long run; 5. */
  readonly rate?: number;
  /** The time, in milliseconds. */
  readonly now?: () => number;
}

/** A visitor is a line protocol: the engine finds the lines, this says what they mean. */
export class Visitor extends AsyncChat {
  readonly #lobby: Lobby;
  readonly #name: string;
  readonly #rate: number;
  readonly #pace: Pace;
  readonly #now: () => number;
  #member: Member | undefined;

  constructor(lobby: Lobby, name: string, options: VisitorOptions = {}) {
    const { rate = 5, now = () => performance.now() } = options;
    super({
      terminator: ["\r\n", "\n"],
      // A line that is too long is dropped, and the conversation goes on behind it.
      maxFrameLength: 1000,
      overlong: "skip",
      // Whoever does not read must not fill our memory with what the others say.
      maxQueued: 256 * 1024,
      closeTimeout: 5_000,
    });
    this.#lobby = lobby;
    this.#name = name;
    this.#rate = rate;
    this.#pace = new Pace(rate);
    this.#now = now;
  }

  override handleConnect(): void {
    this.#tell("* welcome; /help tells what you can do here");
    const member = this.#lobby.enter((line) => this.#tell(line));
    this.#member = member;
    this.#lobby.recall(member);
    this.#tell(
      `* you are ${member.nick} in ${member.room}, with ${
        this.#lobby.companyOf(member) || "nobody else"
      }`,
    );
    log(`${this.#name} came as ${member.nick}`);
  }

  override foundTerminator(): void {
    const line = this.getText().replace(CONTROLS, "").trim();
    if (this.#member === undefined || !this.#mayTalk() || line === "") return;
    try {
      if (line.startsWith("/")) this.#obey(this.#member, line);
      else this.#lobby.say(this.#member, line);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#tell(`* ${error.message}`);
    }
  }

  override handleError(error: ChatError): void {
    if (error instanceof LimitError) this.#tell(`* that was too long: ${error.limit} bytes a line`);
    else log(`${this.#name}: ${error.message}`);
  }

  override handleClose(report: CloseReport): void {
    if (this.#member !== undefined) this.#lobby.leave(this.#member);
    log(`${this.#name} left: ${report.reason}`);
  }

  /** Whoever floods the room is told, is not heard for a while, and is cut when that does not help. */
  #mayTalk(): boolean {
    switch (this.#pace.judge(this.#now())) {
      case "heard":
        return true;
      case "muted":
        this.#tell(`* not so fast: ${this.#rate} lines a second; for 5 seconds nobody hears you`);
        return false;
      case "dropped":
        return false;
      case "cut":
        this.#tell("* that was too much; bye");
        // What came behind is not looked at any more.
        this.pause();
        this.closeWhenDone();
        return false;
    }
  }

  #obey(member: Member, line: string): void {
    const [, command, name = "", text = ""] = /^\/(\w*) *(\S*) *(.*)$/.exec(line) ?? [];
    switch (command) {
      case "nick":
        return this.#lobby.rename(member, name);
      case "join":
        return this.#lobby.move(member, name);
      case "rooms":
        return this.#tell(`* rooms: ${this.#lobby.rooms()}`);
      case "who":
        return this.#tell(`* with you: ${this.#lobby.companyOf(member) || "nobody"}`);
      case "msg":
        return this.#lobby.whisper(member, name, text);
      case "quit":
        this.#tell("* bye");
        return this.closeWhenDone();
      case "help":
        return HELP.forEach((help) => this.#tell(help));
      default:
        throw new Refusal(`there is no /${command}; /help tells what there is`);
    }
  }

  #tell(line: string): void {
    if (!this.session.canPush) return;
    try {
      this.push(`${line}\r\n`);
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      log(`${this.#name} does not read: ${error.message}`);
      this.abort(error);
    }
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}
