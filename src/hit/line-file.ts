import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A file, named pipe or serial device that gets lines. */
export interface LineFile {
  /** Appends the text and a line feed, after all those given before. Gives null, or what went wrong in words. */
  append(text: string): Promise<string | null>;
  close(): Promise<void>;
}

/** Not waiting: a named pipe without a reader, or a line that nobody takes from, must not hold up what comes after. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
/** A device that is unplugged must not become a file of its name. */
const flagsFor = (path: string): number => (path.startsWith('/dev/') ? FLAGS : FLAGS | constants.O_CREAT);
const PATIENCE_MS = 2000, PAUSE_MS = 20;

/** Opens it at the first line; again after a fault, and when another file stands under its name (rotated, plugged in again). */
export function openLineFile(path: string): LineFile {
  let handle: FileHandle | null = null, last: Promise<unknown> = Promise.resolve(), midLine = false;
  const letGo = async (): Promise<void> => {
    const old = handle;
    handle = null;
    await old?.close().catch(() => undefined);
  };
  const write = async (bytes: Buffer): Promise<void> => {
    if (handle !== null && !(await isAt(handle, path))) await letGo();
    handle ??= await open(path, flagsFor(path), 0o640);
    await writeAll(handle, midLine ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes, (begun) => {
      midLine = begun;
    });
  };
  const append = async (text: string): Promise<string | null> => {
    const bytes = Buffer.from(`${text}\n`);
    try {
      await write(bytes);
      return null;
    } catch (error) {
      await letGo();
      return `the relay file cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})`;
    }
  };
  return {
    append(text) {
      const mine = last.then(() => append(text));
      last = mine;
      return mine;
    },
    async close() {
      await last;
      await letGo();
    },
  };
}

async function isAt(handle: FileHandle, path: string): Promise<boolean> {
  const [open, named] = await Promise.all([handle.stat(), stat(path).catch(() => null)]);
  return named !== null && named.ino === open.ino && named.dev === open.dev;
}

/** A slow line takes a piece at a time. `onPiece` hears whether the last line has only begun. */
async function writeAll(handle: FileHandle, bytes: Buffer, onPiece: (begun: boolean) => void): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (let at = 0; at < bytes.length;) {
    try {
      at += (await handle.write(bytes, at)).bytesWritten;
      onPiece(at < bytes.length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || Date.now() > end) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
