import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { grouped } from '../accuracy/grouped.ts';
import type { PlateLabel } from '../accuracy/label.ts';
import { LABEL_COLUMNS, labelCells, readLabels, writeRows } from '../accuracy/labels-csv.ts';
import { DarwazaError } from '../core/errors.ts';

export const LABEL_FILE = 'labels.csv';
/** First word of the notes of a picture's rows while some of its plates are not answered: such a picture is shown again. */
const UNFINISHED = 'unfinished';

export interface PictureLabels { readonly labels: readonly PlateLabel[]; readonly finished: boolean }
interface Row { readonly label: PlateLabel; readonly cells: Readonly<Record<string, string>> }

/**
 * The labels of a folder's pictures, in its labels.csv. Each change writes the whole file beside the old one and then puts it in its place, so
 * that whatever happens there is either the old or the new file. Rows of other pictures stay as they are, with columns of which nothing is known here.
 */
export class LabelFile {
  readonly path: string;
  #rows: ReadonlyMap<string, readonly Row[]> = new Map();
  /** Changes go one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws LABELS_UNUSABLE: a file with faults is not written to, because the faulty rows would be lost */
  static async open(folder: string): Promise<LabelFile> {
    const file = new LabelFile(join(folder, LABEL_FILE));
    for (const name of await readdir(folder)) if (name.startsWith(`.${LABEL_FILE}.`) && name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
    file.#rows = byPicture(await readRows(file.path));
    return file;
  }

  /** What is known of a picture; null: nothing. */
  of(picture: string): PictureLabels | null {
    const own = this.#rows.get(picture)?.map(({ label }) => label);
    if (own === undefined) return null;
    const plates = own.filter((label) => label.text !== '' || label.box.width > 0);
    return { labels: plates.map((label) => ({ ...label, notes: bare(label.notes) })), finished: own.every((label) => !isUnfinished(label.notes)) };
  }

  /**
   * Puts these labels in the place of those of their picture and gives back when they are on the disk. `none` is the row that says that
   * there is no plate. What someone else wrote into the file meanwhile is kept. @throws LABELS_UNUSABLE, FOLDER_UNWRITABLE
   */
  put(picture: string, { labels, finished }: PictureLabels, none: PlateLabel): Promise<void> {
    const change = this.#last.then(() => this.#put(picture, { labels, finished }, none));
    this.#last = change.catch(() => undefined);
    return change;
  }

  async #put(picture: string, { labels, finished }: PictureLabels, none: PlateLabel): Promise<void> {
    const now = await readRows(this.path), own = labels.length > 0 ? labels : finished ? [none] : [];
    const fresh = own.map((label) => rowOf(finished ? label : { ...label, notes: `${UNFINISHED} ${label.notes}`.trim() }));
    const at = now.findIndex(({ label }) => label.file === picture), others = now.filter(({ label }) => label.file !== picture);
    // A picture keeps its place in the file, so that two versions of it can be compared.
    const rows = at === -1 ? [...others, ...fresh] : [...others.slice(0, at), ...fresh, ...others.slice(at)];
    await replaceFile(this.path, writeRows(rows.map((row) => row.cells), columnsOf(rows)));
    this.#rows = byPicture(rows);
  }
}

const isUnfinished = (notes: string): boolean => notes === UNFINISHED || notes.startsWith(`${UNFINISHED} `);
const bare = (notes: string): string => (isUnfinished(notes) ? notes.slice(UNFINISHED.length).trim() : notes);
const byPicture = (rows: readonly Row[]): Map<string, Row[]> => grouped(rows, ({ label }) => label.file);
const rowOf = (label: PlateLabel): Row => ({ label, cells: labelCells(label) });

function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set([...LABEL_COLUMNS, ...rows.flatMap(({ cells }) => Object.keys(cells))])];
}

async function readRows(path: string): Promise<Row[]> {
  const rows: Row[] = [], faults: string[] = [];
  try {
    for await (const item of readLabels(createReadStream(path))) {
      if (item.kind === 'label') rows.push({ label: item.label, cells: { ...item.values, file: item.label.file, set: item.label.set } });
      if (item.kind === 'fault') faults.push(`line ${item.fault.line}: ${item.fault.message.replace(/\.$/, '')}`);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new DarwazaError('LABELS_UNUSABLE', { path, reason: `it cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown fault'})` }, cause);
  }
  if (faults.length > 0) throw new DarwazaError('LABELS_UNUSABLE', { path, reason: `${faults.slice(0, 5).join('; ')}${faults.length > 5 ? `; and ${faults.length - 5} more` : ''}. Correct the file first: rows that cannot be read would be lost` });
  return rows;
}

/** On the disk under another name first, then renamed: a killed process or a full disk leaves the old file whole. */
async function replaceFile(path: string, content: string): Promise<void> {
  const draft = join(dirname(path), `.${LABEL_FILE}.${process.pid}.tmp`);
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    // The new name too must outlive a power cut.
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new DarwazaError('FOLDER_UNWRITABLE', { path: dirname(path), reason: (cause as NodeJS.ErrnoException).code ?? 'unknown fault' }, cause);
  }
}
