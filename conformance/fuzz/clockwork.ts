/**
 * What the three timeouts must come to, without any of the engine's code: a number each.
 *
 * @module
 */

import type { Happening, Timing } from "./timing.ts";

/** A conversation, as far as its timeouts see it. */
export class Clockwork {
  /** What must have been told, in order: timeouts, errors, the end, the close. */
  readonly told: string[] = [];
  sentEnd = false;
  isOver = false;
  /** When a byte last came or went. */
  activeAt = 0;

  readonly #idle: number;
  readonly #frame: number;
  readonly #close: number;
  readonly #longest: number;
  readonly #raw: boolean;
  readonly #patient: boolean;
  readonly #closesAtEnd: boolean;

  #now = 0;
  /** Since when nothing has moved, or was asked about. */
  #idleSince = 0;
  /** What has come of the frame under way. */
  #partial = "";
  #skipping = false;
  /** How long the frame under way has been waited for, and since when it is. */
  #waited: number | undefined;
  #waitsSince = 0;
  /** Since when the close makes no progress; it rules alone. */
  #closingSince: number | undefined;

  #paused = false;
  #holds = 0;
  #room = Infinity;
  #queued = 0;
  #wire = "";
  #finDue = false;
  #peerEnded = false;
  #ending = false;
  /** Nothing that comes is told any more. */
  #deaf = false;
  #timedOut = false;
  /** What is told when the hook is done. */
  #late: string[] = [];

  constructor(timing: Timing) {
    const { limits, raw, patient, closing } = timing;
    this.#idle = limits.idleTimeout ?? Infinity;
    this.#frame = limits.frameTimeout ?? Infinity;
    this.#close = limits.closeTimeout;
    this.#longest = limits.maxFrameLength ?? Infinity;
    this.#raw = raw;
    this.#patient = patient;
    this.#closesAtEnd = closing;
  }

  get canPush(): boolean {
    return !this.isOver && !this.#ending;
  }

  get reads(): boolean {
    return !this.isOver && !this.#peerEnded && (this.#deaf || this.#listens);
  }

  get #listens(): boolean {
    return !this.#paused && this.#holds === 0;
  }

  /** A timeout may pass, now or later. */
  get isTimed(): boolean {
    if (this.isOver) return false;
    if (this.#closingSince !== undefined) return this.#close < Infinity;
    return Math.min(this.#idle, this.#frame) < Infinity;
  }

  /** When the next timeout passes. */
  get deadline(): number {
    if (this.isOver) return Infinity;
    if (this.#closingSince !== undefined) return this.#closingSince + this.#close;
    return Math.min(this.#idleSince + this.#idle, this.#frameDeadline);
  }

  get #frameDeadline(): number {
    if (this.#waited === undefined || this.#peerEnded || !this.#listens) return Infinity;
    return this.#waitsSince + this.#frame - this.#waited;
  }

  /** It is `now`; no deadline lies between. */
  passTo(now: number): void {
    this.#now = now;
    if (now < this.deadline || this.isOver) return;
    if (this.#closingSince !== undefined) {
      this.#tell("error timeout");
      this.#timedOut = true;
      this.#end();
    } else if (now >= this.#frameDeadline) {
      this.#tell("error timeout");
      this.#timedOut = this.#deaf = this.#ending = true;
      this.#closingSince = now;
    } else this.#idled();
    this.#move();
  }

  #idled(): void {
    const asks = this.#holds === 0;
    if (asks) this.#tell("timeout");
    if (asks && this.#patient) this.#idleSince = this.#now;
    else {
      this.#timedOut = true;
      this.#end();
    }
  }

  happen(happening: Happening): void {
    const listened = this.#listens;
    switch (happening.do) {
      case "receive":
        this.#wire += happening.text;
        break;
      case "fin":
        this.#finDue = true;
        break;
      case "room":
        this.#room = happening.bytes;
        break;
      case "push":
        if (this.canPush) this.#queued += happening.bytes;
        break;
      case "pause":
        this.#paused = true;
        break;
      case "resume":
        this.#paused = false;
        break;
      case "hold":
        this.#holds++;
        break;
      case "release":
        if (this.#holds > 0 && --this.#holds === 0) this.told.push(...this.#late.splice(0));
        break;
      case "end":
        this.#ending = true;
        break;
      case "closeWhenDone":
        this.#closes();
    }
    this.#listened(listened);
    this.#move();
  }

  /** A frame's time runs while it is listened to, and stands still otherwise. */
  #listened(before: boolean): void {
    if (before && !this.#listens && this.#waited !== undefined) {
      this.#waited += this.#now - this.#waitsSince;
    }
    if (!before && this.#listens) this.#waitsSince = this.#now;
  }

  #closes(): void {
    if (this.isOver || this.#closingSince !== undefined) return;
    this.#ending = true;
    this.#closingSince = this.#now;
    if (this.sentEnd) this.#deaf = true;
  }

  /** Whatever can move moves: bytes out, the FIN, bytes in, the peer's FIN. */
  #move(): void {
    for (let moved = true; moved && !this.isOver;) moved = this.#send() || this.#read();
  }

  #send(): boolean {
    const size = Math.min(this.#queued, this.#room);
    if (size > 0) {
      this.#queued -= size;
      this.#room -= size;
      this.#progress();
      this.#moved();
      return true;
    }
    if (!this.#ending || this.sentEnd || this.#queued > 0) return false;
    this.sentEnd = true;
    this.#progress();
    if (this.#closingSince !== undefined) this.#deaf = true;
    if (this.#peerEnded) this.#end();
    return true;
  }

  #read(): boolean {
    if (!this.reads) return false;
    if (this.#wire !== "") {
      this.#moved();
      if (!this.#deaf) this.#frames(this.#wire);
      this.#wire = "";
      return true;
    }
    if (!this.#finDue) return false;
    this.#finDue = false;
    this.#peerEnded = true;
    this.#progress();
    if (!this.#deaf) {
      // No delimiter will follow: what might have begun one is payload.
      if (this.#partial.length > this.#longest && !this.#skipping) this.#tell("error limit");
      this.#tell("end");
      if (this.#closesAtEnd) this.#closes();
    }
    if (this.sentEnd) this.#end();
    return true;
  }

  #frames(text: string): void {
    if (this.#raw) return;
    let isNew = this.#partial === "";
    for (const letter of text) {
      this.#partial += letter;
      const [payload = "", rest] = this.#partial.split(/\r\n|\r$/);
      if (payload.length > this.#longest && !this.#skipping) {
        this.#skipping = true;
        this.#tell("error limit");
      }
      if (rest === undefined || !this.#partial.endsWith("\n")) continue;
      this.#partial = "";
      this.#skipping = false;
      isNew = true;
    }
    if (this.#partial === "") this.#waited = undefined;
    else if (isNew) {
      this.#waited = 0;
      this.#waitsSince = this.#now;
    }
  }

  #moved(): void {
    this.activeAt = this.#idleSince = this.#now;
  }

  #progress(): void {
    if (this.#closingSince !== undefined) this.#closingSince = this.#now;
  }

  #end(): void {
    this.isOver = true;
    this.#tell(this.#timedOut ? "close timeout" : "close");
  }

  #tell(what: string): void {
    (this.#holds > 0 ? this.#late : this.told).push(what);
  }
}
