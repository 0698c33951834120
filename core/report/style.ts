/** The page's style: dark on light, one column on a phone, no colours or folded parts lost in print. */
export const STYLE = `
:root { color-scheme: light; --ink: #1b1b1b; --faint: #666; --line: #ddd; --good: #1a7f37; --bad: #b42318; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: #fff; color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .2rem; }
h3 + .note { margin-top: 0; }
.verdict { font-size: 1.1rem; max-width: 60rem; margin: .4rem 0 .8rem; }
.note, .meta, figcaption, nav { color: var(--faint); font-size: .86rem; }
.note { margin: .2rem 0 .6rem; max-width: 60rem; }
nav a { color: inherit; margin-right: 1rem; white-space: nowrap; }
.missing { border-left: 3px solid #d4a72c; background: #fff8e5; padding: .5rem .8rem; margin: .8rem 0; }
.wide { overflow-x: auto; }
table { margin: .3rem 0 1rem; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .28rem .8rem .28rem 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
tbody + tbody tr:first-child > * { border-top: 1px solid var(--line); }
tbody .meta { font-weight: normal; }
tbody th { text-align: left; padding-top: .6rem; }
td .error { color: var(--faint); font-size: .92em; }
tr.gain td { color: var(--faint); }
td.best { font-weight: 700; }
td.reason { text-align: left; white-space: normal; color: var(--faint); }
.passed { color: var(--good); } .failed { color: var(--bad); font-weight: 700; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(215px, 1fr)); gap: .4rem .8rem;
  align-items: start; }
figure { margin: 0; break-inside: avoid; }
img { max-width: 100%; height: auto; }
.panels img { width: 100%; }
figcaption { color: var(--ink); }
.scale { display: flex; align-items: center; gap: .5rem; font-size: .8rem; color: var(--faint); margin: .3rem 0 0; }
.scale i { width: 9rem; height: .6rem; border: 1px solid var(--line); print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
details { margin: .6rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .2rem 0; }
pre { background: #f7f7f7; border: 1px solid var(--line); padding: .8rem; overflow-x: auto; font-size: .8rem; line-height: 1.45; }
@media (max-width: 600px) { .panels { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); } }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  pre { white-space: pre-wrap; }
  .panels { grid-template-columns: repeat(4, 1fr); }
  details::details-content { content-visibility: visible; block-size: auto; }
}`;
