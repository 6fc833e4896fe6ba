import { watch, type FSWatcher } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, parse, relative } from 'node:path';
import { DarwazaError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import type { Frame } from './frame.ts';
import { frameOfFile, isPictureName, type FolderOptions } from './picture-folder.ts';
import type { FolderSource } from './stream-sources.ts';

export interface WatchedFolderParts extends Omit<FolderOptions, 'camera'> {
  readonly log: Log;
  /** Resolves when the frame is kept for good. A fault of the sender (status below 500) refuses the file; any other is tried again. */
  readonly submit: (frame: Frame) => Promise<unknown>;
  /** A file is finished when neither its size nor its date changed for this long. */
  readonly settleMs?: number;
  /** A picture whose end is missing may still be on its way over a bad line; so long it may stand still. */
  readonly unfinishedMs?: number;
  /** The folder is gone through at least this often: network drives tell of no changes. */
  readonly sweepMs?: number;
}

export interface WatchedFolderState {
  readonly taken: number;
  readonly refused: number;
  /** Files that are not finished, or wait for room. */
  readonly waiting: number;
  /** Why the folder cannot be used now; null: it can. */
  readonly fault: string | null;
}

export interface WatchedFolder {
  state(): WatchedFolderState;
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}

const DONE = 'done', REFUSED = 'refused';
const SETTLE_MS = 1000, UNFINISHED_MS = 60_000, SWEEP_MS = 10_000;
/** Files handed on at once; the receiver keeps them on the disk one after the other. */
const AT_ONCE = 4;

/**
 * Takes the pictures that cameras upload to a folder: finished ones only, each once. What is taken goes to `done/` (or is deleted), what is refused to
 * `refused/` with a `.txt` that says why. A file whose move was cut off by the end of the program is handed on again: the receiver knows it by its
 * camera, time and bytes.
 */
export function createWatchedFolder(source: FolderSource, parts: WatchedFolderParts): WatchedFolder {
  return new FolderWatch(source, parts);
}

type Taken = 'taken' | 'refused' | 'gone' | 'later';
interface Sight { readonly mark: string; readonly since: number }

class FolderWatch implements WatchedFolder {
  readonly #source: FolderSource;
  readonly #parts: WatchedFolderParts;
  readonly #sights = new Map<string, Sight>();
  /** Files that are taken but could not be moved away; never handed on again while they stay as they are. */
  readonly #stuck = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #sweeping: Promise<void> | null = null;
  #closed = false;
  #state = { taken: 0, refused: 0, waiting: 0, fault: null as string | null };

  constructor(source: FolderSource, parts: WatchedFolderParts) {
    this.#source = source;
    this.#parts = parts;
    this.#schedule(0);
  }

  state(): WatchedFolderState {
    return { ...this.#state };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#sweeping;
  }

  #schedule(inMs: number): void {
    const dueAt = performance.now() + inMs;
    if (this.#closed || dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      this.#sweeping ??= this.#sweep().finally(() => {
        this.#sweeping = null;
        this.#schedule(this.#state.waiting > 0 ? this.#settleMs / 2 : this.#parts.sweepMs ?? SWEEP_MS);
      });
    }, inMs);
  }

  get #settleMs(): number {
    return this.#parts.settleMs ?? SETTLE_MS;
  }

  async #sweep(): Promise<void> {
    try {
      const { files, folders } = await filesUnder(this.#source.path);
      this.#watch(folders);
      for (const known of [this.#sights, this.#stuck]) for (const file of known.keys()) if (!files.has(file)) known.delete(file);
      this.#state.waiting = 0;
      const finished: string[] = [];
      for (const [file, mark] of files) {
        if (this.#stuck.get(file) === mark) continue;
        if (await this.#isFinished(file, mark)) finished.push(file);
        else this.#state.waiting += 1;
      }
      await this.#takeAll(finished, files);
      this.#state.fault = null;
    } catch (cause) {
      const fault = `it cannot be read or written (${(cause as NodeJS.ErrnoException).code ?? 'unknown fault'})`;
      if (this.#state.fault === null) this.#parts.log.warn({ folder: this.#source.path, trace: traceOf(cause), fault }, 'a watched folder cannot be used; trying again');
      this.#state.fault = fault;
    }
  }

  /** Changes only bring the next sweep forward; the sweep decides. */
  #watch(folders: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#closed || this.#watchers.has(folder)) continue;
      try {
        this.#watchers.set(folder, watch(folder, () => this.#schedule(this.#settleMs / 4)).on('error', () => undefined));
      } catch {
        return; // The limit of watches is reached, or the drive has none: the sweeps have to do.
      }
    }
  }

  /** Seen twice, apart, without a change; and with an end, where its kind has one. */
  async #isFinished(file: string, mark: string): Promise<boolean> {
    const sight = this.#sights.get(file), now = performance.now();
    if (sight?.mark !== mark) {
      this.#sights.set(file, { mark, since: now });
      return false;
    }
    const stillMs = now - sight.since;
    return stillMs >= this.#settleMs && (stillMs >= (this.#parts.unfinishedMs ?? UNFINISHED_MS) || (await hasEnd(file)));
  }

  /** In the order of their names, which is that of time for a camera that names them so; a few at once. */
  async #takeAll(finished: readonly string[], marks: ReadonlyMap<string, string>): Promise<void> {
    const under = new Set<Promise<void>>();
    let full = false;
    const decided = (result: Taken): void => {
      if (result !== 'later') return;
      full = true;
      this.#state.waiting += 1;
    };
    for (const file of [...finished].sort()) {
      if (full || this.#closed) {
        this.#state.waiting += 1;
        continue;
      }
      const mark = marks.get(file) as string, frame = await this.#frameOf(file, mark);
      if (typeof frame === 'string') decided(frame);
      else {
        const task: Promise<void> = this.#handOn(frame, file, mark).then(decided).finally(() => under.delete(task));
        under.add(task);
        if (under.size >= AT_ONCE) await Promise.race(under);
      }
    }
    await Promise.all(under);
  }

  async #frameOf(file: string, mark: string): Promise<Frame | Taken> {
    try {
      const { isCamera, utcOffsetMinutes, maxBytes } = this.#parts;
      return await frameOfFile(file, { isCamera, utcOffsetMinutes, maxBytes, camera: this.#source.camera ?? undefined });
    } catch (cause) {
      return this.#refuse(file, mark, cause);
    }
  }

  async #handOn(frame: Frame, file: string, mark: string): Promise<Taken> {
    try {
      await this.#parts.submit(frame);
    } catch (cause) {
      return this.#refuse(file, mark, cause);
    }
    this.#state.taken += 1;
    await this.#putAway(file, mark, this.#source.keepDone ? DONE : null, null);
    return 'taken';
  }

  async #refuse(file: string, mark: string, cause: unknown): Promise<Taken> {
    if (!(cause instanceof DarwazaError) || cause.status >= 500) return this.#later(file, cause);
    if (cause.code === 'FILE_NOT_FOUND') return 'gone';
    this.#state.refused += 1;
    this.#parts.log.warn({ folder: this.#source.path, code: cause.code }, 'a picture of a watched folder is refused');
    await this.#putAway(file, mark, REFUSED, `${cause.code}: ${cause.message}\n`);
    return 'refused';
  }

  #later(file: string, cause: unknown): 'later' {
    if (!(cause instanceof DarwazaError)) this.#parts.log.error({ folder: this.#source.path, file: relative(this.#source.path, file), trace: traceOf(cause) }, 'a picture could not be handed on; trying again');
    return 'later';
  }

  /** Moves a file away, with a note beside it. One that was replaced meanwhile is another picture, and stays. */
  async #putAway(file: string, mark: string, into: typeof DONE | typeof REFUSED | null, note: string | null): Promise<void> {
    this.#sights.delete(file);
    try {
      if ((await markOf(file)) !== mark) return;
      if (into === null) return await rm(file, { force: true });
      const target = await freeName(join(this.#source.path, into, relative(this.#source.path, file)));
      await mkdir(dirname(target), { recursive: true });
      if (note !== null) await writeFile(`${target}.txt`, note);
      await rename(file, target);
    } catch (cause) {
      this.#stuck.set(file, mark);
      this.#parts.log.error({ folder: this.#source.path, trace: traceOf(cause) }, 'a picture that was taken cannot be moved away');
    }
  }
}

/** The pictures in the folder and below, with what tells one state of a file from another; and the folders, but those that we fill. */
async function filesUnder(root: string): Promise<{ files: Map<string, string>; folders: Set<string> }> {
  const files = new Map<string, string>(), folders = new Set([root]);
  for (const folder of folders) {
    // One that was removed meanwhile has no files; the root must be there.
    const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => (folder === root ? Promise.reject(cause) : []));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && !(folder === root && (entry.name === DONE || entry.name === REFUSED))) folders.add(path);
      if (!entry.isFile() || !isPictureName(entry.name)) continue;
      const mark = await markOf(path);
      if (mark !== null) files.set(path, mark);
    }
  }
  return { files, folders };
}

async function markOf(file: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return null;
  }
}

/** What the last bytes of a whole file are; kinds that have no such end count as whole. */
const ENDS: Readonly<Record<string, Buffer>> = { '.jpg': Buffer.from([0xff, 0xd9]), '.jpeg': Buffer.from([0xff, 0xd9]), '.png': Buffer.from('IEND') };

/** Is the end of the picture there? Some cameras write a few bytes more. */
async function hasEnd(file: string): Promise<boolean> {
  const end = ENDS[extname(file).toLowerCase()];
  if (end === undefined) return true;
  const handle = await open(file).catch(() => null);
  if (handle === null) return false;
  try {
    const { size } = await handle.stat(), tail = Buffer.alloc(Math.min(size, 1024));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return tail.includes(end);
  } finally {
    await handle.close();
  }
}

/** Cameras use their names again; what is done is never overwritten. */
async function freeName(wanted: string): Promise<string> {
  const { dir, name, ext } = parse(wanted);
  let target = wanted;
  for (let n = 2; (await markOf(target)) !== null; n++) target = join(dir, `${name}~${n}${ext}`);
  return target;
}
