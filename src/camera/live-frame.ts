import type { Box } from '../vision/picture.ts';
import type { YuvPicture } from '../vision/yuv-picture.ts';

/** One decoded picture of a stream. It is nobody's evidence yet: that becomes what a pass keeps of it. */
export interface LiveFrame {
  readonly cameraId: string;
  /** Epoch milliseconds by this machine's clock, from the stream's own spacing of frames. */
  readonly capturedAt: number;
  /** Over a SharedArrayBuffer, so that threads read them where they lie. Untouched until `release`. */
  readonly picture: YuvPicture;
  /** Where something moved since the frames before, in pixels; empty: nothing did. */
  readonly moving: readonly Box[];
  /** The part of the picture that is looked at; null: all of it. */
  readonly region: Box | null;
  /** Gives the buffer back. Once; the pixels must not be read after it. */
  release(): void;
}

/** What a stream is doing, for the health of its camera. Counts rise for as long as the stream object lives. */
export interface StreamState {
  readonly state: 'connecting' | 'running' | 'waiting' | 'ended' | 'closed';
  /** Epoch milliseconds; null: none yet. */
  readonly lastFrameAt: number | null;
  /** Frames given on, and frames that were not: nothing moved in them, or they had waited for the connection so that their time is unknown. */
  readonly frames: number;
  readonly still: number;
  /** Frames passed over because all buffers were with the receiver: it is too slow. */
  readonly dropped: number;
  readonly decodeErrors: number;
  readonly reconnects: number;
  /** Why it waits or ended, without secrets; null while it runs. */
  readonly fault: string | null;
  /** Mean brightness of the latest frame, 0..255, and the share of the scene that stands where it stood before, 0..1; null: none yet. */
  readonly brightness: number | null;
  readonly sameScene: number | null;
}

/** A camera's frames, for as long as it is open. It reconnects by itself; a file ends. */
export interface FrameStream {
  readonly cameraId: string;
  state(): StreamState;
  /** Resolves when a file has been read to its end; of a camera only when it is closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}
