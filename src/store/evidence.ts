import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
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
}

const EXTENSIONS: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/tiff': 'tif', 'image/gif': 'gif' };
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
      if (hashOf(await readFile(path).catch(() => Buffer.alloc(0))) === sha256) return sha256;
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
  };
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
