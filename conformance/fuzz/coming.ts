/**
 * What has come to a conversation, and whether what it tells is that.
 *
 * @module
 */

import type { Script } from "./script.ts";

/** Follows the telling through what was received. */
export class Coming {
  /** Payload of the frame under way; `undefined` where its beginning is not known any more. */
  payload: number | undefined = 0;

  readonly #against: (what: string) => void;
  readonly #limit: number;
  /** What may have ended a frame: nothing but a count has no bytes of its own. */
  readonly #delimiters: readonly Uint8Array[];
  readonly #received: number[] = [];
  /** Where in what was received the telling may stand; `undefined` when bytes have been dropped. */
  #places: ReadonlySet<number> | undefined = new Set([0]);
  #delivered = 0;
  /** What the default gathering must hold; `undefined` where that is not known. */
  #gathered: number[] | undefined = [];

  constructor(script: Script, limit: number, against: (what: string) => void) {
    this.#limit = limit;
    this.#delimiters = [...delimitersIn(script)].map((text) => new TextEncoder().encode(text));
    this.#against = against;
  }

  /** Bytes came. */
  receive(bytes: Uint8Array): void {
    this.#received.push(...bytes);
  }

  /** A piece of payload is told: it is what came, from where the telling stands. */
  tell(bytes: Uint8Array, isFrame: boolean): void {
    this.#follow(bytes);
    this.#delivered += bytes.length;
    if (!isFrame) this.payload = 0;
    else if (this.payload !== undefined && (this.payload += bytes.length) > this.#limit) {
      this.#against(`a frame of ${this.payload} bytes, above the limit of ${this.#limit}`);
      this.payload = undefined;
    }
  }

  /** Whether the default gathering has room for it: what it refuses is no law of framing. */
  gathers(bytes: Uint8Array): boolean {
    if (this.#gathered === undefined) return false;
    if (this.#gathered.length + bytes.length > this.#limit) this.#gathered = undefined;
    this.#gathered?.push(...bytes);
    return this.#gathered !== undefined;
  }

  /** A frame has ended, by a delimiter that came there, or by its count. */
  found(taken: Uint8Array): void {
    this.payload = 0;
    const expected = this.#gathered;
    this.#gathered = [];
    if (expected !== undefined && expected.join() !== taken.join()) {
      this.#against(`gathered ${taken.join()}, and told ${expected.join()}`);
    }
    if (this.#places === undefined) return;
    const next = new Set(this.#places);
    for (const place of this.#places) {
      for (const delimiter of this.#delimiters) {
        const fits = delimiter.every((byte, i) => this.#received[place + i] === byte);
        if (fits) next.add(place + delimiter.length);
      }
    }
    this.#places = next;
  }

  /** The frame under way is too long: what is skipped of it is told to nobody. */
  skip(): void {
    this.payload = 0;
    this.#places = this.#gathered = undefined;
  }

  /** What has come and was not told is dropped. */
  discard(): void {
    this.payload = this.#places = this.#gathered = undefined;
  }

  /** The end is told. */
  end(): void {
    if (this.#places?.has(this.#received.length) !== false) return;
    this.#against(`an end was told before all ${this.#received.length} bytes were`);
  }

  check(): void {
    const received = this.#received.length;
    if (this.#delivered > received) this.#against(`${this.#delivered} bytes told of ${received}`);
  }

  #follow(bytes: Uint8Array): void {
    if (this.#places === undefined) return;
    const fits = (place: number) => bytes.every((byte, i) => this.#received[place + i] === byte);
    this.#places = new Set([...this.#places].filter(fits).map((place) => place + bytes.length));
    if (this.#places.size > 0) return;
    this.#against(`payload ${bytes} that did not come there`);
    this.#places = undefined;
  }
}

/** Every delimiter in a script, whoever sets it. */
function delimitersIn({ terminator, reactions, inputs }: Script): ReadonlySet<string> {
  const commands = [
    ...reactions.flatMap((reaction) => reaction.commands),
    ...inputs.flatMap((input) => input.do === "command" ? [input.command] : []),
  ];
  const set = commands.flatMap((command) => command.do === "terminator" ? [command.to] : []);
  const all = [terminator, ...set].flatMap((one) => Array.isArray(one) ? one : [one]);
  return new Set(all.filter((one) => typeof one === "string") as string[]);
}
