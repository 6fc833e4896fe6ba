import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Picture } from '../../src/vision/picture.ts';

export interface VideoOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** x264's constant rate factor: 18 shows no loss, 30 is small. */
  readonly quality: number;
  /** Frames from one key frame to the next: what a camera has set, most often a second or two of them. */
  readonly keyEvery: number;
}

/**
 * Writes frames as an MP4 file (H.264, 4:2:0) through ffmpeg. `picture` is asked for one frame after the other and may give the same memory again.
 * Throws Error with ffmpeg's last words when it cannot be started or fails.
 */
export async function writeVideo(file: string, { width, height, fps, frames, quality, keyEvery }: VideoOptions, picture: (index: number) => Picture): Promise<void> {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(fps), '-i', 'pipe:0'];
  // One thread and no program names in the file: the same frames then give the same bytes.
  const coded = ['-c:v', 'libx264', '-threads', '1', '-preset', 'slow', '-crf', String(quality), '-g', String(keyEvery), '-pix_fmt', 'yuv420p', '-movflags', '+faststart', '-fflags', '+bitexact', '-flags:v', '+bitexact'];
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...raw, ...coded, file], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const broken = new Promise<never>((_, reject) => child.stdin.once('error', reject));
  broken.catch(() => undefined);
  const feed = async (): Promise<void> => {
    for (let i = 0; i < frames; i++) if (!child.stdin.write(Uint8Array.from(picture(i).data))) await Promise.race([once(child.stdin, 'drain'), broken]);
    child.stdin.end();
  };
  const [, code] = await Promise.all([feed().catch(() => child.stdin.destroy()), ended]);
  if (code !== 0) throw new Error(`ffmpeg could not write ${file}: ${said.trim() || `exit ${code}`}`);
}
