import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
/** `.ci/run` installs Debian's package ffmpeg. Without it on the machine there are no streams to test. */
export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

export interface FilmShape { readonly width?: number; readonly height?: number; readonly fps?: number; readonly seconds?: number; /** Nothing drives. */ readonly empty?: boolean; readonly createdAt?: string }

/** Colour bars before which a white box drives across, 200 pixels a second: at `t` its left edge is at `boxAt(t)`. Key frames each second, H.264. */
export async function renderFilm(file: string, { width = 320, height = 180, fps = 25, seconds = 8, empty = false, createdAt }: FilmShape = {}): Promise<string> {
  const sources = ['-f', 'lavfi', '-i', `smptebars=s=${width}x${height}:r=${fps}:d=${seconds}`, '-f', 'lavfi', '-i', `color=white:s=60x40:r=${fps}:d=${seconds}`];
  const drawn = empty ? '[1]nullsink;[0]null' : `[0][1]overlay=x='mod(t*200,${width + 60})-60':y=${height / 2}:shortest=1`;
  await promisify(execFile)('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...sources, '-filter_complex', drawn, '-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', String(fps), '-pix_fmt', 'yuv420p',
    ...(createdAt === undefined ? [] : ['-metadata', `creation_time=${createdAt}`]), file], { timeout: 60_000 });
  return file;
}

/** Left edge of the box at `seconds`. */
export const boxAt = (seconds: number, width = 320): number => ((seconds * 200) % (width + 60)) - 60;

/** A folder that is deleted by what is returned beside it. */
export async function filmFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'darwaza-films-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
