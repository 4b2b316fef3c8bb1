/**
 * What a site asks of robots (RFC 9309).
 *
 * @module
 */

/** Rules for one robot. */
export interface Robots {
  /** Whether a path, with its query, may be visited. */
  allows(path: string): boolean;
  /** Milliseconds between two visits, where the site says so. */
  readonly delay: number | undefined;
}

interface Rule {
  readonly allow: boolean;
  readonly pattern: string;
}

/** Nothing is said: everything may be visited. */
export const EVERYTHING: Robots = { allows: () => true, delay: undefined };

/** Reads a robots.txt for a robot of that name; the groups for it, or else those for everybody. */
export function parseRobots(text: string, robot: string): Robots {
  const groups = new Map<string, { rules: Rule[]; delay?: number }>();
  let names: string[] = [], isNamed = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, key = "", value = ""] = /^[ \t]*([A-Za-z-]+)[ \t]*:([^#]*)/.exec(line) ?? [];
    const field = key.toLowerCase(), said = value.trim();
    if (field === "user-agent") {
      // Several names one after the other share what follows.
      names = isNamed ? [...names, said.toLowerCase()] : [said.toLowerCase()];
    } else if (field !== "") {
      for (const name of names) {
        const group = groups.get(name) ?? { rules: [] };
        groups.set(name, group);
        if (field === "crawl-delay" && /^\d+(\.\d+)?$/.test(said)) {
          group.delay = Number(said) * 1000;
        }
        const isRule = (field === "allow" || field === "disallow") && said !== "";
        if (isRule) group.rules.push({ allow: field === "allow", pattern: said });
      }
    }
    if (field !== "") isNamed = field === "user-agent";
  }
  const { rules = [], delay } = groups.get(robot.toLowerCase()) ?? groups.get("*") ?? {};
  return { allows: (path) => path === "/robots.txt" || isAllowed(rules, path), delay };
}

/** The longest pattern counts; of two that are as long, the one that allows. */
function isAllowed(rules: readonly Rule[], path: string): boolean {
  let best: Rule = { allow: true, pattern: "" };
  for (const rule of rules) {
    const { length } = rule.pattern,
      isBetter = length > best.pattern.length ||
        (length === best.pattern.length && rule.allow);
    if (isBetter && matches(rule.pattern, path)) best = rule;
  }
  return best.allow;
}

/** `*` is anything, `$` at the end is the end. Each part is looked for once: no pattern is slow. */
function matches(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith("$");
  const [first = "", ...rest] = (isWhole ? pattern.slice(0, -1) : pattern).split("*");
  if (!path.startsWith(first)) return false;
  const last = isWhole ? rest.pop() : undefined;
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (!isWhole) return true;
  return last === undefined
    ? at === path.length
    : path.endsWith(last) && path.length - last.length >= at;
}
