import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { traceOf } from '../core/trace.ts';
import type { Register } from '../geo/register.ts';
import { listStates } from '../store/active-list-entries.ts';
import { appendAudit } from '../store/audit-log.ts';
import type { Database } from '../store/database.ts';
import { exportJourneys } from '../store/export-journeys.ts';
import { exportPasses } from '../store/export-passes.ts';
import { registerState } from '../store/import-register.ts';
import type { PassFilter } from '../store/list-passes.ts';
import { cameraScope, cameraScopeFields, camerasInScope } from './camera-scope.ts';
import { Instant } from './answer-fields.ts';
import { journeySubject, passSubject } from './export-columns.ts';
import { exportFormat, exportWriter, type ExportFormat, type ExportSubject } from './export-formats.ts';
import { ExportStream, type ExportEnd } from './export-stream.ts';
import { journeyFilterOf, type JourneyQuery } from './journeys.ts';
import { listAge, ListAge, registerAge, RegisterAge } from './list-age.ts';
import { passFilterOf, type PassQuery } from './passes.ts';
import type { Services } from './services.ts';

export type ExportServices = Pick<Services, 'database' | 'register' | 'config' | 'clock' | 'log'>;

/** What is wanted, and who answers for it. */
export interface ExportOrder {
  readonly of: { readonly records: 'passes'; readonly query: PassQuery } | { readonly records: 'journeys'; readonly query: JourneyQuery };
  readonly format: ExportFormat;
  readonly bom: boolean;
  /** The filter as it was written. */
  readonly filter: Readonly<Record<string, string>>;
  /** Id of the API key, or `cli`. */
  readonly actor: string;
  readonly purpose: string | null;
  readonly caseReference: string | null;
  readonly requestId: string | null;
  readonly covert: boolean;
  /** Asked now and then while the export lasts; false ends it. */
  readonly mayGoOn: () => Promise<boolean>;
}

const NOTE = 'Not seen is not absent: look at the cameras that recorded nothing. Not in a list is not innocent. A file without its end was cut: do not use it as whole.';

export const ExportHead = z.strictObject({
  export: z.string().describe('Id of the export, in the audit log too'),
  records: z.enum(['passes', 'journeys']), format: exportFormat,
  madeAt: Instant, actor: z.string().describe('Id of the API key, or `cli`'), purpose: z.string().nullable(), caseReference: z.string().nullable(),
  filter: z.record(z.string(), z.string()).describe('As it was asked'), order: z.string(),
  ...cameraScopeFields,
  lists: z.array(ListAge).describe('Lists that the key may see, with their age'), register: RegisterAge.nullable(), note: z.string(),
}).meta({ id: 'ExportHead' });
export type ExportHead = z.output<typeof ExportHead>;

export const EXPORTS_PER_KEY = 2;
/** A client that takes nothing for so long is cut. */
export const STALLED_MS = 60_000;
const STILL_IN_FORCE_MS = 15_000;

const underWay = new WeakMap<Database, Map<string, number>>();

/**
 * Begins an export: its head, and the stream that makes the rest as it is taken. The caller writes `head` to the audit log before anything
 * leaves; how it ended is written here, as action `exportEnded` under the same id, before the last piece leaves.
 * @throws EXPORTS_TOO_MANY, REQUEST_INVALID, CAMERA_UNKNOWN, MARK_INVALID
 */
export async function beginExport(services: ExportServices, order: ExportOrder, stalledAfterMs: number | null = STALLED_MS): Promise<{ readonly head: ExportHead; readonly stream: ExportStream<never> }> {
  const release = take(services.database, order.actor);
  try {
    const pages = pagesOf(services, order), head = await headOf(services, order);
    const onEnd = (end: ExportEnd): Promise<void> => noteEnd(services, order, head.export, end).finally(release);
    const writer = exportWriter(order.format, pages.subject, order.bom);
    return { head, stream: new ExportStream({ writer, head, pages: pages.rows, onEnd, mayGoOn: nowAndThen(order.mayGoOn), stalledAfterMs }) };
  } catch (error) {
    release();
    throw error;
  }
}

function take(database: Database, actor: string): () => void {
  const counts = underWay.get(database) ?? new Map<string, number>(), open = counts.get(actor) ?? 0;
  underWay.set(database, counts);
  if (open >= EXPORTS_PER_KEY) throw new DarwazaError('EXPORTS_TOO_MANY', { open, limit: EXPORTS_PER_KEY });
  counts.set(actor, open + 1);
  return () => void counts.set(actor, (counts.get(actor) ?? 1) - 1);
}

/** Which rows, in which shape; the two belong together. */
function pagesOf({ database, register, config }: ExportServices, { of }: ExportOrder): { readonly rows: AsyncGenerator<readonly never[]>; readonly subject: ExportSubject<never> } {
  const offset = config.DARWAZA_UTC_OFFSET_MINUTES;
  return of.records === 'passes'
    ? { rows: exportPasses(database, withSiteCameras(passFilterOf(of.query, { register }), register)) as AsyncGenerator<readonly never[]>, subject: passSubject(register, offset) as ExportSubject<never> }
    : { rows: exportJourneys(database, journeyFilterOf(of.query, { register })) as AsyncGenerator<readonly never[]>, subject: journeySubject(register, offset) as ExportSubject<never> };
}

/** The index knows cameras, not sites. */
function withSiteCameras(filter: PassFilter, register: Register): PassFilter {
  return filter.siteId === undefined || filter.cameraId !== undefined ? filter : { ...filter, cameraId: camerasInScope(register, { site: filter.siteId }) };
}

async function headOf(services: ExportServices, { of, format, filter, actor, purpose, caseReference, covert }: ExportOrder): Promise<ExportHead> {
  const { database, clock, config } = services, now = clock(), offset = config.DARWAZA_UTC_OFFSET_MINUTES, staleHours = config.DARWAZA_LIST_AGE_LIMIT_HOURS;
  const [scope, lists, register] = await Promise.all([cameraScope(services, of.query), listStates(database), registerState(database)]);
  return {
    export: `x_${randomBytes(8).toString('hex')}`, records: of.records, format, madeAt: formatInstant(now, offset), actor, purpose, caseReference, filter: { ...filter },
    order: of.records === 'passes' ? 'newest capture first' : 'latest start first', ...scope,
    lists: lists.filter((l) => covert || !l.settings.covert).map((l) => listAge(l, now, staleHours, offset)), register: register && registerAge(register, now, staleHours, offset), note: NOTE,
  };
}

/** At most every 15 s; a database that does not answer withdraws no key. */
function nowAndThen(ask: () => Promise<boolean>): () => Promise<boolean> {
  let askedAt = performance.now();
  return async () => {
    if (performance.now() - askedAt < STILL_IN_FORCE_MS) return true;
    askedAt = performance.now();
    return ask().catch(() => true);
  };
}

/** @throws AUDIT_UNAVAILABLE */
async function noteEnd({ database, clock, log }: ExportServices, { actor, purpose, caseReference, requestId }: ExportOrder, id: string, end: ExportEnd): Promise<void> {
  const { rows, ...rest } = end;
  try {
    await appendAudit(database, { at: clock(), actor, action: 'exportEnded', purpose, caseReference, question: { export: id, ...rest }, resultCount: rows, requestId });
  } catch (cause) {
    log.error({ export: id, trace: traceOf(cause) }, 'the end of an export could not be written to the audit log');
    throw new DarwazaError('AUDIT_UNAVAILABLE', {}, cause);
  }
}
