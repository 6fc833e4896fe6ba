import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openEyes } from '../../src/vision/readers.ts';
import { readPicture } from '../../src/vision/read-picture.ts';
import { cpuMs } from './usage.ts';

const WIDTH = 1920, HEIGHT = 1080;

/** What people write first: ffmpeg gives every frame, the detector and reader run on each. CPU of both, for a camera of `fps` frames a second. */
export async function measureNaive(clip: string, frames: number, fps: number): Promise<{ readonly msPerFrame: number; readonly coresPerCamera: number }> {
  const { detector, reader } = await openEyes('darwaza');
  const before = cpuMs(process.pid), child = spawn('ffmpeg', ['-v', 'error', '-threads', '1', '-i', clip, '-frames:v', String(frames), '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const size = 3 * WIDTH * HEIGHT, frame = new Uint8Array(size);
  let filled = 0, read = 0, ofFfmpeg = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + size - filled);
      frame.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < size) continue;
      filled = 0;
      await readPicture({ width: WIDTH, height: HEIGHT, data: frame }, { detector, reader });
      read++;
    }
    ofFfmpeg = Math.max(ofFfmpeg, cpuMs(process.pid) - before);
  }
  if (child.exitCode === null) await once(child, 'close');
  const msPerFrame = Math.max(ofFfmpeg, cpuMs(process.pid) - before) / Math.max(1, read);
  await Promise.all([detector.close(), reader.close()]);
  return { msPerFrame, coresPerCamera: (msPerFrame * fps) / 1000 };
}
