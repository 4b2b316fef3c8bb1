/**
 * Requests that others have tested their programs with, and what these make of them.
 *
 * @module
 */

/** What a request says; what is not there is not compared. */
export interface Expected {
  readonly method: string;
  /** As it is sent: a path, or a whole URL. */
  readonly target?: string | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** One character a byte. */
  readonly body?: string | undefined;
  /** Whether another request may follow. */
  readonly keepAlive?: boolean | undefined;
}

/** What one connection carries. */
export interface Sample {
  /** Such as `invalid/001`. */
  readonly name: string;
  readonly input: Uint8Array;
  /** The requests in it, or `undefined` for what is to be refused. */
  readonly expected: readonly Expected[] | undefined;
}

/** What is understood otherwise here, on purpose. */
export interface Difference {
  readonly why: string;
  /** The status that it is refused with, or that it is answered: though refused elsewhere, or otherwise. */
  readonly verdict: number | "answered";
  /** The samples' names. */
  readonly names: readonly string[];
}

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly keepAlive: boolean;
  readonly body: string;
}

/** One character a byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Hardly any has a Host, which HTTP/1.1 has to have: that is not what they test. */
export function withHost(text: string): string {
  return text.replace(
    /^([^\r\n]* HTTP\/1\.1\r\n)((?:[^\r\n]+\r\n)*)/gm,
    (whole, line, fields) =>
      /^host\s*:/im.test(fields) ? whole : `${line}Host: corpus\r\n${fields}`,
  );
}

/** The answers of a connection, each with a length; throws for anything else. */
export function parseAnswers(output: string): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf("\r\n\r\n", at) + 4;
    const head = output.slice(at, end);
    const status = /^HTTP\/1\.1 (\d\d\d) /.exec(head)?.[1];
    const length = /\ncontent-length: (\d+)\r/.exec(head)?.[1];
    at = end + Number(length);
    if (end < 4 || status === undefined || length === undefined || at > output.length) {
      throw new Error(`no answer: ${output}`);
    }
    const keepAlive = head.includes("\nconnection: keep-alive\r");
    answers.push({ status: Number(status), keepAlive, body: output.slice(end, at) });
  }
  return answers;
}

/** Whether it was understood as it should be: every request as expected, or refused once, at last. */
export function isAsExpected({ expected }: Sample, answers: readonly Answer[]): boolean {
  if (expected === undefined) return verdictOf(answers) !== "answered";
  return answers.length === expected.length &&
    expected.every((request, i) => isSame(request, answers[i]!));
}

/** The status of the refusal that ends it; throws when more is refused than the last. */
export function verdictOf(answers: readonly Answer[]): number | "answered" {
  const refused = answers.filter(({ status }) => status >= 400), last = answers.at(-1);
  if (refused.length === 0) return "answered";
  if (refused[0] !== last || last!.keepAlive) {
    throw new Error(`refused, and not at last: ${JSON.stringify(answers)}`);
  }
  return last!.status;
}

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function isSame(expected: Expected, { status, keepAlive, body }: Answer): boolean {
  if (status !== 200 || (expected.keepAlive ?? keepAlive) !== keepAlive) return false;
  const asked = JSON.parse(body) as Asked;
  const { method, target, headers } = expected;
  if (method !== asked.method) return false;
  if (target !== undefined && normalized(target) !== asked.target) return false;
  // A `Request` has no body where its method means none.
  const hasBody = method !== "GET" && method !== "HEAD";
  if (expected.body !== undefined && asked.body !== (hasBody ? expected.body : "")) return false;
  return headers === undefined || areSame(headers, asked.headers);
}

/** As a URL has it: quotes are escaped there, and the path of a host, or of all of it, is `/`. */
function normalized(target: string): string {
  if (target === "*") return "/";
  const { pathname, search } = new URL(target.startsWith("/") ? `http://h${target}` : target);
  return pathname + search;
}

/** The host may be ours, or that of the target. */
function areSame(
  expected: readonly (readonly [string, string])[],
  asked: Readonly<Record<string, string>>,
): boolean {
  const headers = new Headers();
  for (const [name, value] of expected) headers.append(name, value);
  const { host, ...others } = asked;
  const { host: wanted = host, ...rest } = Object.fromEntries(headers);
  return wanted === host && JSON.stringify(sorted(others)) === JSON.stringify(sorted(rest));
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1);
}
