#!/usr/bin/env node
// Makes fixtures/labels.csv from fixtures/scenario.json, so that `darwaza accuracy fixtures` and `npm run bench -- reading fixtures` have labels.
//   node scripts/fixture-labels.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../fixtures');
const { frames } = JSON.parse(readFileSync(join(fixtures, 'scenario.json'), 'utf8'));

/** A plate that is no mark ("applied for") counts neither way: legible 0. */
function row(set, file, { outcome, mark, jurisdiction, lines, corners }) {
  const xs = corners.map((c) => c[0]), ys = corners.map((c) => c[1]), x = Math.min(...xs), y = Math.min(...ys);
  const parts = outcome === 'mark' ? mark.split('-') : [], dated = parts.length > 2;
  const box = [x, y, Math.max(...xs) - x, Math.max(...ys) - y].map((n) => Math.round(n));
  return [set, file, 'scene', ...box, dated ? parts[0] + parts[2] : parts.join(''), dated ? parts.join('') : '', jurisdiction ?? '', lines, outcome === 'mark' ? 1 : 0, outcome === 'mark' ? '' : outcome];
}

const rows = frames.flatMap(({ file, difficulty, vehicles }) => {
  const plates = vehicles.map((v) => v.plate).filter(Boolean);
  if (plates.length === 0) return [['negatives', file, 'scene', 0, 0, 0, 0, '', '', '', '', 0, '']];
  return plates.map((plate) => row(difficulty === 'normal' ? 'fixtures' : `fixtures-${difficulty}`, file, plate));
});
writeFileSync(join(fixtures, 'labels.csv'), [['set', 'file', 'kind', 'x', 'y', 'w', 'h', 'text', 'text_full', 'region', 'lines', 'legible', 'notes'], ...rows].map((r) => `${r.join(',')}\n`).join(''));
