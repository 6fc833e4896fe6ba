import { z } from 'zod';
import { UNPLACED_CAMERA } from '../camera/picture-folder.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Downtime } from '../geo/downtime.ts';
import { knowsCamera, type Camera, type Register } from '../geo/register.ts';
import { groupedBy } from '../journey/build.ts';
import { cameraDowntime } from '../store/camera-downtime.ts';
import { troublesIn, type CameraTrouble } from '../store/camera-troubles.ts';
import { camerasWithPasses } from '../store/cameras-with-passes.ts';
import { Instant, instantOrNull } from './answer-fields.ts';
import type { Services } from './services.ts';

interface Place {
  readonly site?: string | undefined;
  /** One, or several of which any will do. */
  readonly camera?: string | readonly string[] | undefined;
}
interface Period { readonly from?: number | undefined; readonly to?: number | undefined }

/** "Not seen" is never shown without the cameras that could not have seen it. */
export const camerasWithoutPasses = z.array(z.string()).nullable()
  .describe('Cameras of this search that recorded no pass of any vehicle in its period: what they did not show proves nothing. null on later pages');

export const CameraDown = z.strictObject({
  camera: z.string(), from: Instant.describe('Its last pass before, or the beginning of its trouble'), to: Instant.nullable().describe('Its first pass after, or the end of its trouble; null = it has not ended yet'),
  reason: z.enum(['no-passes', 'silent', 'blind']).describe('`no-passes`: it showed nothing in hours in which it usually does; `silent`, `blind`: seen while it was so'),
  message: z.string().nullable().describe('What was seen of it; null = nothing but the missing passes'),
}).meta({ id: 'CameraDown' });

/** A time in which a camera could not have seen a vehicle, and by what that is known. */
export interface CameraOutage extends Downtime { readonly reason: 'no-passes' | 'silent' | 'blind'; readonly message: string | null }

export function cameraDown({ cameraId, from, to, reason, message }: CameraOutage, offset: number): z.output<typeof CameraDown> {
  return { camera: cameraId, from: formatInstant(from, offset), to: instantOrNull(to, offset), reason, message };
}

/** Fields of an answer that say what its cameras could not have seen. */
export const cameraScopeFields = {
  camerasWithoutPasses,
  camerasDown: z.array(CameraDown).nullable().describe('When cameras of this search showed nothing for an hour or more in which they usually show vehicles, or were silent or blind; the longest 200. null on later pages'),
  camerasDownMore: z.int().nullable().describe('How many such times are not named here'),
  camerasDownSince: Instant.nullable().describe('Such times were looked for from here on: at most 31 days back from the end of the period, 7 where it has no beginning'),
};
type CameraScope = z.output<z.ZodObject<typeof cameraScopeFields>>;

const LATER_PAGE: CameraScope = { camerasWithoutPasses: null, camerasDown: null, camerasDownMore: null, camerasDownSince: null };
const DAY_MS = 86_400_000, LOOKED_BACK_MS = 31 * DAY_MS, LOOKED_BACK_UNASKED_MS = 7 * DAY_MS, SHOWN = 200;

/**
 * A misspelt place would find nothing, and nothing looks like "was not there".
 * @throws CAMERA_UNKNOWN, REQUEST_INVALID
 */
export function checkPlace({ site, camera }: Place, register: Register): void {
  const unknown = (typeof camera === 'string' ? [camera] : camera ?? []).find((id) => id !== UNPLACED_CAMERA && !knowsCamera(register, id));
  if (unknown !== undefined) throw new DarwazaError('CAMERA_UNKNOWN', { camera: unknown });
  if (site !== undefined && !register.sites.some((s) => s.id === site)) {
    throw new DarwazaError('REQUEST_INVALID', { reason: `there is no site "${site}"; GET /api/v1/cameras lists the sites` });
  }
}

const stoodIn = (c: Camera, { from = -Infinity, to = Infinity }: Period): boolean => (c.validFrom ?? -Infinity) < to && from < (c.validTo ?? Infinity);

/** Ids of the cameras of the search that stood at any time in its period, sorted. */
export function camerasInScope(register: Register, search: Place & Period): string[] {
  const { camera, site } = search, named = camera === undefined ? null : new Set(typeof camera === 'string' ? [camera] : camera);
  const inScope = register.cameras.filter((c) => (named?.has(c.id) ?? true) && (site ?? c.siteId) === c.siteId && stoodIn(c, search));
  return [...new Set(inScope.map((c) => c.id))].sort();
}

/** Ids of the cameras of the search that recorded nothing in its period, sorted. */
export async function silentCameras({ database, register }: Pick<Services, 'database' | 'register'>, search: Place & Period): Promise<string[]> {
  const ids = camerasInScope(register, search), seen = await camerasWithPasses(database, ids, search);
  return ids.filter((id) => !seen.has(id));
}

interface Outages { readonly spans: readonly CameraOutage[]; readonly more: number; readonly since: number }

/** When the cameras were down in the last 31 days of the period (7 where it has no beginning), and where the look back began. */
export async function downIn({ database, register, clock }: Pick<Services, 'database' | 'register' | 'clock'>, cameraIds: readonly string[], search: Period, limit = SHOWN): Promise<Outages> {
  const now = clock(), to = Math.min(search.to ?? now, now), since = Math.max(search.from ?? to - LOOKED_BACK_UNASKED_MS, to - LOOKED_BACK_MS, 0);
  const [{ spans, more }, troubles] = await Promise.all([
    cameraDowntime(database, { cameraIds, from: since, to, now, timeZone: register.city.timeZone }, limit), troublesIn(database, cameraIds, { from: since, to }, ['silent', 'blind']),
  ]);
  const outages = withTroubles(spans, troubles), length = (o: CameraOutage): number => (o.to ?? now) - o.from;
  const longest = outages.toSorted((a, b) => length(b) - length(a) || byBeginning(a, b)).slice(0, limit).toSorted(byBeginning);
  return { spans: longest, more: more + outages.length - longest.length, since };
}

const byBeginning = (a: CameraOutage, b: CameraOutage): number => a.from - b.from || (a.cameraId < b.cameraId ? -1 : a.cameraId > b.cameraId ? 1 : 0);

/** A silence that was noticed while it was is the one that the missing passes show: it says why. Shorter ones, and blindness, stand for themselves. */
function withTroubles(spans: readonly Downtime[], troubles: readonly CameraTrouble[]): CameraOutage[] {
  const troublesOf = groupedBy(troubles, (t) => t.cameraId), told = new Set<CameraTrouble>();
  const missing = spans.map((span): CameraOutage => {
    const noticed = troublesOf.get(span.cameraId)?.find((t) => t.kind === 'silent' && t.since < (span.to ?? Infinity) && (t.until ?? Infinity) > span.from);
    if (noticed === undefined) return { ...span, reason: 'no-passes', message: null };
    told.add(noticed);
    return { ...span, reason: 'silent', message: noticed.message };
  });
  const others = troubles.filter((t) => !told.has(t)).map(({ cameraId, since, until, kind, message }): CameraOutage => ({ cameraId, from: since, to: until, reason: kind === 'blind' ? 'blind' : 'silent', message }));
  return [...missing, ...others];
}

/** What the cameras of a search could not have seen; on the first page alone. */
export async function cameraScope(services: Pick<Services, 'database' | 'register' | 'clock' | 'config'>, search: Place & Period & { readonly cursor?: string | undefined }): Promise<CameraScope> {
  if (search.cursor !== undefined) return LATER_PAGE;
  const offset = services.config.DARWAZA_UTC_OFFSET_MINUTES, cameraIds = camerasInScope(services.register, search);
  const [silent, down] = await Promise.all([silentCameras(services, search), downIn(services, cameraIds, search)]);
  return {
    camerasWithoutPasses: silent,
    camerasDown: down.spans.map((span) => cameraDown(span, offset)),
    camerasDownMore: down.more, camerasDownSince: formatInstant(down.since, offset),
  };
}
