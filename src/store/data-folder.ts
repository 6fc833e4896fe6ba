import { constants } from 'node:fs';
import { access, link, mkdir, readFile, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DarwazaError } from '../core/errors.ts';

/** Who holds the folder. A pid alone is given out again after a restart of the machine or in another container. */
interface Holder { readonly pid: number; readonly startTicks: string | null; readonly bootId: string | null }

/** Makes the folder and sees that it can be written. @throws DATA_FOLDER_UNWRITABLE */
export async function prepareDataFolder(dataDir: string): Promise<void> {
  try {
    await makeFolder(resolve(dataDir));
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(dataDir, error);
  }
}

/** mkdir with `recursive` never ends where the system says ENOENT for a folder that may not be made, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (!(await isFolder(dirname(path)))) await makeFolder(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    if (!(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return false;
    throw error;
  });
}

export function unwritable(path: string, error: unknown): DarwazaError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'no permission', EPERM: 'no permission', EROFS: 'the file system is read-only', ENOTDIR: 'a part of the path is a file', EEXIST: 'it is a file', ENOENT: 'the file system does not let make it', ENOSPC: 'the disk is full',
  };
  return new DarwazaError('DATA_FOLDER_UNWRITABLE', { path, reason: reasons[code] ?? code }, error);
}

/**
 * Makes this process the only user of the folder, by the file `lock` in it. A lock whose process is gone (kill -9, power cut) is taken over.
 * @returns what gives the folder back
 * @throws DATA_FOLDER_IN_USE with the pid, DATA_FOLDER_UNWRITABLE
 */
export async function claimDataFolder(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'lock'), draft = join(dataDir, `lock.${process.pid}.${Date.now()}`);
  const content = JSON.stringify(await holderOf(process.pid));
  try {
    await writeFile(draft, content);
    // link fails when the name is taken, and the file is complete from its first moment.
    if (!(await linked(draft, path))) await takeOver(dataDir, path, draft);
  } catch (error) {
    throw error instanceof DarwazaError ? error : unwritable(dataDir, error);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => '')) === content) await rm(path, { force: true });
  };
}

/** Two starters that both find a dead lock must not remove each other's new one: the folder `lock.takeover` lets one at a time look again. */
async function takeOver(dataDir: string, path: string, draft: string): Promise<void> {
  const guard = join(dataDir, 'lock.takeover');
  for (let attempt = 0; !(await made(guard)); attempt++) {
    if (attempt > 50) await rmdir(guard).catch(() => undefined);
    await wait(100);
  }
  try {
    const pid = await livingHolder(path);
    if (pid === null) await unlink(path).catch(() => undefined);
    if (pid !== null || !(await linked(draft, path))) throw new DarwazaError('DATA_FOLDER_IN_USE', { path: dataDir, pid: pid ?? 'unknown' });
  } finally {
    await rmdir(guard).catch(() => undefined);
  }
}

async function made(folder: string): Promise<boolean> {
  return mkdir(folder).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return false;
    throw error;
  });
}

async function linked(from: string, to: string): Promise<boolean> {
  return link(from, to).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return false;
    throw error;
  });
}

/** Pid of the process that holds the lock and lives, or null. */
async function livingHolder(path: string): Promise<number | null> {
  let held: Partial<Holder>;
  try {
    held = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
  } catch {
    return null;
  }
  if (typeof held.pid !== 'number') return null;
  const now = await holderOf(held.pid);
  const lives = now.startTicks !== null && now.startTicks === held.startTicks && now.bootId === held.bootId;
  return lives ? held.pid : null;
}

async function holderOf(pid: number): Promise<Holder> {
  const [status, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null), readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null),
  ]);
  // Field 22, start time in ticks since boot; the name in field 2 may hold spaces and brackets. A zombie (Z) holds nothing any more.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  return { pid, startTicks: fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null), bootId: boot?.trim() ?? null };
}
