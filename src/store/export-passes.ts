import { and, desc, gte, sql, type SQL } from 'drizzle-orm';
import type { Direction, Pass, TimeSource } from '../pass/pass.ts';
import type { Mark } from '../plate/mark.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { after, passConditions, period, type PassFilter } from './list-passes.ts';
import { markOf, type MarkRow } from './mark-columns.ts';
import { readingsOf, type PassReading } from './pass-readings.ts';
import { epochMs, rowsOf } from './query.ts';
import { passes } from './schema.ts';
import { walkBack } from './time-slices.ts';

/** What an export says of a pass: all but the single characters and where in the picture the plate was. */
export interface ExportedPass {
  readonly id: string;
  readonly cameraId: string;
  readonly siteId: string | null;
  readonly boundary: boolean;
  readonly direction: Direction;
  readonly capturedAt: number;
  readonly receivedAt: number;
  readonly timeSource: TimeSource;
  /** What was added to the camera's time, milliseconds; null: nothing. */
  readonly clockCorrectionMs: number | null;
  readonly movement: 'towards' | 'away' | null;
  readonly evidenceAt: number | null;
  readonly outcome: Pass['outcome'];
  readonly rawText: string;
  readonly mark: Mark | null;
  readonly confidence: number;
  readonly vehicle: { readonly class: string | null; readonly make: string | null; readonly colour: string | null };
  readonly evidenceSha256: string | null;
  readonly source: string;
  /** Id of the pass that this one corrects, and of the one that corrects this one. */
  readonly corrects: string | null;
  readonly correctedBy: string | null;
  /** Of a camera that reads plates itself and of our reader on its picture, earliest first; empty where one alone has read it. */
  readonly readings: readonly Pick<PassReading, 'reader' | 'readText' | 'agrees'>[];
}

type Row = MarkRow & Omit<ExportedPass, 'mark' | 'vehicle' | 'readings'> & { readonly vehicleClass: string | null; readonly vehicleMake: string | null; readonly vehicleColour: string | null };

/** Small pages die young: with 2,000 at once V8 moves most into old memory, and a million passes cost 18 s of a core in place of 12. */
const PAGE = 250;

/** Passes of our own frames, and people's corrections: there is no second reading to look for. */
const READ_ONCE: ReadonlySet<string> = new Set(['pipeline', 'stream', 'correction']);

const COLUMNS = sql`
  ${passes.id} as id, ${passes.cameraId} as "cameraId", ${passes.siteId} as "siteId", ${passes.boundary} as boundary, ${passes.direction} as direction,
  ${epochMs(sql`${passes.capturedAt}`)} as "capturedAt", ${epochMs(sql`${passes.receivedAt}`)} as "receivedAt", ${passes.timeSource} as "timeSource",
  ${passes.clockCorrectionMs} as "clockCorrectionMs", ${passes.movement} as movement, ${epochMs(sql`${passes.evidenceAt}`)} as "evidenceAt", ${passes.outcome} as outcome,
  ${passes.rawText} as "rawText", ${passes.markJurisdiction} as "markJurisdiction", ${passes.markDistrict} as "markDistrict", ${passes.markLetters} as "markLetters",
  ${passes.markYear} as "markYear", ${passes.markNumber} as "markNumber", ${passes.markSuffix} as "markSuffix", ${passes.markClass} as "markClass", ${passes.markSeries} as "markSeries",
  ${passes.confidence} as confidence, ${passes.vehicleClass} as "vehicleClass", ${passes.vehicleMake} as "vehicleMake", ${passes.vehicleColour} as "vehicleColour",
  ${passes.evidenceSha256} as "evidenceSha256", ${passes.source} as source, ${passes.corrects} as corrects,
  (select c.replacement_id from corrections c where c.pass_id = ${passes.id}) as "correctedBy"`;

/**
 * Every pass of the filter that was there when it began, newest capture first, in pages; each once. Late ones that come meanwhile may be among
 * them. @throws MARK_INVALID
 */
export async function* exportPasses(db: Database, filter: PassFilter, pageSize: number = PAGE): AsyncGenerator<readonly ExportedPass[]> {
  const conditions = passConditions({ ...filter, from: undefined, to: undefined });
  yield* walkBack({
    bounds: await boundsOf(db, filter), pageSize, placeOf: (pass) => ({ at: pass.capturedAt, id: pass.id }),
    read: ({ from, before }) => atStore(db, async () => {
      const rows = await rowsOf<Row>(db.orm, sql`
        select ${COLUMNS} from ${passes} where ${and(conditions, gte(passes.capturedAt, from), after(passes.capturedAt, passes.id, before))}
        order by ${desc(passes.capturedAt)}, ${desc(passes.id)} limit ${pageSize}
      `);
      const readings = await readingsOf(db.orm, rows.filter(({ source }) => !READ_ONCE.has(source)));
      return rows.map((row) => passOf(row, readings.get(row.id) ?? []));
    }),
  });
}

/** Of all passes of the period, whatever the rest of the filter says: two looks at the ends of an index. */
async function boundsOf(db: Database, filter: PassFilter): Promise<{ readonly earliest: number; readonly latest: number } | null> {
  const inPeriod: SQL | undefined = and(...period(passes.capturedAt, filter));
  const [row] = await atStore(db, () => rowsOf<{ earliest: number | null; latest: number | null }>(db.orm, sql`
    select ${epochMs(sql`min(${passes.capturedAt})`)} as earliest, ${epochMs(sql`max(${passes.capturedAt})`)} as latest from ${passes} ${inPeriod === undefined ? sql`` : sql`where ${inPeriod}`}
  `));
  return row === undefined || row.earliest === null || row.latest === null ? null : { earliest: row.earliest, latest: row.latest };
}

function passOf(row: Row, readings: readonly PassReading[]): ExportedPass {
  const { id, cameraId, siteId, boundary, direction, capturedAt, receivedAt, timeSource, clockCorrectionMs, movement, evidenceAt, outcome, rawText, confidence, evidenceSha256, source, corrects, correctedBy } = row;
  return {
    id, cameraId, siteId, boundary, direction, capturedAt, receivedAt, timeSource, clockCorrectionMs, movement, evidenceAt, outcome, rawText, mark: markOf(row), confidence,
    vehicle: { class: row.vehicleClass, make: row.vehicleMake, colour: row.vehicleColour }, evidenceSha256, source, corrects, correctedBy, readings,
  };
}
