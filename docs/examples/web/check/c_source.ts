/**
 * As much of C as it takes to read tests that are written down as tables: strings, names, braces.
 *
 * @module
 */

/** A piece of the source. */
export interface Token {
  readonly kind: "string" | "name" | "mark";
  /** Of a string what it stands for, one character a byte. */
  readonly text: string;
  /** The last name that `#define` has given before it. */
  readonly label: string;
}

/** What stands in braces or for itself: strings side by side are one, other things are their names. */
export type Value = string | readonly Value[] | Fields;

/** What has names for its parts. */
export interface Fields {
  readonly label: string;
  readonly parts: Readonly<Record<string, Value>>;
}

const TOKEN =
  /\/\/.*|\/\*[^]*?\*\/|^[ \t]*#[ \t]*(?:define[ \t]+(\w+))?(?:\\\n|.)*|"((?:[^"\\\n]|\\[^])*)"|([\w.]+)|(\S)/gm;

/** Comments and the preprocessor's lines are nothing. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let label = "";
  for (const [, defined, quoted, name, mark] of source.matchAll(TOKEN)) {
    label = defined ?? label;
    if (quoted !== undefined) tokens.push({ kind: "string", text: unescape(quoted), label });
    else if (name !== undefined) tokens.push({ kind: "name", text: name, label });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark, label });
  }
  return tokens;
}

const LETTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Octal escapes have at most three digits, hexadecimal ones as many as there are. */
function unescape(quoted: string): string {
  const bytes = Array.from(new TextEncoder().encode(quoted), (byte) => String.fromCharCode(byte));
  return bytes.join("").replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]+)|\r?\n|([^]))/g,
    (_, octal, hex, letter) => {
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8) & 255);
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16) & 255);
      return letter === undefined ? "" : LETTERS[letter] ?? letter;
    },
  );
}

/** Reads the value that begins at a token, and answers where it ends. */
export function readValue(tokens: readonly Token[], at: number): [value: Value, end: number] {
  const token = tokens[at];
  if (token === undefined) throw new Error("the source ends too early");
  if (token.text === "{" && token.kind === "mark") return readBraces(tokens, at);
  let text = "", end = at;
  for (; end < tokens.length && !isMark(tokens[end], ",", "}", ")", ";"); end++) {
    text += tokens[end]!.text;
  }
  return [text, end];
}

function readBraces(tokens: readonly Token[], at: number): [value: Value, end: number] {
  const values: Value[] = [], parts: Record<string, Value> = {};
  let next = at + 1;
  while (!isMark(tokens[next], "}")) {
    const { kind, text } = tokens[next]!;
    const isNamed = kind === "name" && text.startsWith(".") && isMark(tokens[next + 1], "=");
    const [value, end] = readValue(tokens, isNamed ? next + 2 : next);
    if (isNamed) parts[text.slice(1)] = value;
    else values.push(value);
    next = isMark(tokens[end], ",") ? end + 1 : end;
    if (next >= tokens.length) throw new Error("a brace is not closed");
  }
  const isStruct = Object.keys(parts).length > 0;
  return [isStruct ? { label: tokens[at]!.label, parts } : values, next + 1];
}

function isMark(token: Token | undefined, ...marks: readonly string[]): boolean {
  return token?.kind === "mark" && marks.includes(token.text);
}

/** Where some tokens stand in a row, after them; throws when they do not. */
export function findAfter(tokens: readonly Token[], row: readonly string[]): number {
  const at = tokens.findIndex((_, i) => row.every((text, j) => tokens[i + j]?.text === text));
  if (at < 0) throw new Error(`there is no ${row.join(" ")}`);
  return at + row.length;
}
