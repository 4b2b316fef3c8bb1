/**
 * The certificates of a run: made when it begins, of no worth to anybody when it has ended.
 *
 * @module
 */

/** A certificate and its private key, as text in PEM. */
export interface Credentials {
  /** The certificate. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
}

/** Who can be who in a case. All but the last two are signed by {@linkcode Certificates.ca}. */
export interface Certificates {
  /** The authority that a case trusts, as text in PEM. */
  readonly ca: string;
  /** A server that is who it says: `localhost`, and 127.0.0.1. */
  readonly good: Credentials;
  /** The same, a year too late. */
  readonly expired: Credentials;
  /** A server of another name: `elsewhere.test`. */
  readonly wrongName: Credentials;
  /** A client, whose subject's common name is `"client"`. */
  readonly client: Credentials;
  /** A server of the right names, of an authority that nobody knows. */
  readonly unknownCa: Credentials;
  /** A client of that authority, named `"stranger"`. */
  readonly stranger: Credentials;
}

/** How a case names one of them. */
export type CertificateName = Exclude<keyof Certificates, "ca">;
