import { jsonIn, type Part } from './message-parts.ts';
import { refusedFor, type Read } from './reading-faults.ts';
import type { XmlNode } from './xml.ts';

/** The same bounds as for XML: an alert has some hundred fields, five deep. */
const MOST_VALUES = 20_000, DEEPEST = 40;

/**
 * A JSON object as the tree that its XML form would be, for makers whose JSON is their XML with other brackets: numbers and truth values become text, null is left out,
 * a list stands for elements of one name.
 */
export function readJsonTree(part: Part): Read<XmlNode> {
  const json = jsonIn(part);
  if (json.kind === 'faults') return json;
  if (json.value === null || typeof json.value !== 'object' || Array.isArray(json.value)) return refusedFor('', 'the JSON must be an object');
  const tooMuch = beyondBounds(json.value);
  return tooMuch === null ? { kind: 'value', value: nodeOf(json.value) } : refusedFor('', tooMuch);
}

/** Level by level, so that depth costs no stack; it ends with the first value too many. */
function beyondBounds(root: object): string | null {
  let level: unknown[] = [root], values = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return `it is nested more than ${DEEPEST} deep`;
    const below: unknown[] = [];
    for (const value of level) {
      if (value === null || typeof value !== 'object') continue;
      const held = Object.values(value) as unknown[];
      if ((values += held.length) > MOST_VALUES) return `it has more than ${MOST_VALUES} values`;
      below.push(...held);
    }
    level = below;
  }
  return null;
}

function nodeOf(value: object): XmlNode {
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, childrenFrom(held)]));
}

function childrenFrom(value: unknown): readonly XmlNode[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.flatMap(childrenFrom);
  if (typeof value === 'object') return [nodeOf(value)];
  return [typeof value === 'number' ? written(value) : String(value)];
}

/** Without exponents, and a float's last digits cut: 0.38900000104904175 is 0.389 of a picture's side. */
const written = (value: number): string => (Number.isInteger(value) || Math.abs(value) >= 1e15 ? String(value) : value.toFixed(9).replace(/\.?0+$/, ''));
