import { mistakes, type Confusion, type ConfusionMatrix } from './confusion.ts';
import { COLOURS, escaped } from './markup.ts';

const CELL = 22, EDGE = 64;
/** Where a character is missing or added: a place of its own after the others. */
const NOTHING = '–';
const byName = (a: string, b: string): number => Number(a === NOTHING) - Number(b === NOTHING) || (a < b ? -1 : 1);

/**
 * Confusion matrix as a picture file of its own: a row for each character that was misread, a column for each that was read in its place.
 * What was always read right is left out, so that what remains can be seen.
 */
export function confusionChart(reader: string, matrix: ConfusionMatrix): string {
  const wrong = mistakes(matrix);
  const rows = namesOf(wrong, 'truth'), columns = namesOf(wrong, 'read'), most = Math.max(1, ...wrong.map((pair) => pair.n));
  const width = Math.max(320, EDGE + columns.length * CELL + 12), height = EDGE + rows.length * CELL + 12;
  const cells = wrong.map((pair) => {
    const at = [EDGE + columns.indexOf(pair.read ?? NOTHING) * CELL, EDGE + rows.indexOf(pair.truth ?? NOTHING) * CELL] as const;
    return `<g><title>${escaped(inWords(pair))}</title><rect x="${at[0] + 1}" y="${at[1] + 1}" width="${CELL - 2}" height="${CELL - 2}" rx="2" fill-opacity="${(0.15 + (0.35 * pair.n) / most).toFixed(2)}"/><text class="n" x="${at[0] + CELL / 2}" y="${at[1] + CELL / 2 + 4}">${pair.n}</text></g>`;
  });
  const heads = [
    ...columns.map((name, i) => `<text x="${EDGE + (i + 0.5) * CELL}" y="${EDGE - 8}">${escaped(name)}</text>`),
    ...rows.map((name, i) => `<text x="${EDGE - 12}" y="${EDGE + (i + 0.5) * CELL + 4}">${escaped(name)}</text>`),
  ];
  const rules = [...rows.keys()].map((i) => `M${EDGE} ${EDGE + (i + 1) * CELL}H${EDGE + columns.length * CELL}`).join('');
  const told = wrong.length === 0 ? 'No character was misread' : wrong.slice(0, 12).map(inWords).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" class="confusion" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>Characters that ${escaped(reader)} misreads</title><desc>${escaped(told)}.</desc>
<style>${COLOURS}
.confusion { background: var(--ground); font: 13px ui-monospace, monospace; } .confusion text { fill: var(--ink); text-anchor: middle; } .confusion .axis { fill: var(--faint); font: 12px system-ui, sans-serif; text-anchor: start; }
.confusion rect { fill: var(--wrong); } .confusion .n { font-size: 11px; } .confusion path { stroke: var(--rule); stroke-width: .5; }</style>
<path d="${rules}"/>
<text class="axis" x="${EDGE}" y="24">${wrong.length === 0 ? 'No character was misread.' : 'read as →'}</text>${wrong.length === 0 ? '' : `<text class="axis" x="8" y="${EDGE - 8}">true ↓</text>`}
${heads.join('')}
${cells.join('\n')}
</svg>
`;
}

function namesOf(pairs: readonly Confusion[], side: 'truth' | 'read'): string[] {
  return [...new Set(pairs.map((pair) => pair[side] ?? NOTHING))].toSorted(byName);
}

export function inWords({ truth, read, n }: Confusion): string {
  const times = n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`;
  if (truth === null) return `${read} read ${times} where nothing is`;
  return read === null ? `${truth} missed ${times}` : `${truth} read as ${read} ${times}`;
}
