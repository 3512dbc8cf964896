"""The style of the page of `page`: colours for light and dark, told apart by lightness, too."""

STYLE = """\
:root { color-scheme: light dark;
  --ground: #ffffff; --text: #1c2430; --soft: #5b6675; --line: #dfe4ea; --band: #f5f7f9;
  --c0: #8a94a3; --c1: #c2410c; --c2: #1d5fd1; --c3: #0f8a5f; --c4: #8b3fc4; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #12161c; --text: #e6eaf0; --soft: #9aa5b4; --line: #2c343f; --band: #1a2029;
  --c0: #7b8696; --c1: #fb923c; --c2: #6ea8ff; --c3: #4cd19b; --c4: #cf9bff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p, li { max-width: 52rem; }
code { font: .86em ui-monospace, monospace; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .94rem; }
th { text-align: left; color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
th, td { padding: .35rem 1rem .35rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; min-width: 4.5rem; }
.n { text-align: right; white-space: nowrap; }
.b { padding-left: 1rem; white-space: nowrap; min-width: 11rem; }
tbody tr:hover { background: var(--band); }
.swatch { display: inline-block; width: 1.4rem; border-top: 3px solid; margin-right: .5rem; vertical-align: middle; }
.swatch.dashed { border-top-style: dashed; }
.part { display: inline-block; height: .6rem; background: currentColor; border-radius: 2px; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
.c4 { color: var(--c4); } .original { color: var(--c2); } .rewritten { color: var(--c3); }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--line); } .mark { fill: var(--soft); font-size: 13px; }
.curve { fill: none; stroke: currentColor; stroke-width: 2; } .bar { fill: currentColor; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .5rem 0; }
footer { color: var(--soft); font-size: .9rem; margin-top: 1.5rem; }
"""
