import { markKey } from '../plate/key.ts';
import type { Mark } from '../plate/mark.ts';
import { parseMark } from '../plate/parse.ts';
import { parseMarkPattern } from '../plate/pattern.ts';
import { seriesInForce, type SeriesTable } from '../plate/series.ts';
import { canonicalMark } from '../plate/written-form.ts';
import { ACTIONS, LIST_KINDS, STAGES, type ListEntry, type RowFault, type Stage } from './entry.ts';
import { columnNames, type ColumnNames } from './list-columns.ts';
import { DEFAULT_LIST_SETTINGS, type ListSettings } from './list-settings.ts';
import { MarkMemo } from './mark-memo.ts';
import { RowTimes } from './row-time.ts';
import { contentId, RowCheck, shown } from './row.ts';
import { asStated, refuseContradiction, statedJurisdiction } from './stated-mark.ts';

export interface ListRules {
  /** Name of the list; part of every entry's id. */
  readonly list: string;
  /** Defaults of the list and its names of columns. */
  readonly settings?: Pick<ListSettings, 'columns' | 'kind' | 'action' | 'owner'>;
  /** In a delta the column `withdraw` counts. Default replace. */
  readonly mode?: 'replace' | 'delta';
  /** IANA zone in which a date without a time ends. Default Asia/Karachi. */
  readonly timeZone?: string;
  /** Default: the series in force. */
  readonly series?: SeriesTable;
}

/** One usable row. */
export interface ListRow {
  /** Of the file (1 = header); number of the item in a JSON array (1 = first). */
  readonly line: number;
  /** When true only `entry.id` counts: the entry is to go. */
  readonly withdraw: boolean;
  readonly entry: ListEntry;
}

/** Makes entries of rows, or tells all that is wrong with one. */
export interface ListRowReader {
  readonly names: ColumnNames;
  read(line: number, values: Readonly<Record<string, string>>): ListRow | RowFault[];
}

const LONGEST_REASON = 500,
  LONGEST_OWNER = 200,
  LONGEST_VALUE = 100,
  LONGEST_WARNING = 60,
  MOST_WARNINGS = 8;
/** A pattern with fewer fixed characters would stop every tenth vehicle. */
export const LEAST_FIXED_CHARACTERS = 2;

export function createListRowReader(rules: ListRules): ListRowReader {
  const settings = rules.settings ?? DEFAULT_LIST_SETTINGS, names = columnNames(settings);
  const series = rules.series ?? seriesInForce(), marks = new MarkMemo(series), times = new RowTimes(rules.timeZone ?? 'Asia/Karachi');
  const nameOf = names.of as (column: string) => string | null;
  return {
    names,
    read(line, values) {
      const check = new RowCheck(line, values, nameOf);
      const withdraw = withdrawOf(check, rules.mode ?? 'replace');
      const entry = entryOf(check, { list: rules.list, settings, series, marks, times, withdraw });
      return entry === null || check.faults.length > 0 ? check.faults : { line, withdraw, entry };
    },
  };
}

interface Reading {
  readonly list: string;
  readonly settings: Pick<ListSettings, 'kind' | 'action' | 'owner'>;
  readonly series: SeriesTable;
  readonly marks: MarkMemo;
  readonly times: RowTimes;
  readonly withdraw: boolean;
}

/** null only with a fault. */
function entryOf(check: RowCheck, { list, settings, series, marks, times, withdraw }: Reading): ListEntry | null {
  const text = (column: string, limit = LONGEST_VALUE): string | null => check.text(column, limit, false) || null;
  const marked = markOrPattern(check, series, marks);
  const kind = check.value('kind') === '' && settings.kind !== null ? settings.kind : check.oneOf('kind', LIST_KINDS);
  // What goes needs only what tells which entry it is.
  const action = withdraw ? 'inform' : check.value('action') === '' && settings.action !== null ? settings.action : check.oneOf('action', ACTIONS);
  const reason = check.text('reason', LONGEST_REASON, !withdraw);
  const owner = check.text('owner', LONGEST_OWNER, settings.owner === '') || settings.owner;
  const expiresAt = times.until(check, 'expires'), reviewAt = times.until(check, 'review');
  const caseReference = text('case');
  const vehicle = { class: text('class'), make: text('make'), colour: text('colour'), chassis: text('chassis') };
  const warnings = warningsOf(check), source = text('source', LONGEST_OWNER), stage = stageOf(check);
  if (marked === null || kind === null || action === null) return null;
  const mark = marked.mark === null ? null : asStated(marked.mark, marked.jurisdiction, vehicle.class);
  const id = contentId([list, mark === null ? marked.pattern : canonicalMark(mark), kind, owner, caseReference]);
  return {
    id, list, mark, key: mark === null ? null : markKey(mark), pattern: marked.pattern, kind, reason, owner, action, vehicle, warnings, caseReference, source, stage,
    expiresAt, reviewAt,
  };
}

interface Marked {
  readonly mark: Mark | null;
  readonly pattern: string | null;
  readonly jurisdiction: string | null;
}

function markOrPattern(check: RowCheck, series: SeriesTable, marks: MarkMemo): Marked | null {
  const jurisdiction = statedJurisdiction(check, 'jurisdiction', series);
  if (/[*?]/.test(check.value('mark'))) {
    const pattern = patternOf(check, jurisdiction, series);
    return pattern === null ? null : { mark: null, pattern, jurisdiction };
  }
  const mark = check.mark('mark', jurisdiction, marks);
  refuseContradiction(check, 'jurisdiction', mark?.jurisdiction ?? null, jurisdiction);
  refuseHyphenedIssuer(check, mark, series);
  return mark === null ? null : { mark, pattern: null, jurisdiction };
}

/** `SD-AAR-540` would be a plate with a name of its own, SDAAR, and never match: the jurisdiction stands before a colon. */
function refuseHyphenedIssuer(check: RowCheck, mark: Mark | null, series: SeriesTable): void {
  if (mark?.class !== 'personalised') return;
  const [, issuer = '', rest = ''] = /^([A-Z]{2,3})[\s.\-·•]+(.+)$/i.exec(check.value('mark').trim()) ?? [];
  if (!series.jurisdictions.has(issuer.toUpperCase())) return;
  const parsed = parseMark(`${issuer}:${rest}`, series);
  if (parsed.kind !== 'mark' || parsed.mark.class === 'personalised') return;
  check.refuse('mark', 'MARK_ISSUER', `The mark ${shown(check.value('mark'))} begins with the code of a jurisdiction; write it with a colon, ${issuer.toUpperCase()}:${rest.toUpperCase()}, or in a column "jurisdiction".`);
}

/** In the one form that every way to write a pattern comes to: capitals, one `*` for several, the jurisdiction before it. */
function patternOf(check: RowCheck, jurisdiction: string | null, series: SeriesTable): string | null {
  const value = check.value('mark');
  const parsed = parseMarkPattern(value, series);
  if (parsed.kind !== 'pattern') {
    const reason = parsed.kind === 'invalid' ? parsed.reason : 'it has no wildcard';
    return check.refuse('mark', 'PATTERN_INVALID', `The pattern ${shown(value)} cannot be used: ${reason}.`);
  }
  refuseContradiction(check, 'jurisdiction', parsed.jurisdiction, jurisdiction);
  const body = value.trim().toUpperCase().replace(/^[A-Z]{2,3}:/, '').replaceAll(/\*+/g, '*').replaceAll(/[\s.\-·•|/]+/g, '-');
  if (body.replaceAll(/[^A-Z0-9]/g, '').length < LEAST_FIXED_CHARACTERS) {
    return check.refuse('mark', 'PATTERN_TOO_BROAD', `The pattern ${shown(value)} would match far too many vehicles; give at least ${LEAST_FIXED_CHARACTERS} letters or digits beside * and ?.`);
  }
  const issuer = parsed.jurisdiction ?? jurisdiction;
  return issuer === null ? body : `${issuer}:${body}`;
}

function warningsOf(check: RowCheck): string[] {
  const warnings = check.value('warnings').split(';').map((w) => w.trim()).filter((w) => w !== '');
  if (warnings.length > MOST_WARNINGS || warnings.some((w) => w.length > LONGEST_WARNING)) {
    check.refuse('warnings', 'VALUE_TOO_LONG', `The column "${check.named('warnings')}" may hold ${MOST_WARNINGS} warnings with ";" between them, each of at most ${LONGEST_WARNING} characters.`);
  }
  return warnings;
}

/** "In court", "in_court" and "in-court" are one stage. */
function stageOf(check: RowCheck): Stage | null {
  const value = check.value('stage').toLowerCase().replaceAll(/[\s_]+/g, '-');
  if (value === '') return null;
  const stage = STAGES.find((s) => s === value);
  if (stage !== undefined) return stage;
  return check.refuse('stage', 'VALUE_UNKNOWN', `The column "${check.named('stage')}" says ${shown(check.value('stage'))}; it must be one of ${STAGES.join(', ')}, or empty.`);
}

const YES = new Set(['yes', 'true', 'y', '1']),
  NO = new Set(['', 'no', 'false', 'n', '0']);

function withdrawOf(check: RowCheck, mode: 'replace' | 'delta'): boolean {
  const value = check.value('withdraw').toLowerCase();
  if (NO.has(value)) return false;
  const name = check.named('withdraw');
  if (!YES.has(value)) check.refuse('withdraw', 'VALUE_UNKNOWN', `The column "${name}" says ${shown(check.value('withdraw'))}; it must be yes or no.`);
  else if (mode === 'replace') {
    check.refuse('withdraw', 'WITHDRAW_IN_REPLACE', `The column "${name}" says yes, and this file replaces the whole list: leave the row out, or send the file as a delta.`);
  }
  return true;
}
