import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { DarwazaError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { exifCaptureTime } from '../vision/exif-time.ts';
import type { Frame } from './frame.ts';
import { fileError, loadPicture } from './picture-file.ts';

const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

/** The camera of pictures whose camera is not known: they become passes without a place, and never part of a journey. */
export const UNPLACED_CAMERA = 'unplaced';

export interface FolderOptions {
  /** Is there a camera of this name? A picture in a folder so named is that camera's. */
  readonly isCamera: (id: string) => boolean;
  /** Camera of every picture, whatever its folder. */
  readonly camera?: string | undefined;
  /** Offset of times that say none (EXIF, file names), minutes east of UTC. */
  readonly utcOffsetMinutes: number;
  readonly maxBytes: number;
}

/**
 * Pictures under the paths, in the order given; a folder's in the order of their names, sub-folders included.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, NO_PICTURES_FOUND
 */
export async function listPictures(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const pictures = await picturesUnder(path);
    if (pictures.length === 0) throw new DarwazaError('NO_PICTURES_FOUND', { path });
    found.push(...pictures);
  }
  return [...new Set(found)];
}

async function picturesUnder(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries
      .filter((e) => e.isFile() && isPictureName(e.name))
      .map((e) => join(e.parentPath, e.name))
      .sort();
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** Names of pictures; hidden and half-sent files (.a.jpg, a.jpg.part) are none. */
export function isPictureName(name: string): boolean {
  return PICTURES.has(extname(name).toLowerCase()) && !name.startsWith('.');
}

/**
 * One picture with its camera and capture time. The time is, in this order: the file's name (20261103T061502.200+0500.jpg), the
 * camera's EXIF record, the file's date; `timeSource` says which.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, PICTURE_TOO_MANY_BYTES
 */
export async function frameOfFile(file: string, options: FolderOptions): Promise<Frame> {
  const { bytes, modifiedAt } = await loadPicture(file, options.maxBytes);
  const folder = basename(dirname(file));
  const cameraId = options.camera ?? (options.isCamera(folder) ? folder : UNPLACED_CAMERA);
  const named = timeInName(basename(file), options.utcOffsetMinutes);
  const exif = named === null ? await exifCaptureTime(bytes, options.utcOffsetMinutes) : null;
  return {
    cameraId,
    capturedAt: named ?? exif ?? Math.floor(modifiedAt),
    timeSource: named !== null ? 'camera' : exif !== null ? 'exif' : 'file',
    bytes,
    name: file,
  };
}

const NAMED = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\.\d{1,3})?(Z|[+-]\d{4})?(?:_.*)?\.\w+$/;

/** Epoch milliseconds of a name such as 20261103T061502.200+0500.jpg; null when it is not one, or no possible time. */
export function timeInName(name: string, utcOffsetMinutes: number): number | null {
  const match = NAMED.exec(name);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction = '', offset] = match;
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}`;
  try {
    return offset ? parseInstant(time + offset, name) : parseInstant(`${time}Z`, name) - utcOffsetMinutes * 60_000;
  } catch {
    return null;
  }
}
