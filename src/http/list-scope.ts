import { DarwazaError } from '../core/errors.ts';
import { listOverviews, type ListOverview } from '../store/list-overview.ts';
import { seesCovert, type Caller } from './access.ts';
import type { Services } from './services.ts';

/** A covert list is not there for keys that may not see its hits. @throws LIST_NOT_FOUND */
export async function visibleList({ database }: Pick<Services, 'database'>, caller: Caller | null, list: string): Promise<ListOverview> {
  const [found] = await listOverviews(database, list);
  if (found === undefined || (found.settings.covert && !seesCovert(caller))) throw new DarwazaError('LIST_NOT_FOUND', { list });
  return found;
}

/** As `visibleList`, where a list may be made by what follows. @throws LIST_NOT_FOUND for a covert list that the key may not see */
export async function checkVisibleOrNew({ database }: Pick<Services, 'database'>, caller: Caller | null, list: string): Promise<ListOverview | null> {
  const [found] = await listOverviews(database, list);
  if (found?.settings.covert && !seesCovert(caller)) throw new DarwazaError('LIST_NOT_FOUND', { list });
  return found ?? null;
}
