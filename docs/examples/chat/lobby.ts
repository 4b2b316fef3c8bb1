/**
 * Rooms, and who is in them. Knows nothing of sockets: a member is anything that can be told a line.
 *
 * @module
 */

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

/** Why something was not done, in words for the person who asked. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** Everybody who is here. */
export class Lobby {
  readonly #members = new Map<string, Member>();
  #guests = 0;

  /** Lets somebody in, under a name that is free. */
  enter(tell: (line: string) => void, room = "hall"): Member {
    let nick: string;
    do {
      nick = `guest${++this.#guests}`;
    } while (this.#members.has(nick));
    const member: Member = { nick, room, tell };
    this.#members.set(nick, member);
    this.say(member, `* ${nick} is here`);
    return member;
  }

  /** Lets somebody go. */
  leave(member: Member): void {
    if (!this.#members.delete(key(member.nick))) return;
    this.say(member, `* ${member.nick} has left`);
  }

  /** Gives a member another name. */
  rename(member: Member, nick: string): void {
    checkName(nick, "a nickname");
    const holder = this.#members.get(key(nick));
    if (holder !== undefined && holder !== member) throw new Refusal(`${nick} is taken`);
    this.#members.delete(key(member.nick));
    this.#members.set(key(nick), member);
    const before = member.nick;
    member.nick = nick;
    this.say(member, `* ${before} is now ${nick}`);
    member.tell(`* you are now ${nick}`);
  }

  /** Takes a member to another room. */
  move(member: Member, room: string): void {
    checkName(room, "a room");
    this.say(member, `* ${member.nick} went to ${room}`);
    member.room = room;
    this.say(member, `* ${member.nick} is here`);
    member.tell(`* you are in ${room}, with ${this.companyOf(member) || "nobody else"}`);
  }

  /** Shows a line to everybody else in the member's room. */
  say(member: Member, line: string): void {
    for (const other of this.#members.values()) {
      if (other !== member && other.room === member.room) other.tell(line);
    }
  }

  /** Shows a line to one other person, wherever they are. */
  whisper(member: Member, nick: string, text: string): void {
    const other = this.#members.get(key(nick));
    if (other === undefined) throw new Refusal(`there is no ${nick}`);
    other.tell(`[${member.nick} to you] ${text}`);
  }

  /** Who else is in the member's room. */
  companyOf(member: Member): string {
    return [...this.#members.values()]
      .filter((other) => other !== member && other.room === member.room)
      .map((other) => other.nick)
      .join(", ");
  }

  /** Every room, with how many people are in it. */
  rooms(): string {
    const counts = new Map<string, number>();
    for (const { room } of this.#members.values()) counts.set(room, (counts.get(room) ?? 0) + 1);
    return [...counts].map(([room, count]) => `${room} (${count})`).join(", ");
  }

  /** Shows a line to everybody. */
  announce(line: string): void {
    for (const member of this.#members.values()) member.tell(line);
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
