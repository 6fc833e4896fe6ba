import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DarwazaError } from '../core/errors.ts';
import type { Evidence } from '../pass/pass.ts';
import { prepareDataFolder, unwritable } from './data-folder.ts';

/** Pictures by the SHA-256 of their bytes, in `<dataDir>/evidence/ab/cd/<sha256>.<ext>`. */
export interface EvidenceStore {
  /** Keeps the bytes unaltered and gives their SHA-256 (hex); on disk when this resolves. The same picture twice is kept once. @throws DATA_FOLDER_UNWRITABLE */
  put(bytes: Buffer, mediaType: string): Promise<string>;
  /** The bytes, checked against their SHA-256. @throws EVIDENCE_NOT_FOUND, EVIDENCE_DAMAGED; both name `passId` */
  get(evidence: Pick<Evidence, 'sha256' | 'mediaType'>, passId: string): Promise<Buffer>;
  /**
   * Deletes a picture and tells the bytes that became free; `touched`: it was written (again) at or after `touchedBefore`, epoch milliseconds,
   * and stays. @throws DATA_FOLDER_UNWRITABLE
   */
  remove(picture: KeptPicture, touchedBefore: number): Promise<{ readonly kind: 'removed'; readonly bytes: number } | { readonly kind: 'touched' | 'absent' }>;
  /** The pictures of one of the 256 folders (0 to 255) that were written before `touchedBefore`, some at a time. */
  pictures(folder: number, touchedBefore: number): AsyncIterable<readonly KeptPicture[]>;
}

/** The address of a picture in the folder. */
export type KeptPicture = Pick<Evidence, 'sha256' | 'mediaType'>;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/tiff': 'tif', 'image/gif': 'gif',
  // Messages of other cameras are kept beside the pictures.
  'application/json': 'json', 'application/xml': 'xml', 'text/plain': 'txt', 'application/octet-stream': 'bin',
};
/** Drafts of a process that was killed; one that writes has renamed its draft long before. */
const ABANDONED_MS = 3_600_000;

/** @throws DATA_FOLDER_UNWRITABLE */
export async function openEvidence(dataDir: string): Promise<EvidenceStore> {
  const root = join(dataDir, 'evidence'), drafts = join(root, 'drafts');
  await prepareDataFolder(drafts);
  await removeAbandoned(drafts);
  return {
    async put(bytes, mediaType) {
      const sha256 = hashOf(bytes), path = pathOf(root, sha256, mediaType);
      // A copy that the disk has damaged is replaced: the good bytes are at hand.
      if (hashOf(await readFile(path).catch(() => Buffer.alloc(0))) === sha256 && (await touch(path))) return sha256;
      await writeDurably(path, join(drafts, randomUUID()), bytes).catch((error: unknown) => {
        throw unwritable(root, error);
      });
      return sha256;
    },
    async get({ sha256, mediaType }, passId) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) throw new DarwazaError('EVIDENCE_NOT_FOUND', { id: passId });
      const bytes = await readFile(pathOf(root, sha256, mediaType)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') throw new DarwazaError('EVIDENCE_NOT_FOUND', { id: passId });
        throw new DarwazaError('FILE_UNREADABLE', { path: root, reason: error.code ?? 'unknown fault' }, error);
      });
      if (hashOf(bytes) !== sha256) throw new DarwazaError('EVIDENCE_DAMAGED', { id: passId });
      return bytes;
    },
    async remove({ sha256, mediaType }, touchedBefore) {
      const path = pathOf(root, sha256, mediaType);
      try {
        const { size, mtimeMs } = await stat(path);
        if (mtimeMs >= touchedBefore) return { kind: 'touched' };
        await unlink(path);
        return { kind: 'removed', bytes: size };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
        throw unwritable(root, error);
      }
    },
    pictures: (folder, touchedBefore) => picturesIn(join(root, folder.toString(16).padStart(2, '0')), touchedBefore),
  };
}

/** A picture that is written again counts as new: whoever removes old ones must not take it from under a row that is on its way. False: it is gone. */
async function touch(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(() => true, () => false);
}

async function* picturesIn(folder: string, touchedBefore: number): AsyncIterable<readonly KeptPicture[]> {
  for (const sub of await readdir(folder).catch(() => [])) {
    const found: KeptPicture[] = [];
    for (const name of await readdir(join(folder, sub)).catch(() => [])) {
      const [sha256 = '', extension = ''] = name.split('.');
      const mediaType = Object.entries(EXTENSIONS).find(([, ext]) => ext === extension)?.[0];
      const at = await stat(join(folder, sub, name)).then((s) => s.mtimeMs, () => Number.POSITIVE_INFINITY);
      if (/^[0-9a-f]{64}$/.test(sha256) && mediaType !== undefined && at < touchedBefore) found.push({ sha256, mediaType });
    }
    if (found.length > 0) yield found;
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function pathOf(root: string, sha256: string, mediaType: string): string {
  return join(root, sha256.slice(0, 2), sha256.slice(2, 4), `${sha256}.${EXTENSIONS[mediaType] ?? 'bin'}`);
}

/** Complete under its name or not there at all, also after a power cut: contents first, then the name, then the folders that hold it. */
async function writeDurably(path: string, draft: string, bytes: Buffer): Promise<void> {
  const folder = dirname(path);
  const created = await mkdir(folder, { recursive: true });
  try {
    const file = await open(draft, 'wx');
    await file.writeFile(bytes).then(() => file.sync()).finally(() => file.close());
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(folder);
  if (created !== undefined) for (const above of [dirname(folder), dirname(dirname(folder))]) await syncFolder(above);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

async function removeAbandoned(drafts: string): Promise<void> {
  const limit = Date.now() - ABANDONED_MS;
  for (const name of await readdir(drafts)) {
    const at = await stat(join(drafts, name)).then((s) => s.mtimeMs, () => limit);
    if (at < limit) await rm(join(drafts, name), { force: true });
  }
}
