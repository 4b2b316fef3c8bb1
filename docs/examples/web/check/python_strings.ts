/**
 * Strings of Python's, of those kinds that tests are written with.
 *
 * @module
 */

const COMMENT = /#.*/, SPACE = /[ \t\r\n]+|\\\n/;
const LONG = /"""((?:[^"\\]|\\[^]|"(?!""))*)"""/;
const SHORT = /"((?:[^"\\\n]|\\[^])*)"|'((?:[^'\\\n]|\\[^])*)'/;
const TOKEN = new RegExp(
  `${COMMENT.source}|(${SPACE.source})|b?(?:${LONG.source}|${SHORT.source})|([^])`,
  "gy",
);

/** All strings in a text, one character a byte; those with nothing but space between them are one. */
export function readStrings(text: string): string[] {
  const strings: string[] = [];
  let isBehindString = false;
  for (const [, space, long, double, single, other] of text.matchAll(TOKEN)) {
    const quoted = long ?? double ?? single;
    if (quoted !== undefined) {
      const joined = isBehindString ? strings.pop()! : "";
      strings.push(joined + unescape(quoted));
      isBehindString = true;
    } else if (space === undefined && other !== undefined) {
      isBehindString = false;
    }
  }
  return strings;
}

const LETTERS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\n": "" };

function unescape(quoted: string): string {
  return quoted.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{1,3})|([^]))/g,
    (whole, hex, unicode, octal, letter) => {
      if (hex ?? unicode) return String.fromCharCode(parseInt(hex ?? unicode, 16));
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
      if (/["'\\]/.test(letter)) return letter;
      return LETTERS[letter] ?? whole;
    },
  );
}
