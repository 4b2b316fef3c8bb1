/** The page's style: both schemes, no foreign font. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d4d9df; --raised: #f5f7f9;
  --good: #116329; --good-bg: #e3f6e8; --bad: #a40e26; --bad-bg: #ffe3e6;
  --warn: #7d4e00; --warn-bg: #fff3cd; --known: #6639ba; --known-bg: #f2eafd;
  --info: #0550ae; --info-bg: #e2effd; --quiet: #59636e; --quiet-bg: transparent;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11151a; --ink: #e4e8ec; --soft: #9aa5b1; --line: #303841; --raised: #1a2027;
    --good: #5fd282; --good-bg: #12301c; --bad: #ff8b94; --bad-bg: #42161c;
    --warn: #e9b64c; --warn-bg: #382a0c; --known: #c3a1f7; --known-bg: #2b1f42;
    --info: #7cb8ff; --info-bg: #10294a; --quiet: #9aa5b1;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 84rem; padding: 1.5rem 1rem 4rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.1rem; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: .5rem 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.columns { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.columns li {
  flex: 1 1 12rem; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--raised);
}
.columns strong { font-size: 1.05rem; }
.columns .counts { display: flex; flex-wrap: wrap; gap: .2rem .7rem; margin-top: .2rem; }
.columns a { color: inherit; text-decoration: none; }
.columns a:hover { text-decoration: underline; }
.problem { color: var(--bad); }
form {
  display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; padding: .6rem 0;
}
input[type="search"], select {
  padding: .3rem .5rem; border: 1px solid var(--line); border-radius: 4px; background: var(--paper);
  color: var(--ink); font: inherit;
}
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th {
  position: sticky; top: 0; z-index: 1; border: 0; background: var(--paper);
  box-shadow: inset 0 -1px var(--line);
}
.wide { overflow-x: auto; }
th.cell, td.cell { width: 7.2rem; text-align: center; }
tr.group th { padding-top: 1.4rem; font-size: 1.02rem; }
tr.case { cursor: pointer; }
tr.case:hover { background: var(--raised); }
td.id { white-space: nowrap; font: 13px/1.8 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.level { color: var(--soft); font-size: .75rem; letter-spacing: .03em; }
button.title {
  padding: 0; border: 0; background: none; color: inherit; font: inherit; text-align: left; cursor: pointer;
}
:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
.mark { display: inline-block; min-width: 1.7rem; padding: 0 .45rem; border-radius: 4px; font-size: .85rem; }
.mark b { font-weight: 700; }
.good { color: var(--good); background: var(--good-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.warn { color: var(--warn); background: var(--warn-bg); }
.known { color: var(--known); background: var(--known-bg); }
.info { color: var(--info); background: var(--info-bg); }
.quiet { color: var(--quiet); background: var(--quiet-bg); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
tr.detail > td { padding: .75rem 1rem 1.25rem; background: var(--raised); }
.runs { display: grid; gap: 1rem; margin-top: .75rem; }
.runs section { padding-left: .75rem; border-left: 3px solid var(--line); }
.trace { width: auto; font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.trace td { padding: 0 1.25rem 0 0; border: 0; overflow-wrap: anywhere; }
.trace td:first-child { color: var(--soft); text-align: right; white-space: nowrap; }
[hidden] { display: none !important; }
@media (max-width: 50rem) {
  th.cell, td.cell { width: auto; padding-inline: .1rem; }
  th.cell { font-size: .75rem; }
  .mark { min-width: 1.3rem; padding: 0 .2rem; }
  .mark .word { display: none; }
  tr.case > td { overflow-wrap: anywhere; }
  tr.case > td.id { font-size: 11px; line-height: 2; }
}
`;
