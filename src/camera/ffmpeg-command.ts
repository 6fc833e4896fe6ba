import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { DarwazaError } from '../core/errors.ts';
import { openRtspsRelay } from './rtsps-relay.ts';
import type { FrameSettings, RtspSource, StreamSource } from './stream-sources.ts';

export const FFMPEG = 'ffmpeg';
/** A frame is let through at least this often even if the road is empty, so that the camera is known to live. */
export const HEARTBEAT_MS = 2000;
/** What a camera may keep ffmpeg waiting for before it gives up. */
export const SOCKET_TIMEOUT_MS = 10_000;

export type Ffmpeg = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts ffmpeg on a source: frames as planar YUV (`YuvPicture`) on stdout, what it tells of them on stderr. An address with its login is handed over on stdin, where
 * no other user of the machine sees it; the arguments are in everyone's process list.
 */
export function startFfmpeg(command: string, source: StreamSource): Ffmpeg {
  return startReading(command, source, [...inputArguments(source), ...frameArguments(source)]);
}

/** Starts ffmpeg or ffprobe with these arguments, `pipes` to it and from it, and the source's script on stdin if it has one. */
export function startReading(command: string, source: StreamSource, args: readonly string[], pipes = 3): Ffmpeg {
  const child = spawn(command, args, { stdio: Array.from({ length: pipes }, () => 'pipe' as const) }) as Ffmpeg;
  // It may end before it has read; the end itself is told by `close`.
  child.stdin.on('error', () => undefined);
  if (source.kind === 'rtsp' && /^rtsps:/i.test(source.url)) void sayRelayed(child, source);
  else child.stdin.end(source.kind === 'rtsp' ? inputScript(source) : '');
  return child;
}

/** The script waits for the relay to be there, and the relay ends with the process. */
async function sayRelayed(child: Ffmpeg, source: RtspSource): Promise<void> {
  try {
    const relay = await openRtspsRelay(source);
    if (child.exitCode !== null || child.signalCode !== null) return relay.close();
    child.once('close', () => relay.close());
    child.stdin.end(inputScript({ ...source, url: relay.url }));
  } catch {
    child.kill('SIGTERM');
  }
}

/** How the source is opened, up to and with `-i`. */
export function inputArguments(source: StreamSource, hardware: boolean = hasVideoHardware()): string[] {
  const decoder = ['-threads', '1', ...(hardware ? ['-hwaccel', 'auto'] : []), ...(source.keyFramesOnly ? ['-skip_frame', 'nokey'] : [])];
  const said = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];
  // Whitelists: a "video" may be a playlist that names other files and hosts.
  if (source.kind === 'video') return [...said, ...decoder, '-protocol_whitelist', 'file', ...(source.pace === 'real' ? ['-re'] : []), '-i', `file:${source.path}`];
  return [...said, ...decoder, ...scriptArguments, '-i', 'pipe:0'];
}

/** No tls: ffmpeg would take any certificate, also where a camera sends it on to another address. */
export const scriptArguments: readonly string[] = ['-protocol_whitelist', 'pipe,rtsp,rtp,udp,tcp', '-f', 'concat', '-safe', '0'];

/** RTP interleaved in the one TCP connection: cameras behind a VPN lose UDP packets. Little is probed, or the first frames would come a second late. */
export function inputScript(source: RtspSource): string {
  const options = { rtsp_transport: 'tcp', allowed_media_types: 'video', timeout: SOCKET_TIMEOUT_MS * 1000, fpsprobesize: 0, analyzeduration: 100_000 };
  return ['ffconcat version 1.0', `file '${addressWithLogin(source).replaceAll('\'', String.raw`'\''`)}'`, ...Object.entries(options).map(([name, value]) => `option ${name} ${value}`), ''].join('\n');
}

/** The address as ffmpeg wants it: the login in it, with everything escaped that an address means something by. */
export function addressWithLogin({ url, login }: RtspSource): string {
  return login === null ? url : url.replace('://', `://${escaped(login.username)}:${escaped(login.password())}@`);
}

/** encodeURIComponent leaves five signs as they are, one of which ends a quoted word of a script. */
export function escaped(part: string): string {
  return encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function frameArguments(settings: FrameSettings): string[] {
  return ['-map', '0:v:0', '-vf', filters(settings), '-fps_mode', 'passthrough', '-threads', '1', '-filter_threads', '1', '-flush_packets', '1', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1'];
}

/**
 * Frame rate by `select` (the filter fps would repeat the last frame while a camera stands still; abs: a camera may begin to count anew), then frames
 * in which nothing changed are dropped before they cost a conversion: one 8x8 block that differs by 12 a pixel, or a third of them by 5, is a change.
 * Whatever the camera codes (JPEG's full range, BT.709, 4:2:2) comes as one kind of YUV; what says nothing of itself is taken for BT.601, as ffmpeg does.
 */
export function filters({ fps, keyFramesOnly, scale }: FrameSettings): string {
  const rate = String.raw`select='isnan(prev_selected_t)+gte(abs(t-prev_selected_t)\,${(0.95 / fps).toFixed(4)})'`;
  // Key frames are few and look different by their coding alone.
  const still = keyFramesOnly ? [] : [`mpdecimate=max=${Math.max(1, Math.round((fps * HEARTBEAT_MS) / 1000) - 1)}`];
  return [rate, ...still, `scale=${scale < 1 ? `trunc(iw*${scale}/2)*2:trunc(ih*${scale}/2)*2:flags=area:` : ''}out_color_matrix=bt601:out_range=tv`, 'format=yuv420p', 'showinfo=checksum=0'].join(',');
}

/** Is there something that decodes for us? Without a device `-hwaccel auto` only costs time at each start. */
export function hasVideoHardware(): boolean {
  return existsSync('/dev/dri/renderD128') || existsSync('/dev/nvidia0');
}

/**
 * The version of ffmpeg, as it tells it.
 * @throws FFMPEG_MISSING
 */
export function ffmpegVersion(command: string = FFMPEG): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, ['-version'], { timeout: 10_000 }, (cause, stdout) => {
      if (cause) return reject(ffmpegMissing(command, cause));
      const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'unknown', [major = 99, minor = 0] = /^n?(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
      // Older ones know neither options in a script nor -fps_mode. Builds of the day have no number.
      if (major < 5 || (major === 5 && minor < 1)) reject(new DarwazaError('FFMPEG_MISSING', { command, reason: `it is version ${version}` }));
      else resolve(version);
    });
  });
}

export function ffmpegMissing(command: string, cause: Error): DarwazaError {
  return new DarwazaError('FFMPEG_MISSING', { command, reason: (cause as NodeJS.ErrnoException).code ?? 'unknown fault' }, cause);
}
