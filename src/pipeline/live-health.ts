import { DarwazaError } from '../core/errors.ts';
import type { CameraHealth } from './camera-health.ts';
import type { LiveWatcher } from './live-cameras.ts';

/** What the streams tell of themselves, for the health of their cameras. */
export function watchStreams(health: CameraHealth): LiveWatcher {
  return {
    // The stream's own counts hold every frame, also those that nothing moved in.
    frameRead: () => undefined,
    dropped: (cameraId, frames) => health.dropped(cameraId, frames),
    failed: (cameraId, cause) => health.refused(cameraId, cause instanceof DarwazaError ? cause.code : 'INTERNAL'),
    streamState(cameraId, stream, { waiting }) {
      health.streamState(cameraId, stream);
      health.queueDepth(cameraId, waiting);
    },
  };
}
