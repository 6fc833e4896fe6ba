import { extname, resolve } from 'node:path';
import { UNPLACED_CAMERA } from '../camera/picture-folder.ts';
import { FRAME_SETTINGS, withoutLogin, type StreamSource } from '../camera/stream-sources.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { knowsCamera, type Register } from '../geo/register.ts';
import type { Pass } from '../pass/pass.ts';
import { writeMark } from '../plate/written-form.ts';
import type { Instance } from './instance.ts';
import type { Output } from './output.ts';

const VIDEOS = new Set(['.mp4', '.m4v', '.mkv', '.mov', '.avi', '.ts', '.mts', '.webm', '.h264', '.264', '.h265', '.265', '.hevc', '.mjpeg', '.mjpg', '.flv', '.3gp', '.dav']);

/** Whether a path names a stream or a video file; anything else is a picture or a folder. */
export function isFilm(path: string): boolean {
  return /^rtsps?:\/\//i.test(path) || VIDEOS.has(extname(path).toLowerCase());
}

/**
 * Sources of streams and video files named on the command line. Of several the second and later ones get names of their own.
 * @throws CAMERA_UNKNOWN, ARGUMENT_INVALID for an address that is none
 */
export function filmSources(paths: readonly string[], camera: string | undefined, register: Register): StreamSource[] {
  if (camera !== undefined && !knowsCamera(register, camera)) throw new DarwazaError('CAMERA_UNKNOWN', { camera });
  return paths.map((path, i): StreamSource => {
    const name = camera ?? UNPLACED_CAMERA, own = { ...FRAME_SETTINGS, camera: i === 0 ? name : `${name}-${i + 1}` };
    if (!/^rtsps?:/i.test(path)) return { ...own, kind: 'video', path: resolve(path), startsAt: null, pace: 'free' };
    if (!URL.canParse(path) || new URL(path).hostname === '') throw new DarwazaError('ARGUMENT_INVALID', { name: 'path', reason: 'it begins like the address of a stream and is none; write rtsp://host/path' });
    return { ...own, kind: 'rtsp', ...withoutLogin(path) };
  });
}

/** Opens the sources and says what goes by as it does; resolves when every file has been read to its end, so never with a camera among them. */
export async function watchFilms(sources: readonly StreamSource[], instance: Instance, output: Output): Promise<{ readonly passes: number }> {
  const { engine, live, config } = instance;
  let passes = 0;
  const stopListening = engine.onRecorded(({ stored }) => {
    passes += stored.length;
    for (const pass of stored) tell(pass, config, output);
  });
  try {
    for (const source of sources) live.open(source);
    await live.finished();
  } finally {
    stopListening();
  }
  for (const { source, stream } of live.cameras()) if (stream.fault !== null) output.line(`${source}: ${stream.fault}`);
  return { passes };
}

function tell(pass: Pass, config: Config, output: Output): void {
  const at = formatInstant(pass.capturedAt, config.DARWAZA_UTC_OFFSET_MINUTES);
  if (output.json) output.object({ pass: pass.id, camera: pass.cameraId, capturedAt: at, outcome: pass.outcome, text: pass.rawText, mark: pass.mark && writeMark(pass.mark), confidence: pass.confidence, movement: pass.movement ?? 'unknown', direction: pass.direction });
  else output.line([at.replace('T', ' ').slice(0, 22), pass.cameraId, pass.mark ? writeMark(pass.mark) : pass.rawText || pass.outcome, `${Math.round(pass.confidence * 100)} %`, pass.movement === undefined || pass.movement === 'unknown' ? '' : pass.movement].join('  ').trimEnd());
}
