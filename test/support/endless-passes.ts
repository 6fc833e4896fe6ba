import type { Pass } from '../../src/pass/pass.ts';
import { aPass, MINUTE, MORNING } from './passes.ts';

const CAMERAS = ['baleli-in-1', 'sariab-1', 'airport-road-1', 'lak-pass-out-1'];

/** Batches of passes of a few hundred vehicles that come, drive about and leave, the same for the same seed. LEA-1 to LEA-20 are the listed ones. */
export function* endlessPasses(seed: number): Generator<Pass[]> {
  for (let n = 0; ; n++) {
    yield Array.from({ length: 25 }, (_, i) => {
      const step = n * 25 + i, vehicle = (step * 7919 + seed) % 300;
      return aPass({ mark: `LEA-${vehicle + 1}`, cameraId: CAMERAS[step % CAMERAS.length] ?? '', capturedAt: MORNING + (step % 50) * MINUTE + step, sequence: seed });
    });
  }
}
