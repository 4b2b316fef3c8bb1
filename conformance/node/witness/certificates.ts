/**
 * Makes the certificates of a run. ECDSA on P-256: a handshake costs little then.
 *
 * @module
 */

import type { GeneralName } from "pkijs";
import type { Certificates, Credentials } from "../../certificates.ts";

const DAY = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** Bits of `keyUsage` (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80, KEY_CERT_SIGN = 0x04;
/** What a certificate is for (RFC 5280 §4.2.1.12). */
const SERVER = "1.3.6.1.5.5.7.3.1", CLIENT = "1.3.6.1.5.5.7.3.2";

/** What is said in a certificate. */
interface Subject {
  readonly name: string;
  /** Days from now at which it begins and ends to hold. */
  readonly days?: readonly [number, number];
  readonly usage?: string;
  readonly dns?: readonly string[];
  readonly addresses?: readonly (readonly number[])[];
}

/** As much of WebCrypto's as every runtime's types agree on. */
interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** Whoever signs certificates. */
interface Authority {
  readonly name: string;
  readonly keys: KeyPair;
}

const LOCALHOST: Subject = {
  name: "localhost",
  usage: SERVER,
  dns: ["localhost"],
  addresses: [[127, 0, 0, 1]],
};

/**
 * Makes an authority, what it has signed, and what another one has: new in each call, and good for
 * 30 days, so that no private key is ever kept.
 *
 * @throws {Error} when the packages that it takes, `pkijs` and `asn1js`, are not installed.
 *
 * @example
 * ```ts
 * import { connect, serve } from "asynchat/adapters/node";
 * import { makeCertificates } from "asynchat/conformance/node";
 *
 * const { ca, good } = await makeCertificates();
 * const where = { hostname: "127.0.0.1" };
 * await using server = await serve({ ...where, port: 0, tls: good }, (chat) => chat.write("hi\n"));
 * await using chat = await connect({ ...where, port: server.port, tls: { ca } });
 * if (await chat.readLine() !== "hi") throw new Error("unreachable");
 * ```
 */
export async function makeCertificates(): Promise<Certificates> {
  const [known, unknown] = await Promise.all([authority("known"), authority("unknown")]);
  const of = (issuer: Authority, subject: Subject) => leaf(issuer, subject);
  const [ca, good, expired, wrongName, client, unknownCa, stranger] = await Promise.all([
    certificate(known, known.keys, { name: known.name }),
    of(known, LOCALHOST),
    of(known, { ...LOCALHOST, days: [-730, -365] }),
    of(known, { name: "elsewhere.test", usage: SERVER, dns: ["elsewhere.test"] }),
    of(known, { name: "client", usage: CLIENT }),
    of(unknown, LOCALHOST),
    of(unknown, { name: "stranger", usage: CLIENT }),
  ]);
  return { ca, good, expired, wrongName, client, unknownCa, stranger };
}

async function authority(name: string): Promise<Authority> {
  return { name: `${name} authority`, keys: await makeKeys() };
}

async function leaf(issuer: Authority, subject: Subject): Promise<Credentials> {
  const keys = await makeKeys();
  const [cert, key] = await Promise.all([
    certificate(issuer, keys, subject),
    crypto.subtle.exportKey("pkcs8", keys.privateKey),
  ]);
  return { cert, key: pem("PRIVATE KEY", key) };
}

function makeKeys(): Promise<KeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<
    KeyPair
  >;
}

async function certificate(
  issuer: Authority,
  keys: KeyPair,
  { name, days: [from, to] = [-1, 30], usage, dns = [], addresses = [] }: Subject,
): Promise<string> {
  const [pkijs, asn1js] = await packages();
  const called = (text: string) =>
    new pkijs.RelativeDistinguishedNames({
      typesAndValues: [
        new pkijs.AttributeTypeAndValue({
          type: "2.5.4.3",
          value: new asn1js.Utf8String({ value: text }),
        }),
      ],
    });
  const at = (day: number) => new pkijs.Time({ value: new Date(Date.now() + day * DAY) });
  const extension = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }) =>
    new pkijs.Extension({ extnID, critical, extnValue: value.toBER() });
  const bits = (byte: number) =>
    new asn1js.BitString({
      valueHex: new Uint8Array([byte]).buffer,
      unusedBits: Math.log2(byte & -byte),
    });

  const isAuthority = issuer.keys === keys;
  const made = new pkijs.Certificate({
    version: 2,
    serialNumber: new asn1js.Integer({
      valueHex: crypto.getRandomValues(new Uint8Array(8)).fill(1, 0, 1).buffer,
    }),
    issuer: called(issuer.name),
    subject: called(name),
    notBefore: at(from),
    notAfter: at(to),
    extensions: [
      extension(
        pkijs.id_BasicConstraints,
        true,
        new pkijs.BasicConstraints({ cA: isAuthority }).toSchema(),
      ),
      extension(
        pkijs.id_KeyUsage,
        true,
        bits(isAuthority ? KEY_CERT_SIGN : DIGITAL_SIGNATURE),
      ),
    ],
  });
  if (usage !== undefined) {
    const use = new pkijs.ExtKeyUsage({ keyPurposes: [usage] });
    made.extensions!.push(extension(pkijs.id_ExtKeyUsage, false, use.toSchema()));
  }
  const names: GeneralName[] = [
    ...dns.map((value) => new pkijs.GeneralName({ type: 2, value })),
    ...addresses.map((address) =>
      new pkijs.GeneralName({
        type: 7,
        value: new asn1js.OctetString({ valueHex: new Uint8Array(address).buffer }),
      })
    ),
  ];
  if (names.length > 0) {
    const all = new pkijs.GeneralNames({ names });
    made.extensions!.push(extension(pkijs.id_SubjectAltName, false, all.toSchema()));
  }
  await made.subjectPublicKeyInfo.importKey(keys.publicKey);
  await made.sign(issuer.keys.privateKey, "SHA-256");
  return pem("CERTIFICATE", made.toSchema(true).toBER());
}

function pem(label: string, der: ArrayBuffer): string {
  const text = Buffer.from(der).toString("base64").match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
}

/** Only TLS cases need them, so whoever runs no such case does not. */
async function packages() {
  try {
    return await Promise.all([import("pkijs"), import("asn1js")]);
  } catch (cause) {
    throw new Error("cases with TLS need certificates: npm install --save-dev pkijs asn1js", {
      cause,
    });
  }
}
