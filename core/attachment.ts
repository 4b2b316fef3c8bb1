/**
 * What a conversation asks of the driver that it is attached to.
 *
 * @module
 */

import type { StartTlsOptions, TlsInfo } from "./tls.ts";

/** What stands behind a conversation that has been attached to a socket. */
export interface Attachment {
  /** Who is at the other end, for messages. */
  readonly peer: string;
  /** The address at this end, where the runtime tells. */
  readonly local: string | undefined;
  /** Whether the peer can be made to see a reset. */
  readonly canReset: boolean;
  /** Which side of a handshake we are, unless we are told: who connected is the client. */
  readonly role?: "client" | "server";
  /** Whether the connection can be given to another conversation. */
  readonly canDetach?: boolean;
  /** What was agreed on, once TLS is spoken. */
  readonly tls?: TlsInfo | undefined;
  /** Checks what a handshake shall be made with; throws what `startTls()` is to reject with. */
  checkTls?(role: "client" | "server", options: StartTlsOptions): void;
  /** Something may have changed: look at the polls soon, but not from inside this call. */
  wake(): void;
  /** Shows an error that nobody handled. */
  report(error: unknown): void;
  /**
   * Calls `act` after so many milliseconds, and answers how to call that off. Without it nothing
   * that waits for the peer has a timeout of its own.
   */
  after?(milliseconds: number, act: () => void): () => void;
}
