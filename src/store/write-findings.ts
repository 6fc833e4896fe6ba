import { inArray, sql } from 'drizzle-orm';
import type { Finding } from '../journey/finding.ts';
import { mergedFinding, type Examined } from '../journey/merge-findings.ts';
import type { Orm } from './database.ts';
import { findingOf } from './finding-record.ts';
import { markBatchColumns } from './mark-columns.ts';
import { array, batch, rowsOf, type BatchColumn } from './query.ts';
import { findings } from './schema.ts';

type Written = Finding & { readonly foundAt: number };

const COLUMNS: readonly BatchColumn<Written>[] = [
  { name: 'id', type: 'text', of: (f) => f.id },
  { name: 'kind', type: 'text', of: (f) => f.kind },
  { name: 'label', type: 'text', of: (f) => f.label },
  { name: 'key', type: 'text', of: (f) => f.key },
  { name: 'keys', type: 'text[]', of: (f) => f.keys },
  { name: 'found_at', type: 'timestamptz', of: (f) => f.foundAt },
  { name: 'first_at', type: 'timestamptz', of: (f) => f.firstAt },
  { name: 'last_at', type: 'timestamptz', of: (f) => f.lastAt },
  { name: 'count', type: 'integer', of: (f) => f.count },
  ...markBatchColumns<Written>((f) => f.mark),
  { name: 'summary', type: 'text', of: (f) => f.summary },
  { name: 'evidence', type: 'jsonb', of: (f) => f.evidence },
];
const UPDATES = sql.join(COLUMNS.filter((c) => c.name !== 'id' && c.name !== 'found_at').map((c) => sql`${sql.identifier(c.name)} = excluded.${sql.identifier(c.name)}`), sql`, `);

/** Lets one transaction at a time change findings, to its end: what two find of one vehicle is then joined, and none of it lost. */
async function lockFindings(tx: Orm): Promise<void> {
  await rowsOf(tx, sql`select pg_advisory_xact_lock(hashtextextended('darwaza findings', 0))`);
}

/** Stores what was found; what was found before gathers in the same finding. `at`: now, epoch milliseconds. Gives how many are new. */
export async function saveFindings(tx: Orm, found: readonly Finding[], at: number): Promise<number> {
  if (found.length === 0) return 0;
  await lockFindings(tx);
  const before = await storedFindings(tx, found.map((f) => f.id));
  const merged = found.flatMap((f) => mergedFinding(before.get(f.id) ?? null, f) ?? []);
  await write(tx, merged, before, at);
  await replaceSmallerConvoys(tx, merged);
  return merged.filter((f) => !before.has(f.id)).length;
}

/**
 * Makes the clones of a key what a time examined anew says: evidence in it that does not hold any more goes, and a finding without any goes
 * too, unless somebody has said something of it. Gives how many are new.
 */
export async function settleClones(tx: Orm, key: string, found: readonly Finding[], examined: Examined, at: number): Promise<number> {
  await lockFindings(tx);
  const rows = await tx.select().from(findings).where(sql`${findings.kind} = 'clone' and ${findings.keys} @> array[${key}]`);
  const before = new Map(rows.map((row) => [row.id, findingOf(row)])), now = new Map(found.map((f) => [f.id, f]));
  const ids = [...new Set([...before.keys(), ...now.keys()])], merged = ids.map((id) => [id, mergedFinding(before.get(id) ?? null, now.get(id) ?? null, examined)] as const);
  const gone = merged.flatMap(([id, finding]) => (finding === null ? [id] : []));
  if (gone.length > 0) await rowsOf(tx, sql`delete from findings where id = any(${array(gone, 'text')}) and not exists (select from finding_verdicts v where v.finding_id = findings.id)`);
  await write(tx, merged.flatMap(([, finding]) => finding ?? []), before, at);
  return found.filter((f) => !before.has(f.id)).length;
}

async function storedFindings(tx: Orm, ids: readonly string[]): Promise<Map<string, Written>> {
  const rows = await tx.select().from(findings).where(inArray(findings.id, [...new Set(ids)]));
  return new Map(rows.map((row) => [row.id, findingOf(row)]));
}

async function write(tx: Orm, merged: readonly Finding[], before: ReadonlyMap<string, Written>, at: number): Promise<void> {
  const changed = merged.filter((f) => !isSame(f, before.get(f.id)));
  if (changed.length === 0) return;
  const rows = changed.map((f) => ({ ...f, foundAt: before.get(f.id)?.foundAt ?? at }));
  await rowsOf(tx, sql`insert into findings ${batch(rows, COLUMNS)} order by r.id on conflict (id) do update set ${UPDATES}`);
}

function isSame(now: Finding, before: Finding | undefined): boolean {
  return before !== undefined && now.label === before.label && now.count === before.count && now.lastAt === before.lastAt && now.summary === before.summary
    && JSON.stringify(now.evidence.map((e) => [e.id, e.firm, e.words])) === JSON.stringify(before.evidence.map((e) => [e.id, e.firm, e.words]));
}

/** Two vehicles of a convoy that turned out to have three: the finding of the three takes their place, where nobody has said anything of it. */
async function replaceSmallerConvoys(tx: Orm, found: readonly Finding[]): Promise<void> {
  for (const { id, keys } of found.filter((f) => f.kind === 'convoy')) {
    await rowsOf(tx, sql`
      delete from findings f where f.kind = 'convoy' and f.keys <@ ${array(keys, 'text')} and f.id <> ${id} and cardinality(f.keys) < ${keys.length}
        and not exists (select from finding_verdicts v where v.finding_id = f.id)
    `);
  }
}
