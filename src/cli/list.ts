import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { ListSettings } from '../list/list-settings.ts';
import { listSettingsFault } from '../pipeline/list-settings-check.ts';
import { appendAudit } from '../store/audit-log.ts';
import type { Database } from '../store/database.ts';
import { standingCounts } from '../store/list-entries.ts';
import { listOverviews, type ListOverview } from '../store/list-overview.ts';
import { putListSettings } from '../store/list-settings-row.ts';
import { rollbackList, versionsOfList } from '../store/list-versions.ts';
import { checkPath } from './check-path.ts';
import { loadRegister, openStore } from './instance.ts';
import { columns, type Output } from './output.ts';

const HOUR = 3_600_000;
const VERSIONS_SHOWN = 50;
const LIST_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** `darwaza list show`: every list, or one with its settings. */
export async function showListsCommand(name: string | undefined, config: Config, output: Output): Promise<number> {
  return withStore(config, async (database) => {
    const lists = await listOverviews(database, name);
    if (name !== undefined && lists.length === 0) throw new DarwazaError('LIST_NOT_FOUND', { list: name });
    const counts = await standingCounts(database, lists.flatMap((l) => l.state ?? []), systemClock());
    const shown = lists.map((list) => ({ ...listRow(list, config), ...(counts.get(list.list) ?? { inForce: 0, expired: 0, lapsed: 0, patterns: 0 }) }));
    if (output.json) for (const [i, row] of shown.entries()) output.object({ ...row, settings: lists[i]?.settings });
    const cells = shown.map((r) => [r.list, String(r.version), String(r.inForce), String(r.lapsed), String(r.expired), r.delivered, r.stale ? 'stale' : '', r.feed]);
    for (const line of columns([['list', 'version', 'in force', 'lapsed', 'expired', 'delivered', '', 'feed'], ...cells])) output.line(line);
    if (name !== undefined) output.line(`\nSettings:\n${JSON.stringify(lists[0]?.settings, null, 2)}`);
    return 0;
  });
}

function listRow({ list, settings, state, feed }: ListOverview, config: Config) {
  const limit = settings.ageLimitHours ?? config.DARWAZA_LIST_AGE_LIMIT_HOURS;
  return {
    list, version: state?.version ?? 0, delivered: state === null ? 'never' : formatInstant(state.confirmedAt, config.DARWAZA_UTC_OFFSET_MINUTES),
    stale: state !== null && systemClock() - state.confirmedAt > limit * HOUR, feed: settings.feed === null ? '' : feed.fault ?? (feed.succeededAt === null ? 'not yet' : 'works'),
  };
}

/** `darwaza list versions`. */
export async function listVersionsCommand(name: string, config: Config, output: Output): Promise<number> {
  return withStore(config, async (database) => {
    if ((await listOverviews(database, name)).length === 0) throw new DarwazaError('LIST_NOT_FOUND', { list: name });
    const versions = await versionsOfList(database, name, { limit: VERSIONS_SHOWN });
    const offset = config.DARWAZA_UTC_OFFSET_MINUTES;
    if (output.json) for (const v of versions) output.object({ ...v, importedAt: formatInstant(v.importedAt, offset), confirmedAt: formatInstant(v.confirmedAt, offset) });
    for (const line of columns([['version', 'came', 'by', 'file', 'entries', 'added', 'changed', 'removed', 'who'], ...versions.map((v) => [
      String(v.version), formatInstant(v.importedAt, offset), v.ofVersion === null ? v.origin : `${v.origin} to ${v.ofVersion}`, v.fileName, String(v.entryCount),
      signed(v.added, '+'), signed(v.changed, '~'), signed(v.removed, '-'), v.author ?? '',
    ])])) output.line(line);
    return 0;
  });
}

const signed = (n: number | null, sign: string): string => (n === null ? '' : `${sign}${n}`);

/** `darwaza list rollback`. */
export async function rollbackListCommand(name: string, given: string, config: Config, output: Output): Promise<number> {
  const version = Number(given);
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new DarwazaError('ARGUMENT_INVALID', { name: 'version', reason: 'it must be a whole number from 1; "darwaza list versions" shows them' });
  return withStore(config, async (database) => {
    const made = await rollbackList(database, { list: name, version, author: 'cli', at: systemClock() });
    await noted(database, 'rollbackList', { name, version, made: made.version });
    if (output.json) output.object({ list: name, ...made });
    output.line(`${name}: version ${made.version} holds the ${made.entryCount} entries of version ${version}: ${made.added} came back, ${made.changed} changed back, ${made.removed} went.`);
    return 0;
  });
}

/** `darwaza list set`: settings from a file, as a whole. */
export async function setListCommand(name: string, file: string, config: Config, output: Output): Promise<number> {
  if (!LIST_NAME.test(name)) throw new DarwazaError('ARGUMENT_INVALID', { name: 'list', reason: 'a list is named by 1 to 64 small letters, digits, "-" or "_"' });
  const parsed = ListSettings.safeParse(await readJsonFile(file));
  if (!parsed.success) throw new DarwazaError('ARGUMENT_INVALID', { name: file, reason: z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' ') });
  const settings = parsed.data, register = loadRegister(config);
  return withStore(config, async (database) => {
    const fault = await listSettingsFault(settings, register, database);
    if (fault !== null) throw new DarwazaError('ARGUMENT_INVALID', { name: file, reason: `"${fault.field}": ${fault.reason}` });
    const { created, before } = await putListSettings(database, name, settings);
    await noted(database, 'putList', { name, settings, before });
    if (output.json) output.object({ list: name, created, settings });
    output.line(`${name}: ${created ? 'made, with these settings' : 'has these settings now'}.`);
    return 0;
  });
}

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, ARGUMENT_INVALID when it is not JSON */
export async function readJsonFile(file: string): Promise<unknown> {
  await checkPath(file, 'file');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new DarwazaError('ARGUMENT_INVALID', { name: file, reason: 'it is not JSON' });
    throw cause;
  }
}

async function noted(database: Database, action: string, question: Record<string, unknown>): Promise<void> {
  await appendAudit(database, { at: systemClock(), actor: 'cli', action, purpose: null, caseReference: null, question, resultCount: null, requestId: null });
}

async function withStore<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openStore(config);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
