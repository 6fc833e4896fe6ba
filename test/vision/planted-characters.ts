import { characterClasses, characterMapChannels } from '../../src/vision/character-map.ts';
import type { CharacterMap } from '../../src/vision/character-map.ts';

/** A character put on a map by hand: centre and size in pixels of the plate. */
export interface Planted {
  readonly char: string;
  readonly x: number;
  readonly y: number;
  readonly width?: number;
  readonly height?: number;
  readonly line?: number;
  readonly raised?: boolean;
  readonly presence?: number;
}

const sure = 9, cell = { width: 2, height: 4 };

/** The reader's answer as it would be for these characters: a peak of presence at each one's cell, less sure cells beside it. */
export function mapOf(planted: readonly Planted[], width = 128, height = 64): CharacterMap {
  const rows = height / cell.height, columns = width / cell.width, values = new Float32Array(characterMapChannels * rows * columns);
  values.fill(-sure, 0, rows * columns);
  for (const character of planted) {
    const column = Math.min(columns - 1, Math.floor(character.x / cell.width)), row = Math.min(rows - 1, Math.floor(character.y / cell.height));
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, 0]] as const) plant(values, rows, columns, character, column + dx, row + dy, dx === 0 && dy === 0);
  }
  return { values, rows, columns, cell };
}

function plant(values: Float32Array, rows: number, columns: number, character: Planted, column: number, row: number, centre: boolean): void {
  if (column < 0 || row < 0 || column >= columns || row >= rows) return;
  const put = (channel: number, value: number): void => { values[channel * rows * columns + row * columns + column] = value; };
  const { char, x, y, width = 16, height = 24, line = 0, raised = false, presence = 0.97 } = character, logit = Math.log(presence / (1 - presence));
  put(0, Math.max(values[row * columns + column]!, centre ? logit : logit - 1));
  for (let i = 0; i < characterClasses.length; i++) put(1 + i, characterClasses[i] === char ? sure : 0);
  put(37, x / cell.width - column - 0.5);
  put(38, y / cell.height - row - 0.5);
  put(39, Math.log(width / 16));
  put(40, Math.log(height / 16));
  for (let l = 0; l < 3; l++) put(41 + l, l === line ? 4 : 0);
  put(44, raised ? 4 : -4);
}

/** A row of characters, evenly spaced from `left`. */
export function rowOf(text: string, left: number, y: number, step: number, more: Partial<Planted> = {}): Planted[] {
  return [...text].map((char, i) => ({ char, x: left + i * step, y, ...more }));
}

/** Everything turned by so many degrees about the middle of the plate. */
export function tilted(planted: readonly Planted[], degrees: number, width = 128, height = 64): Planted[] {
  const cos = Math.cos((degrees * Math.PI) / 180), sin = Math.sin((degrees * Math.PI) / 180);
  return planted.map((c) => ({ ...c, x: width / 2 + (c.x - width / 2) * cos - (c.y - height / 2) * sin, y: height / 2 + (c.x - width / 2) * sin + (c.y - height / 2) * cos }));
}
