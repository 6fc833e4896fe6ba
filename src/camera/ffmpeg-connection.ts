import type { Log } from '../core/log.ts';
import { FFMPEG, ffmpegMissing, SOCKET_TIMEOUT_MS, startFfmpeg, type Ffmpeg } from './ffmpeg-command.ts';
import { faultIn, lineSplitter, readFfmpegLine } from './ffmpeg-lines.ts';
import { createFrameAssembly, type FrameAssembly, type FrameHeader } from './frame-assembly.ts';
import type { StreamSource } from './stream-sources.ts';

/** A camera that has no key frame for 4 s is rare; one that was told to send key frames alone may take far longer over each. */
const STALL_MS = 10_000, STALL_KEY_FRAMES_MS = 40_000;
/** After this a child that was asked to end is ended. */
const GRACE_MS = 1500;
/** Errors that are kept to tell why a connection ended. */
const LAST_ERRORS = 12;

export interface ConnectionFault { readonly message: string; /** Trying again cannot help. */ readonly permanent: boolean }
export interface ConnectionEnd { readonly fault: ConnectionFault; /** The source was read to its end. */ readonly whole: boolean }

export interface ConnectionParts {
  readonly log: Log;
  readonly ffmpeg?: string | undefined;
  readonly stallMs?: number | undefined;
  buffer(bytes: number): Uint8Array | 'wait' | null;
  onFrame(header: FrameHeader, data: Uint8Array | null): void;
  /** A buffer comes back without a frame. */
  unused(buffer: Uint8Array): void;
  onError(): void;
  cover(text: string): string;
  onEnd(end: ConnectionEnd): void;
}

/** One run of ffmpeg over the source. */
export class FfmpegConnection {
  readonly #source: StreamSource;
  readonly #stallMs: number;
  readonly #parts: ConnectionParts;
  readonly #child: Ffmpeg;
  readonly #assembly: FrameAssembly;
  readonly #gone: Promise<void>;
  #stall: NodeJS.Timeout | undefined;
  #errors: string[] = [];
  #frames = 0;
  #own: ConnectionFault | null = null;

  constructor(source: StreamSource, parts: ConnectionParts) {
    this.#source = source;
    this.#parts = parts;
    this.#stallMs = parts.stallMs ?? (source.keyFramesOnly ? STALL_KEY_FRAMES_MS : STALL_MS);
    const command = parts.ffmpeg ?? FFMPEG, child = this.#child = startFfmpeg(command, source);
    this.#assembly = createFrameAssembly({ buffer: parts.buffer, unused: parts.unused, ready: () => void child.stdout.resume(), onFrame: (header, data) => this.#frame(header, data) });
    child.stdout.on('data', (chunk: Buffer) => void (this.#assembly.bytes(chunk) || child.stdout.pause()));
    child.stderr.setEncoding('utf8').on('data', lineSplitter((line) => this.#line(line)));
    // Until the first frame there is a login to be made and a key frame to be waited for.
    if (source.kind === 'rtsp') this.#stall = setTimeout(() => this.#stalled(), Math.max(this.#stallMs, SOCKET_TIMEOUT_MS));
    this.#gone = new Promise((resolve) => {
      child.once('error', (cause) => {
        this.#own = { message: ffmpegMissing(command, cause).message, permanent: true };
        resolve();
      });
      child.once('close', () => resolve());
    });
    void this.#gone.then(() => this.#ended());
  }

  next(): void {
    this.#assembly.next();
  }

  /** Resolves when ffmpeg is gone. Asked first, so that it takes its leave of the camera, which has few sessions to give. */
  async stop(): Promise<void> {
    clearTimeout(this.#stall);
    this.#child.kill('SIGTERM');
    this.#child.stdout.removeAllListeners('data').resume();
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.#gone;
    clearTimeout(hard);
  }

  #frame(header: FrameHeader, data: Uint8Array | null): void {
    this.#frames += 1;
    if (this.#stall !== undefined) {
      clearTimeout(this.#stall);
      this.#stall = setTimeout(() => this.#stalled(), this.#stallMs);
    }
    this.#parts.onFrame(header, data);
  }

  #stalled(): void {
    this.#own = { message: `no frame came for ${this.#stallMs / 1000} s`, permanent: false };
    void this.stop();
  }

  #line(line: string): void {
    const read = readFfmpegLine(line);
    if (read.kind === 'frame') this.#assembly.header(read.header);
    if (read.kind !== 'error') return;
    const text = this.#parts.cover(read.text);
    this.#errors = [...this.#errors.slice(1 - LAST_ERRORS), text];
    if (this.#frames > 0) this.#parts.onError();
    this.#parts.log.debug({ camera: this.#source.camera, said: text }, 'ffmpeg');
  }

  #ended(): void {
    clearTimeout(this.#stall);
    this.#assembly.end();
    const { exitCode, signalCode } = this.#child, known = faultIn(this.#errors);
    const message = signalCode === null ? known ?? (this.#frames > 0 ? 'the camera ended the stream' : 'it gave no frame') : `ffmpeg was ended by ${signalCode}`;
    this.#parts.onEnd({ fault: this.#own ?? { message, permanent: signalCode === null }, whole: this.#own === null && exitCode === 0 && this.#frames > 0 });
  }
}
