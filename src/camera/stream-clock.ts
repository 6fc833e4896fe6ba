import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { FFMPEG, inputArguments, startReading } from './ffmpeg-command.ts';
import type { RtspSource } from './stream-sources.ts';

/** How far a camera's clock is ahead of ours, and how far the single measurements lie apart; milliseconds. */
export interface StreamClock {
  readonly offsetMs: number;
  readonly spreadMs: number;
  /** `sender-reports`: good to the delay of the network. `date-header`: to a second. */
  readonly from: 'sender-reports' | 'date-header';
}

export interface StreamClockParts {
  readonly clock?: Clock;
  readonly ffmpeg?: string;
  /** Cameras send a report about every 5 s. */
  readonly waitMs?: number;
}

const WAIT_MS = 15_000;
/** Packets that are enough: a second or more of video. */
const ENOUGH = 25;
const BOXES = { movflags: '+empty_moov+frag_every_frame+default_base_moof', write_prft: 'wallclock' };
const TWO_OUTPUTS = [
  '-map', '0:v:0', '-c', 'copy', '-f', 'mp4', ...Object.entries(BOXES).flatMap(([name, value]) => [`-${name}`, value]), '-flush_packets', '1', 'pipe:1',
  '-map', '0:v:0', '-c', 'copy', '-f', 'fifo', '-fifo_format', 'mp4', '-timeshift', '1', '-format_opts', Object.entries(BOXES).map((option) => option.join('=')).join(':'), '-flush_packets', '1', 'pipe:3',
];
/** RFC 3550 lets a sender count from its start instead of by the clock; no camera's clock stood here. */
const NO_CLOCK_BEFORE = Date.parse('2015-01-01');
/** Milliseconds from 1900, where NTP counts from, to 1970. */
const NTP_TO_EPOCH_MS = 2_208_988_800_000;

/**
 * Measures a camera's clock against ours over a connection of its own: by its RTCP sender reports (RFC 3550 §6.4.1), or else by the header Date of its
 * answers. The least delayed measurement counts, so that the offset is short by the network's best delay. Null: it cannot be told. Never rejects.
 */
export async function measureStreamClock(source: RtspSource, parts: StreamClockParts = {}): Promise<StreamClock | null> {
  return (await bySenderReports(source, parts)) ?? byDateHeader(source, parts);
}

/**
 * ffmpeg knows the sender's time of each packet after the first report; its MP4 writer puts it into a box `prft` before each fragment (ISO 14496-12
 * §8.16.5), but until then our own time. So it writes twice, once delayed by a second: our own time is another then, the sender's is the same.
 */
async function bySenderReports(source: RtspSource, { clock = systemClock, ffmpeg = FFMPEG, waitMs = WAIT_MS }: StreamClockParts): Promise<StreamClock | null> {
  const child = startReading(ffmpeg, source, [...inputArguments(source, false), ...TWO_OUTPUTS], 4), offsets: number[] = [], waiting: { readonly sentAt: number; readonly offset: number }[] = [];
  child.stdout.on('data', referenceTimes((sentAt) => waiting.push({ sentAt, offset: sentAt - clock() })));
  (child.stdio[3] as Readable).on('data', referenceTimes((sentAt) => {
    const first = waiting.shift();
    if (first?.sentAt === sentAt && sentAt > NO_CLOCK_BEFORE) offsets.push(first.offset);
    if (offsets.length >= ENOUGH) child.kill('SIGKILL');
  }));
  child.stderr.resume();
  const limit = setTimeout(() => child.kill('SIGKILL'), waitMs);
  await new Promise<void>((resolve) => { child.once('error', () => resolve()).once('close', () => resolve()); });
  clearTimeout(limit);
  if (offsets.length === 0) return null;
  const best = offsets.reduce((a, b) => Math.max(a, b)), worst = offsets.reduce((a, b) => Math.min(a, b));
  return { offsetMs: Math.round(best), spreadMs: Math.round(best - worst), from: 'sender-reports' };
}

/** Reads the times (epoch milliseconds) of `prft` boxes out of an MP4 that comes in pieces. Stops at the first thing that is no box. */
export function referenceTimes(onTime: (at: number) => void): (piece: Uint8Array) => void {
  let head = Buffer.alloc(0), skip = 0, broken = false;
  return (piece) => {
    let rest: Buffer = Buffer.concat([head, piece]);
    while (!broken) {
      const skipped = Math.min(skip, rest.length);
      rest = rest.subarray(skipped);
      skip -= skipped;
      if (skip > 0 || rest.length < 8) break;
      const size = rest.readUInt32BE(0);
      if (size < 8) broken = true;
      else if (rest.toString('latin1', 4, 8) !== 'prft') skip = size;
      else if (rest.length < 24) break;
      else {
        // Version and flags, track, then the time as seconds since 1900 with a fraction of 32 bits.
        onTime(rest.readUInt32BE(16) * 1000 + (rest.readUInt32BE(20) / 2 ** 32) * 1000 - NTP_TO_EPOCH_MS);
        skip = size;
      }
    }
    head = broken ? Buffer.alloc(0) : Buffer.from(rest);
  };
}

const ASK_MS = 5000;

/** OPTIONS needs no login. The date has whole seconds, of which on average half has passed. */
function byDateHeader({ url }: RtspSource, { clock = systemClock }: StreamClockParts): Promise<StreamClock | null> {
  const { hostname, port, protocol } = new URL(url);
  if (protocol !== 'rtsp:') return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? 554 : Number(port) }), askedAt = clock();
    const done = (answer: StreamClock | null): void => {
      socket.destroy();
      resolve(answer);
    };
    let text = '';
    socket.setTimeout(ASK_MS, () => done(null)).once('error', () => done(null)).once('close', () => done(null));
    socket.write(`OPTIONS ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      if (!text.includes('\r\n\r\n') && text.length < 20_000) return;
      const answeredAt = clock(), at = Date.parse(/^Date:\s*(.+)$/im.exec(text)?.[1]?.replaceAll(', ', ' ') ?? '');
      done(at > NO_CLOCK_BEFORE ? { offsetMs: Math.round(at + 500 - (askedAt + answeredAt) / 2), spreadMs: 500 + Math.round((answeredAt - askedAt) / 2), from: 'date-header' } : null);
    });
  });
}
