import { beforeEach, expect, it } from 'vitest';
import { camerasWithPasses } from '../../src/store/cameras-with-passes.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, HOUR, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

onBothDatabases('cameras with passes', (database) => {
  beforeEach(async () => {
    await database().clear();
    const recorder = recorderOn(database().db, () => MORNING);
    await recorder.record([
      aPass({ cameraId: 'baleli-in-1', capturedAt: MORNING }),
      aPass({ cameraId: 'sariab-1', capturedAt: MORNING + HOUR }),
      aPass({ cameraId: 'sariab-1', capturedAt: MORNING - 60 * 24 * HOUR, mark: null }),
    ]);
  });

  const seen = async (ids: readonly string[], period: { from?: number; to?: number } = {}): Promise<string[]> => [...await camerasWithPasses(database().db, ids, period)].sort();
  const both = ['sariab-1', 'baleli-in-1', 'hanna-urak-in-1'];

  it('are those of the asked ones that recorded anything, ever', async () => expect(await seen(both)).toEqual(['baleli-in-1', 'sariab-1']));

  it('are those of the period: its beginning counts, its end does not', async () => {
    expect(await seen(both, { from: MORNING, to: MORNING + HOUR })).toEqual(['baleli-in-1']);
    expect(await seen(both, { from: MORNING + 1 })).toEqual(['sariab-1']);
    expect(await seen(both, { to: MORNING })).toEqual(['sariab-1']);
    expect(await seen(both, { from: MORNING + 2 * HOUR })).toEqual([]);
  });

  it('are no others than were asked about', async () => expect(await seen(['baleli-in-1'])).toEqual(['baleli-in-1']));
  it('are none of none', async () => expect(await seen([])).toEqual([]));
  it('may be asked about by any name, and about very many', async () => {
    expect(await seen(["'", '"', '\\', '$1', 'ایک', 'baleli-in-1'])).toEqual(['baleli-in-1']);
    expect(await seen([...Array.from({ length: 5000 }, (_, i) => `camera-${i}`), 'sariab-1'])).toEqual(['sariab-1']);
  });
});
