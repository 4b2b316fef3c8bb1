/**
 * Rooms, who is in them, and what was said there. Knows nothing of sockets: a member is anything that
 * can be told a line, and other servers are a hub.
 *
 * @module
 */

import { ALONE, type Hub, type News, type Roster } from "./hub.ts";

/** Somebody in the lobby. */
export interface Member {
  /** The nickname; unique, whatever its case. */
  nick: string;
  /** The room. */
  room: string;
  /** Shows a line. */
  tell(line: string): void;
}

/** What a nickname or a room may look like: it is typed, and shown in other people's terminals. */
const NAME = /^[\p{L}\p{N}_-]{1,20}$/u;

/** Lines that are kept of a room, and rooms of which any are kept. */
const LINES = 10, ROOMS = 1000;

/** Why something was not done, in words for the person who asked. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** Everybody who is here, and what is known of those on other servers. */
export class Lobby {
  readonly #hub: Hub;
  readonly #members = new Map<string, Member>();
  readonly #elsewhere = new Map<string, Roster>();
  readonly #said = new Map<string, readonly string[]>();
  #guests = 0;

  /** Opens it, with `hub` to the others. */
  constructor(hub: Hub = ALONE) {
    this.#hub = hub;
    hub.start({
      onnews: (news, past) => this.#hear(news, past),
      onroster: (server, roster) => void this.#elsewhere.set(server, roster),
      ongone: (server) => this.#lose(server),
      onreach: (within) => this.#reach(within),
    });
  }

  /** Lets somebody in, under a name that is free. */
  enter(tell: (line: string) => void, room = "hall"): Member {
    const guest = this.#hub.name === "" ? "guest" : `guest-${this.#hub.name}`;
    let nick: string;
    do {
      nick = `${guest}${++this.#guests}`;
    } while (this.#holderOf(nick) !== undefined);
    const member: Member = { nick, room, tell };
    this.#members.set(key(nick), member);
    this.#note(member, `* ${nick} is here`);
    this.#present();
    return member;
  }

  /** Lets somebody go. */
  leave(member: Member): void {
    if (!this.#members.delete(key(member.nick))) return;
    this.#note(member, `* ${member.nick} has left`);
    this.#present();
  }

  /** Gives a member another name. */
  rename(member: Member, nick: string): void {
    checkName(nick, "a nickname");
    const holder = this.#holderOf(nick);
    if (holder !== undefined && holder !== member) throw new Refusal(`${nick} is taken`);
    this.#members.delete(key(member.nick));
    this.#members.set(key(nick), member);
    const before = member.nick;
    member.nick = nick;
    this.#note(member, `* ${before} is now ${nick}`);
    this.#present();
    member.tell(`* you are now ${nick}`);
  }

  /** Takes a member to another room. */
  move(member: Member, room: string): void {
    checkName(room, "a room");
    this.#note(member, `* ${member.nick} went to ${room}`);
    member.room = room;
    this.#note(member, `* ${member.nick} is here`);
    this.#present();
    this.recall(member);
    member.tell(`* you are in ${room}, with ${this.companyOf(member) || "nobody else"}`);
  }

  /** Shows what a member says to everybody else in the room. */
  say(member: Member, text: string): void {
    const line = `${member.nick}: ${text}`;
    this.#keep(member.room, line);
    this.#show(member.room, line, member);
    this.#hub.tell({ room: member.room, line, said: true });
  }

  /** Shows a member what was said in the room before. */
  recall(member: Member): void {
    const said = this.#said.get(member.room);
    if (said === undefined) return;
    member.tell("* what was said before:");
    for (const line of said) member.tell(line);
  }

  /** Shows a line to one other person, wherever they are. */
  whisper(member: Member, nick: string, text: string): void {
    const line = `[${member.nick} to you] ${text}`;
    const holder = this.#holderOf(nick);
    if (holder === undefined) throw new Refusal(`there is no ${nick}`);
    if (holder === "elsewhere") this.#hub.tell({ to: nick, line });
    else holder.tell(line);
  }

  /** Who else is in the member's room. */
  companyOf(member: Member): string {
    return this.#everybody()
      .filter(([nick, room]) => nick !== member.nick && room === member.room)
      .map(([nick]) => nick)
      .join(", ");
  }

  /** Every room, with how many people are in it. */
  rooms(): string {
    const counts = new Map<string, number>();
    for (const [, room] of this.#everybody()) counts.set(room, (counts.get(room) ?? 0) + 1);
    return [...counts].map(([room, count]) => `${room} (${count})`).join(", ");
  }

  /** Shows a line to everybody on this server. */
  announce(line: string): void {
    for (const member of this.#members.values()) member.tell(line);
  }

  // --- the other servers -------------------------------------------------------------------------

  #hear(news: News, past: boolean): void {
    if ("to" in news) return this.#members.get(key(news.to))?.tell(news.line);
    if (news.said) this.#keep(news.room, news.line);
    // What was said before we came up is for who comes from now on.
    if (!past) this.#show(news.room, news.line);
  }

  #lose(server: string): void {
    const roster = this.#elsewhere.get(server) ?? [];
    this.#elsewhere.delete(server);
    for (const [nick, room] of roster) this.#show(room, `* ${nick} has left`);
  }

  #reach(within: boolean): void {
    this.#elsewhere.clear();
    this.announce(
      within
        ? "* the other servers are within reach"
        : "* the other servers are out of reach: only who is on this one hears you now",
    );
  }

  #present(): void {
    this.#hub.present([...this.#members.values()].map(({ nick, room }) => [nick, room] as const));
  }

  // --- inside ------------------------------------------------------------------------------------

  /** Tells everybody else in the member's room about the member. */
  #note(member: Member, line: string): void {
    this.#show(member.room, line, member);
    this.#hub.tell({ room: member.room, line, said: false });
  }

  #show(room: string, line: string, except?: Member): void {
    for (const member of this.#members.values()) {
      if (member !== except && member.room === room) member.tell(line);
    }
  }

  #keep(room: string, line: string): void {
    const said = [...this.#said.get(room) ?? [], line].slice(-LINES);
    // Set anew, so that the room where nobody has talked for longest comes first, and goes first.
    this.#said.delete(room);
    this.#said.set(room, said);
    if (this.#said.size > ROOMS) this.#said.delete(this.#said.keys().next().value!);
  }

  #holderOf(nick: string): Member | "elsewhere" | undefined {
    const isThere = [...this.#elsewhere.values()].flat().some(([other]) =>
      key(other) === key(nick)
    );
    return this.#members.get(key(nick)) ?? (isThere ? "elsewhere" : undefined);
  }

  #everybody(): Roster {
    const here = [...this.#members.values()].map(({ nick, room }) => [nick, room] as const);
    return [...here, ...[...this.#elsewhere.values()].flat()];
  }
}

function key(nick: string): string {
  return nick.toLowerCase();
}

function checkName(name: string, what: string): void {
  if (!NAME.test(name)) {
    throw new Refusal(`${what} has 1 to 20 letters, digits, "_" or "-"`);
  }
}
