/**
 * Which checks there are, and what they need.
 *
 * @module
 */

/**
 * The scripts of package.json that hold an example to real programs, in the order in which they are
 * run; those that are not there are not.
 */
export const SCRIPTS: readonly string[] = [
  "chat",
  "chat:cluster",
  "web",
  "crawler",
  "smtp",
  "redis",
  "nats",
  "browser",
];

/** Debian's packages of the programs that they need, where these have other names. */
export const PACKAGES: Readonly<Record<string, string>> = {
  ab: "apache2-utils",
  Chromium: "chromium",
  nc: "netcat-openbsd",
  script: "bsdutils",
};
