/** How the capture time of a frame is known; only `camera` is evidence of when a vehicle was seen. */
export type TimeSource = 'camera' | 'exif' | 'file';

/** One picture with its capture time, as a camera (or a folder of pictures) gave it. */
export interface Frame {
  readonly cameraId: string;
  /** Epoch milliseconds. */
  readonly capturedAt: number;
  readonly timeSource: TimeSource;
  /** The file's bytes exactly as received: they are the evidence. */
  readonly bytes: Buffer;
  /** Name for messages. */
  readonly name: string;
  /** The camera sent it itself and just now: its clock can be measured by it. */
  readonly live?: boolean;
}
