/**
 * What joins a pair of conversations: two wires, and what each side makes of them.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";
import type { StartTlsOptions, TlsInfo, TlsUpgrade } from "../core/tls.ts";
import type { Transport, TransportEvents } from "../core/transport.ts";
import { soon } from "./clock.ts";
import { unsupported } from "./unsupported_error.ts";

/** One direction: bytes, then a FIN or a reset. */
export class Wire {
  readonly #capacity: number;
  readonly #segment: number;
  #bytes: Uint8Array[] = [];
  #size = 0;
  #end: "none" | "fin" | "reset" = "none";
  #told = false;
  #reading = false;
  #scheduled = false;
  #short = false;
  #abandoned = false;
  reader: TransportEvents | undefined;
  writer: TransportEvents | undefined;
  /** Called for bytes that come where none may. */
  onintrusion: (() => void) | undefined;

  constructor(capacity: number, segment: number) {
    this.#capacity = capacity;
    this.#segment = segment;
  }

  get isOpen(): boolean {
    return this.#end === "none";
  }

  /** Whether bytes are under way. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  write(bytes: Uint8Array): number {
    if (this.#end !== "none") return 0;
    if (this.#abandoned) {
      this.#refuse();
      return bytes.length;
    }
    this.onintrusion?.();
    const size = Math.min(bytes.length, this.#capacity - this.#size);
    this.#short = size < bytes.length;
    if (size > 0) this.#bytes.push(bytes.slice(0, size));
    this.#size += size;
    this.#schedule();
    return size;
  }

  end(how: "fin" | "reset"): void {
    if (this.#end === "reset") return;
    this.#end = how;
    if (how === "reset") {
      this.#bytes = [];
      this.#size = 0;
    }
    this.#schedule();
  }

  /** Nobody reads any more: what is under way, or comes, is answered with a reset. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#size > 0) this.#refuse();
  }

  #refuse(): void {
    this.#bytes = [];
    this.#size = 0;
    soon(() => this.writer?.failed(new ChatError("reset", "the other side has closed")));
  }

  read(reading: boolean): void {
    this.#reading = reading;
    if (reading) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    soon(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const { reader } = this;
    if (reader === undefined) return;
    if (this.#end === "reset") {
      if (this.#told) return;
      this.#told = true;
      reader.failed(new ChatError("reset", "the other side of the memory pair reset"));
      return;
    }
    if (!this.#reading) return;
    const chunk = this.#bytes[0];
    if (chunk === undefined) {
      if (this.#end !== "fin" || this.#told) return;
      this.#told = true;
      reader.ended();
      return;
    }
    const part = chunk.subarray(0, this.#segment);
    if (part.length === chunk.length) this.#bytes.shift();
    else this.#bytes[0] = chunk.subarray(part.length);
    this.#size -= part.length;
    this.#schedule();
    if (this.#short) {
      this.#short = false;
      soon(() => this.writer?.writable());
    }
    this.#reading = reader.data(part);
  }
}

/** Where two sides meet that start TLS. */
export class Handshake {
  #role: string | undefined;
  #settle: (role: string) => void = () => {};

  /** One side has come; resolves when the other has. */
  meet({ role }: TlsUpgrade, input: Wire): Promise<TlsInfo> {
    if (!input.isEmpty) return Promise.reject(notTls("plaintext came"));
    if (this.#role !== undefined) {
      this.#settle(role);
      return this.#role === role
        ? Promise.reject(notTls(`another ${role} came`))
        : Promise.resolve(MEMORY_TLS);
    }
    this.#role = role;
    return new Promise((resolve, reject) => {
      input.onintrusion = () => reject(notTls("plaintext came"));
      this.#settle = (other) => {
        input.onintrusion = undefined;
        if (other === role) reject(notTls(`another ${role} came`));
        else resolve(MEMORY_TLS);
      };
    });
  }
}

function notTls(what: string): ChatError {
  return new ChatError("tls", `${what} where the other side's handshake was due`);
}

const MEMORY_TLS: TlsInfo = { alpn: undefined, version: undefined };

/** The two wires of one side, and what the sides are called. */
export interface Ends {
  readonly input: Wire;
  readonly output: Wire;
  readonly peer: string;
  readonly local: string;
}

export function transportOf(
  { input, output, peer, local }: Ends,
  events: TransportEvents,
  handshake: Handshake | undefined,
): Transport {
  input.reader = events;
  output.writer = events;
  let closed = false;
  let tls: TlsInfo | undefined;
  const upgrading = handshake === undefined ? {} : {
    checkTls(_role: "client" | "server", { buffered }: StartTlsOptions) {
      if (buffered !== "hand-over") return;
      throw unsupported("a handshake whose beginning has been read", "tlsHandOver");
    },
    async startTls(upgrade: TlsUpgrade) {
      return tls = await handshake.meet(upgrade, input);
    },
  };
  return {
    peer,
    local,
    canReset: true,
    get tls() {
      return tls;
    },
    resume: () => input.read(true),
    pause: () => input.read(false),
    write: (bytes) => output.write(bytes),
    end: () => output.end("fin"),
    close(reset) {
      if (closed) return;
      closed = true;
      input.reader = output.writer = undefined;
      if (reset) output.end("reset");
      else if (output.isOpen) output.end("fin");
      // Whoever goes on writing to a closed socket is answered with a reset.
      input.abandon();
      soon(() => events.closed());
    },
    ...upgrading,
  };
}
