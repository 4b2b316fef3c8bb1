/**
 * Looks at a certificate and its key before Deno does, which ends the whole process over a client's
 * pair that it cannot use.
 *
 * @module
 */

import { ChatError } from "../core/errors.ts";

/**
 * Checks that Deno will take them.
 *
 * @throws {ChatError} kind `"tls"`.
 */
export function checkKeys(cert: string, key: string): void {
  const what = wrongWith(cert, key);
  if (what === undefined) return;
  throw new ChatError("tls", `the certificate is of no use: ${what.message}`, {
    cause: what,
  });
}

function wrongWith(cert: string, key: string): Error | undefined {
  const { createPrivateKey, X509Certificate } = process.getBuiltinModule("node:crypto");
  try {
    const secret = createPrivateKey(key);
    if (!isSpoken(secret)) return new Error("Deno does not speak the key's algorithm, or its size");
    if (new X509Certificate(cert).checkPrivateKey(secret)) return undefined;
    return new Error("cert and key do not belong together");
  } catch (error) {
    return error as Error;
  }
}

/** What `rustls`, which Deno is built on, signs with. */
function isSpoken({ asymmetricKeyType, asymmetricKeyDetails = {} }: PrivateKey): boolean {
  const { modulusLength = 0, namedCurve = "" } = asymmetricKeyDetails;
  switch (asymmetricKeyType) {
    case "rsa":
      return modulusLength >= 2048 && modulusLength <= 8192;
    case "ec":
      return CURVES.includes(namedCurve);
    default:
      return asymmetricKeyType === "ed25519";
  }
}

const CURVES: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

interface PrivateKey {
  readonly asymmetricKeyType?: string;
  readonly asymmetricKeyDetails?: {
    readonly modulusLength?: number;
    readonly namedCurve?: string;
  };
}

/** The part of Node's modules that is needed, and that Deno has without an import. */
declare const process: {
  getBuiltinModule(name: "node:crypto"): {
    createPrivateKey(key: string): PrivateKey;
    X509Certificate: new (cert: string) => { checkPrivateKey(key: PrivateKey): boolean };
  };
};
