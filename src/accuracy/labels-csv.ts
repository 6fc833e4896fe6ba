import { readCsv, type CsvFault, type CsvNote, type CsvRow } from '../list/csv.ts';
import { PICTURE_KINDS, type LabelBox, type PlateLabel } from './label.ts';

/** Columns of a label file in the order in which they are written. `set`, `region`, `lines` and `notes` may be left out. */
export const LABEL_COLUMNS = ['set', 'file', 'kind', 'x', 'y', 'w', 'h', 'text', 'text_full', 'region', 'lines', 'legible', 'notes'] as const;
const OPTIONAL: readonly string[] = ['set', 'region', 'lines', 'notes'];
export const LABEL_SHAPE = { required: LABEL_COLUMNS.filter((c) => !OPTIONAL.includes(c)), optional: OPTIONAL };

/** Set of the rows of a file that names none. */
export const ONLY_SET = 'all';

/** `values` are the row's cells as they stand, also those of columns that are not used. */
export interface LabelItem { readonly kind: 'label'; readonly line: number; readonly label: PlateLabel; readonly values: Readonly<Record<string, string>> }

/**
 * Labels of a CSV file, as a stream. A row that cannot be used is one fault with its line; the rest goes on. Never throws for any content.
 */
export async function* readLabels(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LabelItem | CsvFault | CsvNote, void, undefined> {
  const kinds = new Map<string, string>();
  for await (const item of readCsv(chunks, LABEL_SHAPE)) {
    if (item.kind !== 'row') {
      yield item;
      continue;
    }
    const label = labelOf(item);
    if (label instanceof RowFaulty) {
      yield label.item(item.line);
      continue;
    }
    const before = kinds.get(label.file) ?? label.kind;
    kinds.set(label.file, before);
    if (before === label.kind) yield { kind: 'label', line: item.line, label, values: item.values };
    else yield new RowFaulty('kind', 'LABEL_KIND', `The picture ${shown(label.file)} is a ${before} in an earlier row and a ${label.kind} here. Correct one of them.`).item(item.line);
  }
}

/** Why a row is no label. A value, not an exception: it is expected. */
class RowFaulty {
  readonly column: string;
  readonly code: string;
  readonly message: string;
  constructor(column: string, code: string, message: string) {
    [this.column, this.code, this.message] = [column, code, message];
  }

  item(line: number): CsvFault {
    return { kind: 'fault', fault: { line, column: this.column, code: this.code, message: this.message } };
  }
}

function labelOf({ values }: CsvRow): PlateLabel | RowFaulty {
  const cell = (column: string): string => values[column] ?? '';
  const kind = PICTURE_KINDS.find((k) => k === cell('kind').toLowerCase());
  if (kind === undefined) return new RowFaulty('kind', 'LABEL_KIND', `The column "kind" says ${shown(cell('kind'))}; write scene (a whole picture) or crop (a plate already cut out).`);
  const label = {
    set: cell('set') || ONLY_SET, file: cell('file').replaceAll('\\', '/').replace(/^(\.\/)+/, ''), kind,
    text: cell('text'), textFull: cell('text_full'), region: cell('region'), notes: cell('notes'),
  };
  const box = boxOf(cell), lines = linesOf(cell('lines')), legible = legibleOf(cell('legible'));
  const faulty = [fileFault(label.file), box, lines, legible].find((part) => part instanceof RowFaulty);
  if (faulty !== undefined) return faulty;
  const whole: PlateLabel = { ...label, box: box as LabelBox, lines: lines as number | null, legible: legible as boolean };
  return textFault(whole) ?? whole;
}

function fileFault(file: string): RowFaulty | null {
  if (file === '') return new RowFaulty('file', 'LABEL_FILE', 'The row names no picture.');
  // A label file may come from someone else: it must not lead out of its folder.
  if (file.startsWith('/') || /^[A-Za-z]:/.test(file) || file.split('/').includes('..')) {
    return new RowFaulty('file', 'LABEL_FILE', `The picture ${shown(file)} does not lie below the folder. Write its path from there, without "..".`);
  }
  return null;
}

function boxOf(cell: (column: string) => string): LabelBox | RowFaulty {
  const numbers: number[] = [];
  for (const column of ['x', 'y', 'w', 'h']) {
    const text = cell(column) || '0', value = Number(text);
    if (!/^-?\d{1,6}(\.\d{1,6})?$/.test(text)) return new RowFaulty(column, 'LABEL_NUMBER', `The column "${column}" says ${shown(text)}; write a number of pixels.`);
    if (value < 0 && (column === 'w' || column === 'h')) return new RowFaulty(column, 'LABEL_NUMBER', `The column "${column}" says ${shown(text)}; a plate has no negative size.`);
    numbers.push(value);
  }
  const [x = 0, y = 0, width = 0, height = 0] = numbers;
  return { x, y, width, height };
}

function linesOf(text: string): number | null | RowFaulty {
  if (text === '') return null;
  return /^[1-4]$/.test(text) ? Number(text) : new RowFaulty('lines', 'LABEL_LINES', `The column "lines" says ${shown(text)}; write how many lines the plate has, 1 to 4, or leave it empty.`);
}

function legibleOf(text: string): boolean | RowFaulty {
  if (text === '' || text === '1') return true;
  return text === '0' ? false : new RowFaulty('legible', 'LABEL_LEGIBLE', `The column "legible" says ${shown(text)}; write 1, or 0 where nobody could read the plate.`);
}

const LONGEST_TEXT = 60;

function textFault({ kind, box, text, textFull, legible }: PlateLabel): RowFaulty | null {
  for (const [column, value] of [['text', text], ['text_full', textFull]] as const) {
    if (value.length > LONGEST_TEXT) return new RowFaulty(column, 'LABEL_TEXT', `The column "${column}" has over ${LONGEST_TEXT} characters; that is no mark.`);
    if (value !== '' && !/[A-Za-z0-9]/.test(value)) return new RowFaulty(column, 'LABEL_TEXT', `The column "${column}" says ${shown(value)}; a mark is counted by its letters A–Z and digits. Write those, or legible 0.`);
  }
  if (textFull !== '' && text === '') return new RowFaulty('text', 'LABEL_TEXT', 'The row has a text_full and no text. Write the mark without its year in the column "text".');
  const sized = box.width > 0 && box.height > 0;
  if (text === '' && legible && (sized || kind === 'crop')) return new RowFaulty('text', 'LABEL_TEXT', 'The plate has no text. Write what stands on it, or legible 0 where nobody could read it.');
  if (text !== '' && legible && kind === 'scene' && !sized) return new RowFaulty('w', 'LABEL_BOX', 'The plate has no place in the picture. Write its box in the columns x,y,w,h.');
  return null;
}

function shown(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}

/** The cells of a label by column. */
export function labelCells(label: PlateLabel): Record<(typeof LABEL_COLUMNS)[number], string> {
  const { x, y, width, height } = label.box;
  const [left, top, w, h] = [x, y, width, height].map((n) => String(Math.round(n * 100) / 100)) as [string, string, string, string];
  return {
    set: label.set, file: label.file, kind: label.kind, x: left, y: top, w, h, text: label.text, text_full: label.textFull,
    region: label.region, lines: label.lines === null ? '' : String(label.lines), legible: label.legible ? '1' : '0', notes: label.notes,
  };
}

/** A CSV file (RFC 4180, LF) of rows by column; control characters, which `readLabels` refuses, become spaces. */
export function writeRows(rows: readonly Readonly<Record<string, string>>[], columns: readonly string[] = LABEL_COLUMNS): string {
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}

function quoted(cell: string): string {
  const plain = cell.replaceAll(/\p{Cc}/gu, ' ');
  return /[",]|^\s|\s$/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
