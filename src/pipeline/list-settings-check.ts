import type { Register } from '../geo/register.ts';
import { columnMapFault } from '../list/list-columns.ts';
import type { ListSettings } from '../list/list-settings.ts';
import { listApiKeys } from '../store/api-keys.ts';
import type { Database } from '../store/database.ts';

export interface SettingsFault { readonly field: string; readonly reason: string }

/** What the shape of a list's settings cannot tell: columns, sites and keys that there are not. null: nothing is wrong. */
export async function listSettingsFault({ columns, escalateTo, sites, feed }: ListSettings, register: Register, database: Database): Promise<SettingsFault | null> {
  const reason = columnMapFault(columns);
  if (reason !== null) return { field: 'columns', reason };
  const known = new Set(register.sites.map((site) => site.id)), keys = new Set((await listApiKeys(database)).map((key) => key.id));
  for (const [field, named] of [['sites', sites ?? []], ['escalateTo', escalateTo.flatMap((to) => ('site' in to ? [to.site] : []))]] as const) {
    const unknown = named.find((site) => !known.has(site));
    if (unknown !== undefined) return { field, reason: `there is no site "${unknown}" in the camera register` };
  }
  const unknownKey = escalateTo.flatMap((to) => ('key' in to && !keys.has(to.key) ? [to.key] : []))[0];
  if (unknownKey !== undefined) return { field: 'escalateTo', reason: `there is no API key with the id "${unknownKey}"; "darwaza key list" shows them` };
  // They would stand in every answer about the list and in the audit log.
  if (feed !== null && /^https?:\/\/[^/?#]*@/i.test(feed.url)) return { field: 'feed.url', reason: 'it must hold no user and password; let the server of the feed know this machine by its address' };
  return null;
}
