/**
 * What is wrong with a request, as a status.
 *
 * @module
 */

/** Why a request cannot be answered as it should be: a status to answer with, before closing. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;

  /** The message is sent to the client. */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
