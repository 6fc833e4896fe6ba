import { yuvBytes } from '../vision/yuv-picture.ts';

/** What ffmpeg tells of a frame on one pipe before the frame's bytes come on another. */
export interface FrameHeader {
  /** Presentation time; null: it has none. */
  readonly seconds: number | null;
  readonly width: number;
  readonly height: number;
}

/** Puts frames together from the two pipes, in whatever pieces and order these are read. */
export interface FrameAssembly {
  header(header: FrameHeader): void;
  /** False: hold the bytes that follow until `ready` was called. */
  bytes(chunk: Uint8Array): boolean;
  /** A buffer has come free. */
  next(): void;
  /** Nothing more comes: the buffer of a frame that was cut off is given back. */
  end(): void;
}

export interface FrameAssemblyParts {
  /** A place for the frame; `wait`: there will be one later; null: there is none, the frame is passed over. */
  buffer(bytes: number): Uint8Array | 'wait' | null;
  /** `data` null: the frame was passed over. */
  onFrame(header: FrameHeader, data: Uint8Array | null): void;
  /** A buffer that holds no whole frame. */
  unused(buffer: Uint8Array): void;
  /** Bytes are wanted again. */
  ready(): void;
}

/** Headers and frames pair by their order alone: both come from one ffmpeg, which writes a frame's header first. */
export function createFrameAssembly(parts: FrameAssemblyParts): FrameAssembly {
  const headers: FrameHeader[] = [], waiting: Uint8Array[] = [];
  let frame: { header: FrameHeader; data: Uint8Array | null; size: number; filled: number } | null = null;

  const begin = (): boolean => {
    const header = headers[0];
    if (header === undefined) return false;
    const size = yuvBytes(header.width, header.height), data = parts.buffer(size);
    if (data === 'wait') return false;
    headers.shift();
    frame = { header, data, size, filled: 0 };
    return true;
  };
  const fill = (): void => {
    const chunk = waiting[0];
    if (frame === null || chunk === undefined) return;
    const used = Math.min(chunk.length, frame.size - frame.filled);
    frame.data?.set(used === chunk.length ? chunk : chunk.subarray(0, used), frame.filled);
    frame.filled += used;
    if (used === chunk.length) waiting.shift();
    else waiting[0] = chunk.subarray(used);
    if (frame.filled === frame.size) {
      const { header, data } = frame;
      frame = null;
      parts.onFrame(header, data);
    }
  };
  const work = (): void => {
    while (waiting.length > 0) {
      if (frame === null && !begin()) return;
      fill();
    }
    parts.ready();
  };
  return {
    header: (header) => {
      headers.push(header);
      work();
    },
    bytes: (chunk) => {
      waiting.push(chunk);
      work();
      return waiting.length === 0;
    },
    next: work,
    end: () => {
      const data = frame?.data ?? null;
      headers.length = waiting.length = 0;
      frame = null;
      if (data !== null) parts.unused(data);
    },
  };
}
