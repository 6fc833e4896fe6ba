import { stat } from 'node:fs/promises';
import { fileError } from '../camera/picture-file.ts';

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE (also where a file is given for a folder, or the other way round) */
export async function checkPath(path: string, wanted: 'file' | 'folder'): Promise<void> {
  try {
    if ((await stat(path)).isDirectory() === (wanted === 'folder')) return;
  } catch (cause) {
    throw fileError(path, cause);
  }
  throw fileError(path, Object.assign(new Error('of the other kind'), { code: wanted === 'file' ? 'EISDIR' : 'ENOTDIR' }));
}
