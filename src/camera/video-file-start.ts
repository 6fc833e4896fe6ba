import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { startReading } from './ffmpeg-command.ts';
import { fileError } from './picture-file.ts';
import type { VideoSource } from './stream-sources.ts';

const told = z.object({ format: z.object({ duration: z.coerce.number().optional(), tags: z.record(z.string(), z.string()).optional() }).optional() });

/**
 * Epoch milliseconds of a film's first frame: as the settings say; else when its container says that it was made; else the date of its file, which is
 * that of its end, less its length.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function startOfFilm(source: VideoSource, probe = 'ffprobe'): Promise<number> {
  if (source.startsAt !== null) return source.startsAt;
  const { mtimeMs } = await stat(source.path).catch((cause: unknown) => Promise.reject(fileError(source.path, cause)));
  const { format } = await tellOf(source, probe);
  // Cameras that were never set write 1904 or 1970.
  const made = Date.parse(format?.tags?.['creation_time'] ?? '');
  return made > Date.parse('2000-01-01') ? made : Math.floor(mtimeMs - (format?.duration ?? 0) * 1000);
}

function tellOf(source: VideoSource, probe: string): Promise<z.output<typeof told>> {
  return new Promise((resolve) => {
    const child = startReading(probe, source, ['-v', 'error', '-protocol_whitelist', 'file', '-show_entries', 'format=duration:format_tags=creation_time', '-of', 'json', '-i', `file:${source.path}`]);
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.resume();
    // Without an answer the date of the file has to do; that it is no film is told by who reads it.
    child.once('error', () => resolve({}));
    child.once('close', () => resolve(parsed(Buffer.concat(pieces).toString())));
  });
}

function parsed(text: string): z.output<typeof told> {
  try {
    return told.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
