import { DarwazaError } from '../core/errors.ts';
import { overdueAudit, trimAudit } from '../store/audit-log.ts';
import type { Database } from '../store/database.ts';
import { deleteFrames, expirePictures, notePictures, overdueFrames, overduePictures, PICTURED, takeFramesMonth } from '../store/delete-frames.ts';
import { deleteFindings, overdueFindings } from '../store/delete-findings.ts';
import { deleteHits, overdueHits } from '../store/delete-hits.ts';
import { deleteCameraHours, deleteJourneys, deleteVehicles, overdueCameraHours, overdueJourneys, overdueVehicles } from '../store/delete-journeys.ts';
import { deleteOrphanedCorrections, deletePasses, overduePasses, takePassesMonth } from '../store/delete-passes.ts';
import { countDuePictures, orphansAmong, sweepDuePictures } from '../store/due-pictures.ts';
import type { EvidenceStore } from '../store/evidence.ts';
import { byReason, type Window } from '../store/kept-passes.ts';
import { monthPartitions, sliceEnd, takeEmptyMonths, type MonthPartition, type TakenMonth } from '../store/month-partitions.ts';
import type { PartitionedTable } from '../store/partitions.ts';
import { floorOf, raisePassesFloor } from '../store/retention-floors.ts';
import type { CutOffs, KindReport, RetentionKind } from '../store/retention-report.ts';
import { deleteOrphanedReadings } from '../store/pass-readings.ts';
import { deletePayloads, overduePayloads } from '../store/payloads.ts';
import { deleteReportedVehicles } from '../store/reported-vehicles.ts';
import { deleteSetAside, overdueSetAside } from '../store/set-aside.ts';
import { payloadDays, type KeepDays } from './keep-days.ts';

export interface RetentionContext {
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly keep: KeepDays;
  readonly cutOffs: CutOffs;
  /** When the run began, epoch milliseconds. */
  readonly at: number;
  readonly dryRun: boolean;
  /** Says that the run goes on. */
  readonly alive: () => Promise<void>;
  readonly onStep: (name: string) => void;
}

/** Deletes one kind as far as it is past, then counts what is left. */
export type RetentionStep = (context: RetentionContext) => Promise<KindReport>;

/** Rows in one transaction of deletion: short enough that nobody waits for it. */
const SLICE_ROWS = 5000;
/** Tries to get hold of the whole table for a moment; others may be reading it for minutes. */
const TRIES = 3;
/** A picture that was written so lately may belong to a row that is on its way. */
const SETTLED_MS = 3_600_000;
/** In so many days every folder of pictures is compared with the rows once. */
const COMPARED_IN_DAYS = 32;
const FOLDERS = 256, DAY_MS = 86_400_000;

const EPOCH = 0;

function kindReport(kind: RetentionKind, days: number, cutOff: number, rest: Partial<KindReport> & Pick<KindReport, 'overdue'>): KindReport {
  return { kind, days, cutOff, partitions: [], deleted: 0, bytes: 0, kept: {}, putOff: null, ...rest };
}

/** Deletes until nothing more goes. */
async function untilNone({ alive, onStep }: RetentionContext, name: string, once: () => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    onStep(name);
    const n = await once();
    if (n === 0) return total;
    total += n;
    await alive();
  }
}

interface Taken { readonly partitions: readonly string[]; readonly deleted: number; readonly bytes: number; readonly putOff: string | null }

/** Takes the months away that are wholly before `cutOff` and were not taken before. */
async function takePastMonths(context: RetentionContext, table: PartitionedTable, months: readonly MonthPartition[], take: (month: MonthPartition) => Promise<TakenMonth>): Promise<Taken> {
  const partitions: string[] = [];
  let deleted = 0, bytes = 0;
  for (const month of months) {
    context.onStep(`${table} ${month.name}`);
    const taken = await triedTimes(TRIES, () => take(month));
    if (taken === null) return { partitions, deleted, bytes, putOff: `The month ${month.name} is in use; its rows are deleted one by one, and its space is given back by a later run.` };
    partitions.push(month.name);
    deleted += taken.deleted;
    bytes += taken.bytes;
    await context.alive();
  }
  return { partitions, deleted, bytes, putOff: null };
}

async function triedTimes<T>(times: number, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DarwazaError) || cause.code !== 'DATABASE_TIMEOUT') throw cause;
    return times > 1 ? triedTimes(times - 1, work) : null;
  }
}

/** The time of a table before `cutOff`, and its months that are wholly in it. */
async function pastOf(database: Database, table: PartitionedTable, cutOff: number): Promise<{ readonly window: Window; readonly months: readonly MonthPartition[]; readonly untaken: readonly MonthPartition[] }> {
  const all = await monthPartitions(database.bulk, table), months = all.filter((month) => month.to <= cutOff), from = Math.min(cutOff, all[0]?.from ?? cutOff);
  const taken = await floorOf(database.bulk, `${table}-months`) ?? EPOCH;
  return { window: { from: Math.max(EPOCH, from), to: cutOff }, months, untaken: months.filter((month) => month.to > taken) };
}

/** Goes through a window in slices of few rows. */
async function eachSlice(context: RetentionContext, table: PartitionedTable, window: Window, work: (slice: Window) => Promise<number | void>, only?: Parameters<typeof sliceEnd>[4]): Promise<number> {
  let total = 0;
  for (let { from } = window; from < window.to;) {
    const to = await sliceEnd(context.database.bulk, table, { from, to: window.to }, SLICE_ROWS, only);
    context.onStep(`${table} slice`);
    total += await work({ from, to }) ?? 0;
    from = to;
    await context.alive();
  }
  return total;
}

const passes: RetentionStep = async (context) => {
  const { database, cutOffs, keep, dryRun } = context, past = await pastOf(database, 'passes', cutOffs.passes);
  const left = () => overduePasses(database.bulk, past.window, cutOffs);
  if (dryRun) return wouldGo('passes', keep.passes, cutOffs.passes, await left(), past.untaken);
  context.onStep('floor');
  await raisePassesFloor(database, cutOffs.passes);
  const taken = await takePastMonths(context, 'passes', past.untaken, (month) => takePassesMonth(database, month, cutOffs));
  const deleted = await eachSlice(context, 'passes', past.window, (slice) => deletePasses(database, slice, cutOffs));
  context.onStep('passes corrections');
  await deleteOrphanedCorrections(database, past.window);
  await untilNone(context, 'passes readings', () => deleteOrphanedReadings(database, past.window));
  await untilNone(context, 'passes reported', () => deleteReportedVehicles(database, cutOffs.passes));
  return kindReport('passes', keep.passes, cutOffs.passes, { ...taken, ...await left(), deleted: taken.deleted + deleted, partitions: await withEmptied(context, 'passes', past.months, taken) });
};

/** After the slices: months of which nothing is left. */
async function withEmptied({ database, onStep }: RetentionContext, table: PartitionedTable, months: readonly MonthPartition[], taken: Taken): Promise<readonly string[]> {
  onStep(`${table} empty months`);
  const there = new Set((await monthPartitions(database.bulk, table)).map((month) => month.name));
  const emptied = await triedTimes(TRIES, () => takeEmptyMonths(database, table, months.filter((month) => there.has(month.name))));
  return [...new Set([...taken.partitions, ...emptied ?? []])];
}

function wouldGo(kind: RetentionKind, days: number, cutOff: number, left: Pick<KindReport, 'overdue'> & Partial<KindReport>, months: readonly MonthPartition[] = []): KindReport {
  return kindReport(kind, days, cutOff, { ...left, deleted: left.overdue, partitions: months.map((month) => month.name) });
}

const frames: RetentionStep = async (context) => {
  const { database, cutOffs, keep, dryRun, at } = context, past = await pastOf(database, 'frames', cutOffs.passes);
  const left = async () => {
    const { overdue, kept } = await overdueFrames(database.bulk, past.window);
    return { overdue, kept: byReason([{ why: 'pass', n: kept }]) };
  };
  if (dryRun) return wouldGo('frames', keep.passes, cutOffs.passes, await left(), past.untaken);
  const taken = await takePastMonths(context, 'frames', past.untaken, async (month) => {
    await eachSlice(context, 'frames', month, (slice) => notePictures(database, slice, at));
    return takeFramesMonth(database, month);
  });
  const deleted = await eachSlice(context, 'frames', past.window, (slice) => deleteFrames(database, slice, at));
  return kindReport('frames', keep.passes, cutOffs.passes, { ...taken, ...await left(), deleted: taken.deleted + deleted, partitions: await withEmptied(context, 'frames', past.months, taken) });
};

const pictures: RetentionStep = async (context) => {
  const { database, cutOffs, keep, dryRun, at } = context, { window } = await pastOf(database, 'frames', cutOffs.evidence);
  const left = async () => {
    const { overdue, open, hold } = await overduePictures(database.bulk, window);
    return { overdue, kept: byReason([{ why: 'open', n: open }, { why: 'hold', n: hold }]) };
  };
  if (dryRun) return wouldGo('pictures', keep.evidence, cutOffs.evidence, await left());
  await eachSlice(context, 'frames', window, (slice) => expirePictures(database, slice, at), PICTURED);
  const swept = await sweepPictures(context), compared = await compareFolders(context), waiting = await countDuePictures(database);
  const putOff = waiting === 0 ? null : `${waiting} pictures were written again within the last hour; the next run looks again.`;
  return kindReport('pictures', keep.evidence, cutOffs.evidence, { ...await left(), deleted: swept.deleted + compared.deleted, bytes: swept.bytes + compared.bytes, putOff });
};

interface DeletedFiles { readonly deleted: number; readonly bytes: number }

async function sweepPictures({ database, evidence, at, alive, onStep }: RetentionContext): Promise<DeletedFiles> {
  let deleted = 0, bytes = 0;
  for (let after = '', more = true; more;) {
    onStep('pictures');
    const swept = await sweepDuePictures(database, evidence, at - SETTLED_MS, after);
    deleted += swept.deleted;
    bytes += swept.bytes;
    ({ last: after, more } = swept);
    await alive();
  }
  return { deleted, bytes };
}

/**
 * Finds pictures for which no row stands: the program ended between writing one and its row. Only those as old as the passes of a day that is
 * over, and only a part of the folders each day, because there may be millions.
 */
async function compareFolders({ database, evidence, cutOffs, at, alive, onStep }: RetentionContext): Promise<DeletedFiles> {
  const day = Math.floor(at / DAY_MS) % COMPARED_IN_DAYS, share = FOLDERS / COMPARED_IN_DAYS;
  let deleted = 0, bytes = 0;
  for (let folder = day * share; folder < (day + 1) * share; folder++) {
    for await (const found of evidence.pictures(folder, cutOffs.passes)) {
      onStep('pictures without a row');
      const orphans = await orphansAmong(database, found.map((picture) => picture.sha256));
      for (const picture of found.filter(({ sha256 }) => orphans.has(sha256))) {
        const removed = await evidence.remove(picture, cutOffs.passes);
        if (removed.kind !== 'removed') continue;
        deleted++;
        bytes += removed.bytes;
      }
      await alive();
    }
  }
  return { deleted, bytes };
}

/** A kind whose rows go some at a time. */
function rowsOfKind(kind: RetentionKind, spec: {
  readonly days: (keep: KeepDays) => number;
  readonly cutOff: (cutOffs: CutOffs) => number;
  readonly delete: (context: RetentionContext, cutOff: number) => Promise<number>;
  readonly left: (database: Database, cutOff: number) => Promise<Pick<KindReport, 'overdue'> & Partial<KindReport>>;
}): RetentionStep {
  return async (context) => {
    const { database, keep, dryRun } = context, days = spec.days(keep), cutOff = spec.cutOff(context.cutOffs);
    if (dryRun) return wouldGo(kind, days, cutOff, await spec.left(database, cutOff));
    const deleted = await untilNone(context, kind, () => spec.delete(context, cutOff));
    return kindReport(kind, days, cutOff, { deleted, ...await spec.left(database, cutOff) });
  };
}

const hits = rowsOfKind('hits', {
  days: (keep) => Math.max(keep.hits, keep.passes), cutOff: (c) => c.hits,
  delete: ({ database }, cutOff) => deleteHits(database, cutOff), left: ({ bulk }, cutOff) => overdueHits(bulk, cutOff),
});

const journeys = rowsOfKind('journeys', {
  days: (keep) => keep.journeys, cutOff: (c) => c.journeys,
  delete: ({ database }, cutOff) => deleteJourneys(database, cutOff), left: ({ bulk }, cutOff) => overdueJourneys(bulk, cutOff),
});

/** What journeys show goes with them. */
const findings = rowsOfKind('findings', {
  days: (keep) => keep.journeys, cutOff: (c) => c.journeys,
  delete: ({ database }, cutOff) => deleteFindings(database, cutOff), left: ({ bulk }, cutOff) => overdueFindings(bulk, cutOff),
});

const vehicles = rowsOfKind('vehicles', {
  days: (keep) => keep.passes, cutOff: (c) => c.passes,
  delete: ({ database }, cutOff) => deleteVehicles(database, cutOff), left: async ({ bulk }, cutOff) => ({ overdue: await overdueVehicles(bulk, cutOff) }),
});

/** As long as there are passes or journeys of the time to compare them with. */
const cameraHours = rowsOfKind('camera-hours', {
  days: (keep) => Math.max(keep.passes, keep.journeys), cutOff: (c) => Math.min(c.passes, c.journeys),
  delete: ({ database }, cutOff) => deleteCameraHours(database, cutOff), left: async ({ bulk }, cutOff) => ({ overdue: await overdueCameraHours(bulk, cutOff) }),
});

const setAside = rowsOfKind('set-aside', {
  days: (keep) => keep.setAside, cutOff: (c) => c.setAside,
  delete: ({ database, at }, cutOff) => deleteSetAside(database, cutOff, at),
  left: async ({ bulk }, cutOff) => {
    const { overdue, hold } = await overdueSetAside(bulk, cutOff);
    return { overdue, kept: byReason([{ why: 'hold', n: hold }]) };
  },
});

const payloads = rowsOfKind('payloads', {
  days: payloadDays, cutOff: (c) => c.payloads,
  delete: ({ database, at }, cutOff) => deletePayloads(database, cutOff, at),
  left: async ({ bulk }, cutOff) => {
    const { overdue, hold } = await overduePayloads(bulk, cutOff);
    return { overdue, kept: byReason([{ why: 'hold', n: hold }]) };
  },
});

const audit: RetentionStep = async ({ database, cutOffs, keep, dryRun, at, onStep }) => {
  onStep('audit');
  const deleted = dryRun ? 0 : await trimAudit(database, cutOffs.audit, { actor: 'retention', at });
  const { overdue, hold } = await overdueAudit(database.bulk, cutOffs.audit), left = { overdue, kept: byReason([{ why: 'hold', n: hold }]) };
  return dryRun ? wouldGo('audit', keep.audit, cutOffs.audit, left) : kindReport('audit', keep.audit, cutOffs.audit, { deleted, ...left });
};

/** In this order: rows before the pictures that they stand for, so that a crash between leaves a picture to be swept and never a row without one. */
export const RETENTION_STEPS: readonly RetentionStep[] = [passes, frames, setAside, payloads, pictures, hits, journeys, findings, vehicles, cameraHours, audit];
