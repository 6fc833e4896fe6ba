import { z } from 'zod';
import { UNPLACED_CAMERA } from '../camera/picture-folder.ts';
import { DarwazaError } from '../core/errors.ts';
import { knowsCamera, type Camera, type Register } from '../geo/register.ts';
import { camerasWithPasses } from '../store/cameras-with-passes.ts';
import type { Services } from './services.ts';

interface Place { readonly site?: string | undefined; readonly camera?: string | undefined }
interface Period { readonly from?: number | undefined; readonly to?: number | undefined }

/** "Not seen" is never shown without the cameras that could not have seen it. */
export const camerasWithoutPasses = z.array(z.string()).nullable()
  .describe('Cameras of this search that recorded no pass of any vehicle in its period: what they did not show proves nothing. null on later pages');

/**
 * A misspelt place would find nothing, and nothing looks like "was not there".
 * @throws CAMERA_UNKNOWN, REQUEST_INVALID
 */
export function checkPlace({ site, camera }: Place, register: Register): void {
  if (camera !== undefined && camera !== UNPLACED_CAMERA && !knowsCamera(register, camera)) throw new DarwazaError('CAMERA_UNKNOWN', { camera });
  if (site !== undefined && !register.sites.some((s) => s.id === site)) {
    throw new DarwazaError('REQUEST_INVALID', { reason: `there is no site "${site}"; GET /api/v1/cameras lists the sites` });
  }
}

const stoodIn = (c: Camera, { from = -Infinity, to = Infinity }: Period): boolean => (c.validFrom ?? -Infinity) < to && from < (c.validTo ?? Infinity);

/** Ids of the cameras of the search that recorded nothing in its period, sorted. */
export async function silentCameras({ database, register }: Pick<Services, 'database' | 'register'>, search: Place & Period): Promise<string[]> {
  const inScope = register.cameras.filter((c) => (search.camera ?? c.id) === c.id && (search.site ?? c.siteId) === c.siteId && stoodIn(c, search));
  const ids = [...new Set(inScope.map((c) => c.id))].sort();
  const seen = await camerasWithPasses(database, ids, search);
  return ids.filter((id) => !seen.has(id));
}
