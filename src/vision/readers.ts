import { DarwazaError } from '../core/errors.ts';
import type { PlateReader } from './plate-reader.ts';
import { PpocrReader } from './ppocr-reader.ts';
import { TesseractReader } from './tesseract-reader.ts';

const readers = {
  ppocr: () => PpocrReader.open(),
  tesseract: () => TesseractReader.open(),
} as const satisfies Record<string, () => Promise<PlateReader>>;

export type ReaderName = keyof typeof readers;
export const readerNames = Object.keys(readers) as ReaderName[];
export const defaultReader: ReaderName = 'ppocr';

/** The name when it is one of a reader; throws DarwazaError READER_UNKNOWN, which lists the known ones. */
export function checkReaderName(name: string): ReaderName {
  const known = readerNames.find((n) => n === name);
  if (known === undefined) throw new DarwazaError('READER_UNKNOWN', { reader: name, known: readerNames });
  return known;
}

export async function openReader(name: string): Promise<PlateReader> {
  return readers[checkReaderName(name)]();
}
