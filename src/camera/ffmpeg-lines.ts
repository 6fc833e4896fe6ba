import { addressWithLogin, escaped } from './ffmpeg-command.ts';
import type { FrameHeader } from './frame-assembly.ts';
import { NOT_KNOWN } from './rtsps-relay.ts';
import { describeSource, type StreamSource } from './stream-sources.ts';

export type FfmpegLine =
  | { readonly kind: 'frame'; readonly header: FrameHeader }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'other' };

const FRAME = /^\[Parsed_showinfo_\d+ @ 0x[0-9a-f]+\] \[info\] n: *\d+ pts: *\S+ +pts_time: *(\S+) .*? s:(\d{1,5})x(\d{1,5}) /;
const ERROR = /^(?:\[[^\]]*\] )*\[(?:error|fatal|panic)\] (.*)$/;
/** Larger than any camera's picture; a damaged header must not make us ask for a terabyte. */
const MOST_PIXELS = 100_000_000;

/** One line of ffmpeg's stderr, as `-loglevel level+info` writes it. */
export function readFfmpegLine(line: string): FfmpegLine {
  const frame = FRAME.exec(line);
  if (frame !== null) {
    const seconds = Number(frame[1]), width = Number(frame[2]), height = Number(frame[3]);
    if (width * height > 0 && width * height <= MOST_PIXELS) return { kind: 'frame', header: { seconds: Number.isFinite(seconds) ? seconds : null, width, height } };
  }
  const error = ERROR.exec(line);
  return error === null ? { kind: 'other' } : { kind: 'error', text: error[1] as string };
}

/** Calls back with each whole line of what comes in pieces; a line is cut at `limit` characters. */
export function lineSplitter(onLine: (line: string) => void, limit = 4000): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = (lines.pop() as string).slice(0, limit);
    for (const line of lines) onLine(line.slice(0, limit));
  };
}

/** Takes everything secret about the source out of a text, in every spelling in which ffmpeg may repeat it. */
export function secretCover(source: StreamSource): (text: string) => string {
  const secrets: [string, string][] = [];
  if (source.kind === 'rtsp') {
    secrets.push([addressWithLogin(source), describeSource(source)], [source.url, describeSource(source)]);
    // Over the relay the address has another host, and the rest of it may hold a password.
    const tail = source.url.replace(/^rtsps?:\/\/[^/?]*/i, '');
    if (/[=?]/.test(tail)) secrets.push([tail, '/…']);
    const password = source.login?.password() ?? '';
    if (password !== '') secrets.push([escaped(password), '***'], [encodeURIComponent(password), '***'], [password, '***']);
  }
  return (text) => {
    const covered = secrets.reduce((kept, [secret, instead]) => kept.replaceAll(secret, instead), text);
    return covered.replaceAll(/:\/\/[^/\s]*@/g, '://');
  };
}

const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/(?:failed: |returned )40[13]|Unauthorized|Forbidden/i, 'the camera refuses the login'],
  [/(?:failed: |returned )404/i, 'the camera has no such stream'],
  [/Connection refused/i, 'the camera refuses the connection'],
  [/No route to host|Network is unreachable/i, 'there is no way to the camera'],
  [/timed out/i, 'the camera does not answer'],
  [/Name or service not known|resolve host/i, 'its host name is not known'],
  [/Invalid data found|moov atom not found|could not find codec parameters/i, 'what comes is not a video that can be read'],
  [/matches no streams|does not contain any stream/i, 'there is no video in it'],
  [/No such file/i, 'there is no such file'],
  [/Permission denied/i, 'the file may not be read'],
];

/** The relay of rtsps says why it connects nobody. */
const NOT_KNOWN_CAMERA = new RegExp(`failed: ${NOT_KNOWN} ?(.+)`);

/** What a person can do something about, of the last lines that ffmpeg left behind (covered already); null: nothing known. */
export function faultIn(errors: readonly string[]): string | null {
  const unknown = errors.map((error) => NOT_KNOWN_CAMERA.exec(error)?.[1]).find((told) => told !== undefined);
  if (unknown !== undefined) return `the camera is not known: ${unknown}`;
  for (const [pattern, fault] of FAULTS) if (errors.some((error) => pattern.test(error))) return fault;
  return null;
}
