/** Text as HTML and SVG show it. File names and labels come from outside. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

export function tableOf(caption: string, head: readonly string[], rows: readonly (readonly string[])[], textColumns = 1): string {
  const side = (i: number): string => (i < textColumns ? '' : ' class="number"');
  const cells = (row: readonly string[]): string => row.map((cell, i) => (i === 0 ? `<th scope="row">${escaped(cell)}</th>` : `<td${side(i)}>${escaped(cell)}</td>`)).join('');
  return `<div class="wide" role="region" aria-label="${escaped(caption)}" tabindex="0"><table><caption>${escaped(caption)}</caption>
<thead><tr>${head.map((name, i) => `<th scope="col"${side(i)}>${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
}

/** Colours of both charts and pages, by day and by night; text has at least 4.5:1 on its ground. */
export const COLOURS = `:root, svg { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --faint: #5b6570; --rule: #d5dae0; --mark: #0b5cad; --wrong: #a4243b; --wrong-ground: #fbe3e6; }
@media (prefers-color-scheme: dark) { :root, svg { --ground: #14181d; --ink: #e8ebee; --faint: #a3adb8; --rule: #39424c; --mark: #7bb8f5; --wrong: #ff9aa9; --wrong-ground: #4a1d26; } }`;

/** A page that needs nothing from elsewhere: no script, no font, no picture but those beside it. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: file:">
<title>${escaped(title)}</title>
<style>
${COLOURS}
body { margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 76rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
a { color: var(--mark); } a:focus-visible, .wide:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
.faint { color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .75rem 0 .25rem; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; font-weight: normal; border-bottom: 1px solid var(--rule); white-space: nowrap; }
thead th { color: var(--faint); } .number { text-align: right; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem; } figure { margin: 0; max-width: 100%; } figcaption { color: var(--faint); max-width: 26rem; }
figure svg { max-width: 100%; height: auto; }
.plates { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; padding: 0; list-style: none; }
.plates li { border: 1px solid var(--rule); border-radius: 6px; padding: .6rem; }
.plates img { display: block; height: 6rem; max-width: 100%; object-fit: contain; object-position: left; background: var(--rule); }
.plates dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; margin: .5rem 0 0; } .plates dt { color: var(--faint); } .plates dd { margin: 0; }
.text { font: 1.15rem/1.5 ui-monospace, monospace; letter-spacing: .08em; overflow-wrap: anywhere; }
.text mark { color: var(--wrong); background: var(--wrong-ground); text-decoration: underline; text-underline-offset: .2em; }
.file { color: var(--faint); font-size: .85rem; overflow-wrap: anywhere; margin: .4rem 0 0; }
</style>
</head>
<body>
${body}
</body>
</html>
`;
}
