import { and, desc, eq, getTableColumns, gte, lt, or, sql, type SQL } from 'drizzle-orm';
import { DarwazaError } from '../core/errors.ts';
import type { FindingKind, FindingLabel } from '../journey/finding.ts';
import { parseMarkPattern } from '../plate/pattern.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { findingOf, type FindingRecord, type VerdictRecord } from './finding-record.ts';
import { after, equals } from './list-passes.ts';
import { agrees, checkedLike, openOrEqual } from './mark-columns.ts';
import { pageLimit, readCursor, toPage, type Page, type PageRequest } from './page.ts';
import { epochMs, rowsOf } from './query.ts';
import { findings, findingVerdicts, type Verdict } from './schema.ts';

/** Findings with something in evidence in from ≤ t < to (epoch milliseconds), about a vehicle whose mark fits `mark` (`*`, `?`). */
export interface FindingFilter {
  readonly kind?: FindingKind | undefined;
  readonly label?: FindingLabel | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly mark?: string | undefined;
  /** Whether nobody has said anything of it yet. */
  readonly open?: boolean | undefined;
}

const { evidence: _evidence, ...LISTED } = getTableColumns(findings);
const DECIDED = sql`exists (select from finding_verdicts v where v.finding_id = ${findings.id})`;

/** Findings without their evidence, latest found first. @throws CURSOR_INVALID, MARK_INVALID, ARGUMENT_INVALID */
export async function listFindings(db: Database, filter: FindingFilter, page: PageRequest = {}): Promise<Page<FindingRecord>> {
  const limit = pageLimit(page), place = readCursor(page.cursor, filter);
  const conditions = and(
    equals(findings.kind, filter.kind), equals(findings.label, filter.label), filter.to === undefined ? undefined : lt(findings.firstAt, filter.to),
    filter.from === undefined ? undefined : gte(findings.lastAt, filter.from), filter.mark === undefined ? undefined : isAbout(filter.mark),
    filter.open === undefined ? undefined : filter.open ? sql`not ${DECIDED}` : DECIDED, after(findings.foundAt, findings.id, place),
  );
  const found = await atStore(db, async () => {
    const rows = await db.orm.select(LISTED).from(findings).where(conditions).orderBy(desc(findings.foundAt), desc(findings.id)).limit(limit + 1);
    const verdicts = await newestVerdicts(db, rows.map((row) => row.id));
    return rows.map((row): FindingRecord => ({ ...findingOf(row), verdict: verdicts.get(row.id) ?? null }));
  });
  return toPage(found, limit, filter, (finding) => ({ at: finding.foundAt, id: finding.id }));
}

/** One finding with its evidence and all verdicts, oldest first; null when there is none. */
export async function findFinding(db: Database, id: string): Promise<{ readonly finding: FindingRecord; readonly verdicts: readonly VerdictRecord[] } | null> {
  return atStore(db, async () => {
    const [row] = await db.orm.select().from(findings).where(eq(findings.id, id)).limit(1);
    if (row === undefined) return null;
    const { at, verdict, actor, reason } = findingVerdicts;
    const verdicts = await db.orm.select({ at, verdict, actor, reason }).from(findingVerdicts).where(eq(findingVerdicts.findingId, id)).orderBy(findingVerdicts.sequence);
    return { finding: { ...findingOf(row), verdict: verdicts.at(-1) ?? null }, verdicts };
  });
}

/** Adds what a person says of a finding; false when there is no such finding. */
export async function addVerdict(db: Database, id: string, given: VerdictRecord): Promise<boolean> {
  const { at, verdict, actor, reason } = given;
  const rows = await atStore(db, () => rowsOf<{ sequence: string }>(db.orm, sql`
    insert into finding_verdicts (finding_id, at, verdict, actor, reason)
    select id, ${new Date(at).toISOString()}::timestamptz, ${verdict}, ${actor}, ${reason} from findings where id = ${id} returning sequence
  `));
  return rows.length > 0;
}

/** A convoy is about all its vehicles; only of the first are the parts of its mark kept, so of the others they contradict nothing. @throws MARK_INVALID */
function isAbout(mark: string): SQL | undefined {
  const pattern = parseMarkPattern(mark), alone = sql`cardinality(${findings.keys}) = 1`;
  if (pattern.kind === 'invalid') throw new DarwazaError('MARK_INVALID', { reason: pattern.reason });
  if (pattern.kind === 'exact') return and(sql`${findings.keys} @> array[${pattern.key}]`, or(sql`not ${alone}`, agrees(findings, pattern.mark) ?? sql`true`));
  const fits = or(...pattern.likes.map((like) => sql`k like ${checkedLike(like)}`));
  const parts = and(openOrEqual(findings.markYear, pattern.year), openOrEqual(findings.markJurisdiction, pattern.jurisdiction)) ?? sql`true`;
  return and(sql`exists (select from unnest(${findings.keys}) as k where ${fits})`, or(sql`not ${alone}`, parts));
}

async function newestVerdicts(db: Database, ids: readonly string[]): Promise<Map<string, VerdictRecord>> {
  if (ids.length === 0) return new Map();
  const rows = await rowsOf<{ id: string; at: number; verdict: Verdict; actor: string; reason: string }>(db.orm, sql`
    select distinct on (finding_id) finding_id as id, ${epochMs(sql`at`)} as at, verdict, actor, reason from finding_verdicts
    where finding_id in ${[...ids]} order by finding_id, sequence desc
  `);
  return new Map(rows.map(({ id, ...verdict }) => [id, verdict]));
}
