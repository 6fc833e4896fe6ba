import { z } from 'zod';
import type { ImportReport, ListImportReport } from '../pipeline/engine-interface.ts';
import type { ListFormat } from '../list/parse-list.ts';
import { checkVisibleOrNew } from './list-scope.ts';
import { listNameField, switchField, versionField } from './query-fields.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const reportFields = {
  name: z.string(),
  version: z.int().describe('Version in force now'),
  imported: z.int().describe('Rows in force now; in a dry run, then'),
  unchanged: z.boolean().describe('This very file was in force already; only its age was renewed'),
  refused: z.array(z.strictObject({
    line: z.int().describe('Line of the file, 1 = header; item of a JSON array, 1 = first'), column: z.string().nullable().describe('As the file calls it'), code: z.string(), message: z.string(),
  })).describe('Rows that could not be used, the first 1,000; the others are in force'),
  refusedCount: z.int(),
  notes: z.array(z.string()),
};

export const ImportAnswer = z.strictObject(reportFields).meta({ id: 'ImportReport' });

const Difference = z.strictObject({
  id: z.string().describe('Id of the entry'), mark: z.string().describe('Mark or pattern'), line: z.int().nullable().describe('null: the file does not name it any more'),
  changes: z.array(z.strictObject({ column: z.string(), from: z.string(), to: z.string() })).describe('What a changed entry says otherwise'),
}).meta({ id: 'EntryDifference' });

export const ListImportAnswer = z.strictObject({
  ...reportFields,
  mode: z.enum(['replace', 'delta']), dryRun: z.boolean(),
  added: z.int(), changed: z.int(), removed: z.int(), withheld: z.int().describe('Rows left out because a person withdrew the entry and the file says nothing new of it'),
  difference: z.strictObject({ added: z.array(Difference), changed: z.array(Difference), removed: z.array(Difference) }).nullable()
    .describe('In a dry run: the first 100 entries of each kind'),
}).meta({ id: 'ListImportReport' });

const limitBytes = ({ config }: Services): number => config.DARWAZA_MAX_IMPORT_MB * 1_000_000;
const csv = { kind: 'stream', mediaTypes: ['text/csv'], limitBytes } as const;
const anyFormat = { kind: 'stream', mediaTypes: ['text/csv', 'application/json', 'application/x-ndjson'], limitBytes } as const;
const common = { method: 'post', tag: 'Lists and register', purpose: 'none', audited: true } as const;
const errors = ['IMPORT_UNUSABLE', 'IMPORT_EMPTY', 'DATABASE_FULL', 'DATA_FOLDER_UNWRITABLE'] as const;

function reportBody({ name, version, imported, unchanged, refused, refusedCount, notes }: ImportReport): z.output<typeof ImportAnswer> {
  return { name, version, imported, unchanged, refused: [...refused], refusedCount, notes: [...notes] };
}

function listReportBody(report: ListImportReport): z.output<typeof ListImportAnswer> {
  const { mode, dryRun, added, changed, removed, withheld, difference } = report;
  const copied = (items: NonNullable<typeof difference>['added']) => items.map((item) => ({ ...item, changes: [...item.changes] }));
  return {
    ...reportBody(report), mode, dryRun, added, changed, removed, withheld,
    difference: difference && { added: copied(difference.added), changed: copied(difference.changed), removed: copied(difference.removed) },
  };
}

export const importListRoute = route({
  ...common, path: '/api/v1/lists/{name}', name: 'importList', permission: 'lists:write',
  summary: 'A new version of a list',
  description: 'CSV in UTF-8 with the header `mark,kind,reason,owner,action,expires` and, where wanted, `jurisdiction,class,make,colour,chassis,warnings,case,source,stage,review`; the same names as fields of a JSON array '
    + 'or of NDJSON. `kind`, `action`, `owner` may be left out where the list\'s settings have them, and the settings may name the columns as the department does. The file replaces the list at once; with `mode=delta` '
    + 'rows that it does not name stay, and a column `withdraw` takes entries off. Bad rows are reported by line; when no row is usable nothing changes. Entries that a person added stay until they end. '
    + '`dryRun=true` tells the difference and changes nothing; send its version as `expectVersion` to apply just that.',
  params: z.strictObject({ name: listNameField }),
  query: z.strictObject({
    dryRun: switchField('Tell the difference, change nothing'),
    mode: z.enum(['replace', 'delta']).optional().describe('replace (the default): the file is the list; delta: it changes the list'),
    expectVersion: versionField('The version that must be in force; 0 for a list that is not there yet').optional(),
  }),
  body: anyFormat,
  answers: { 200: { description: 'What was imported and which rows were not', schema: ListImportAnswer } },
  errors: [...errors, 'IMPORT_BROKEN', 'LIST_BUSY', 'LIST_NOT_FOUND'],
  async handle({ params: { name }, query, body, caller, mediaType }, services) {
    await checkVisibleOrNew(services, caller, name);
    const format = formatOf(mediaType), { dryRun, expectVersion } = query, mode = query.mode ?? 'replace';
    const report = await services.engine.importList(name, `${name}.${format}`, body, { format, mode, dryRun, expectVersion, author: caller?.id ?? null });
    return { status: 200, body: listReportBody(report), count: report.imported, noted: { version: report.version, added: report.added, changed: report.changed, removed: report.removed } };
  },
});

function formatOf(mediaType: string): ListFormat {
  if (mediaType === 'application/json') return 'json';
  return mediaType === 'application/x-ndjson' ? 'ndjson' : 'csv';
}

export const importRegisterRoute = route({
  ...common, path: '/api/v1/register', name: 'importRegister', permission: 'register:write',
  summary: 'A new version of the Excise register',
  description: 'CSV in UTF-8 with the header `mark,jurisdiction,class,make,model,colour,status,token_paid_to`. It replaces the register at once; bad rows are reported by line; when no row is usable nothing changes.',
  body: csv,
  answers: { 200: { description: 'What was imported and which rows were not', schema: ImportAnswer } },
  errors,
  async handle({ body }, { engine }) {
    const report = await engine.importRegister('register.csv', body);
    return { status: 200, body: reportBody(report), count: report.imported };
  },
});
