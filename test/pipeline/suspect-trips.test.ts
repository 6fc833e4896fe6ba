import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Pass } from '../../src/pass/pass.ts';
import type { Recorder } from '../../src/pipeline/record.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { aPass, HOUR, MINUTE, MORNING } from '../support/passes.ts';
import { recorderOn } from '../support/recorder.ts';

/** Lak Pass is some 30 km from Baleli by the straight line. */
const seen = (cameraId: string, minutes: number, mark = 'LEC-13-8447'): Pass => aPass({ cameraId, capturedAt: MORNING + minutes * MINUTE, mark });

onBothDatabases('passes that no vehicle could have made', (database) => {
  let recorder: Recorder;
  beforeEach(async () => {
    await database().clear();
    recorder = recorderOn(database().db, () => MORNING + HOUR);
  });
  const due = async (): Promise<string[]> => (await rowsOf<{ key: string }>(database().db.orm, sql`select key from finding_due order by sequence`)).map((row) => row.key);

  describe('are due for a closer look', () => {
    test('when the second comes later', async () => {
      await recorder.record([seen('baleli-in-1', 0)]);
      await recorder.record([seen('lak-pass-out-1', 5), seen('sariab-1', 5, 'AAR-540')]);
      expect(await due()).toEqual(['LEC8447']);
    });

    test('when both come together, whichever stands first', async () => {
      await recorder.record([seen('lak-pass-out-1', 5), seen('baleli-in-1', 0)]);
      expect(await due()).toEqual(['LEC8447']);
    });

    test('when the first comes late', async () => {
      await recorder.record([seen('lak-pass-out-1', 5)]);
      await recorder.record([seen('baleli-in-1', 0)]);
      expect(await due()).toEqual(['LEC8447']);
    });
  });

  describe('are not', () => {
    test.each([
      ['a trip in its time', [seen('baleli-in-1', 0), seen('lak-pass-out-1', 60)]],
      ['two sights at one site', [seen('baleli-in-1', 0), seen('baleli-out-1', 0.1)]],
      ['two marks', [seen('baleli-in-1', 0), seen('lak-pass-out-1', 5, 'AAR-540')]],
      ['a camera that the register does not know', [seen('baleli-in-1', 0), seen('new-camera', 1)]],
      ['the same pass again', [seen('baleli-in-1', 0), seen('baleli-in-1', 0)]],
    ])('%s', async (_, passes) => {
      await recorder.record(passes);
      await recorder.record(passes);
      expect(await due()).toEqual([]);
    });
  });
});
