import { readFile, stat } from 'node:fs/promises';
import { DarwazaError } from '../core/errors.ts';

/**
 * A picture file's bytes and date (epoch milliseconds).
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, PICTURE_TOO_MANY_BYTES
 */
export async function loadPicture(file: string, maxBytes: number): Promise<{ bytes: Buffer; modifiedAt: number }> {
  try {
    const { size, mtimeMs } = await stat(file);
    if (size > maxBytes) throw new DarwazaError('PICTURE_TOO_MANY_BYTES', { name: file, limitMegabytes: Math.round(maxBytes / 1e6) });
    return { bytes: await readFile(file), modifiedAt: mtimeMs };
  } catch (cause) {
    throw fileError(file, cause);
  }
}

/** The fault of a file operation, from the table. */
export function fileError(path: string, cause: unknown): DarwazaError {
  if (cause instanceof DarwazaError) return cause;
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown fault';
  return new DarwazaError(reason === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', { path, reason }, cause);
}
