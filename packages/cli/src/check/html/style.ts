/** The style of the report page: light and dark, wide and narrow, screen and paper. */

export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --plain: #1c2127; --faint: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --link: #0757b8; --error: #a40e26; --warning: #7a4a00; --info: #0a4f8f; --good: #116329; --mark: #fff1b8; --mark-edge: #9a6700; }
@media screen and (prefers-color-scheme: dark) { :root { --back: #12161b; --plain: #e3e8ee; --faint: #a3adb8; --line: #3a434d; --panel: #1b2128;
  --link: #80b8ff; --error: #ff9a9a; --warning: #f2c14e; --info: #8cc4ff; --good: #7ad18b; --mark: #4a3c00; --mark-edge: #f2c14e; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 5rem; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back); color: var(--plain);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h4 { font-size: 1rem; margin: 0; } p { margin: .4rem 0; } a { color: var(--link); }
.faint { color: var(--faint); } .error { color: var(--error); } .warning { color: var(--warning); } .info { color: var(--info); }
.supported { color: var(--good); } .degraded { color: var(--warning); } .unsupported { color: var(--error); }
.verdicts { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
.verdicts li, .limit, .object { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; background: var(--panel); }
.limit, .object { margin: 0 0 .75rem; } .limit h3, .object h3 { margin: 0 0 .4rem; } .limit ul { margin: .4rem 0 0; padding-left: 1.25rem; }
.verdict { font-size: 1.15rem; font-weight: 700; } .tag { font-weight: 700; text-transform: uppercase; font-size: .8rem; letter-spacing: .03em; }
code, pre { font: .85rem/1.5 ui-monospace, monospace; } code { overflow-wrap: anywhere; }
pre { margin: .6rem 0 0; padding: .5rem 0; overflow-x: auto; border: 1px solid var(--line); border-radius: .35rem; background: var(--back); overflow-wrap: normal; }
pre:focus-visible { outline: 2px solid var(--link); }
pre span { display: block; padding: 0 .75rem; width: max-content; min-width: 100%; } pre i { color: var(--faint); font-style: normal; user-select: none; }
pre mark { display: block; padding: 0 .75rem 0 .5rem; border-left: .25rem solid var(--mark-edge); background: var(--mark); color: inherit; width: max-content; min-width: 100%; }
.filter { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 1rem 0; padding: .6rem 0; background: var(--back); border-bottom: 1px solid var(--line); }
.filter input { flex: 1 1 12rem; min-width: 0; padding: .45rem .6rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--faint); border-radius: .35rem; }
.filter input::placeholder { color: var(--faint); opacity: 1; }
[hidden] { display: none !important; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .filter, nav { display: none !important; }
  h2, h3 { break-after: avoid; } p, li, pre span { break-inside: avoid; } pre { overflow: visible; } pre span, pre mark { white-space: pre-wrap; width: auto; }
  mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; } a { color: inherit; text-decoration: none; } }
`.trim();
