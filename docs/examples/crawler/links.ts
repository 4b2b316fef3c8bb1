/**
 * The links of a page: tags are looked for, nothing is built, and no page takes more than linear
 * time.
 *
 * @module
 */

const ATTRIBUTE = /[\s"'](href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const LINKING: Readonly<Record<string, string>> = {
  a: "href",
  area: "href",
  base: "href",
  frame: "src",
  iframe: "src",
};
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  quot: '"',
  lt: "<",
  gt: ">",
  "#39": "'",
};

/** Where its links lead, without what stands behind `#`; each once, in order. */
export function linksOf(html: string, url: string): string[] {
  const found = new Set<string>();
  let base = url;
  for (const [name, text] of tagsOf(html)) {
    const [, attribute = "", ...values] = ATTRIBUTE.exec(text) ?? [];
    const value = values.find((each) => each !== undefined);
    if (value === undefined || LINKING[name] !== attribute.toLowerCase()) continue;
    const target = decodeEntities(value.trim());
    if (!URL.canParse(target, base)) continue;
    const { href, protocol } = new URL(target, base);
    if (name === "base") base = href;
    else if (/^https?:$/.test(protocol)) found.add(href.replace(/#.*$/, ""));
  }
  return [...found];
}

/** Each tag that begins something, with its text; what scripts and comments say is not HTML. */
function* tagsOf(html: string): Generator<[name: string, text: string]> {
  const lower = html.toLowerCase();
  for (let at = html.indexOf("<"); at >= 0; at = html.indexOf("<", at)) {
    const isComment = html.startsWith("<!--", at);
    const end = isComment ? html.indexOf("-->", at + 4) : html.indexOf(">", at);
    if (end < 0) return;
    const text = html.slice(at, end + 1);
    const [, name = ""] = /^<([a-z]+)[\s/>]/i.exec(text) ?? [];
    if (!isComment && name !== "") yield [name.toLowerCase(), text];
    at = end + 1;
    if (!/^(?:script|style)$/i.test(name)) continue;
    at = lower.indexOf(`</${name.toLowerCase()}`, at);
    if (at < 0) return;
  }
}

function decodeEntities(text: string): string {
  return text.replace(/&(amp|quot|lt|gt|#39);/g, (_, name) => ENTITIES[name]!);
}
