import { DarwazaError } from '../core/errors.ts';
import { DarwazaPlateDetector } from './darwaza-plate-detector.ts';
import { DarwazaReader } from './darwaza-reader.ts';
import { shippedModels } from './model-card.ts';
import type { PlateDetector } from './plate-detector.ts';
import type { PlateReader } from './plate-reader.ts';
import { PpocrPlateDetector } from './ppocr-plate-detector.ts';
import { PpocrReader } from './ppocr-reader.ts';
import { TesseractReader } from './tesseract-reader.ts';

/** A reader and the detector that suits it: a general text reader needs whatever text there is, Darwaza's own needs plates. */
export interface Eyes { readonly detector: PlateDetector; readonly reader: PlateReader }

interface Openers { readonly detector: (models: string) => Promise<PlateDetector>; readonly reader: (models: string) => Promise<PlateReader> }

const readers = {
  darwaza: { detector: (models) => DarwazaPlateDetector.open(models), reader: (models) => DarwazaReader.open(models) },
  ppocr: { detector: () => PpocrPlateDetector.open(), reader: () => PpocrReader.open() },
  tesseract: { detector: () => PpocrPlateDetector.open(), reader: () => TesseractReader.open() },
} as const satisfies Record<string, Openers>;

export type ReaderName = keyof typeof readers;
export const readerNames = Object.keys(readers) as ReaderName[];
export const defaultReader: ReaderName = 'darwaza';

/** The name when it is one of a reader; throws DarwazaError READER_UNKNOWN, which lists the known ones. */
export function checkReaderName(name: string): ReaderName {
  const known = readerNames.find((n) => n === name);
  if (known === undefined) throw new DarwazaError('READER_UNKNOWN', { reader: name, known: readerNames });
  return known;
}

/** `models` is the folder of Darwaza's own weights; the other readers bring theirs. Throws READER_UNKNOWN, MODEL_INVALID or MODEL_UNUSABLE. */
export async function openReader(name: string, models: string = shippedModels): Promise<PlateReader> {
  return readers[checkReaderName(name)].reader(models);
}

/** Opens the pair of a name, both or none. Throws as `openReader`. */
export async function openEyes(name: string, models: string = shippedModels): Promise<Eyes> {
  const opening = readers[checkReaderName(name)], [detector, reader] = await Promise.allSettled([opening.detector(models), opening.reader(models)]);
  if (detector.status === 'fulfilled' && reader.status === 'fulfilled') return { detector: detector.value, reader: reader.value };
  for (const one of [detector, reader]) if (one.status === 'fulfilled') await one.value.close();
  throw detector.status === 'rejected' ? detector.reason : (reader as PromiseRejectedResult).reason;
}
