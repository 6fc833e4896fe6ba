import { z } from 'zod';
import type { ImportReport } from '../pipeline/engine-interface.ts';
import { listNameField } from './query-fields.ts';
import { route, type Answer } from './route.ts';
import type { Services } from './services.ts';

export const ImportAnswer = z.strictObject({
  name: z.string(),
  version: z.int().describe('Version in force now'),
  imported: z.int().describe('Rows in force now'),
  unchanged: z.boolean().describe('This very file was in force already; only its age was renewed'),
  refused: z.array(z.strictObject({ line: z.int().describe('Line of the file; 1 = header'), column: z.string().nullable(), code: z.string(), message: z.string() }))
    .describe('Rows that could not be used, the first 1,000; the others are in force'),
  refusedCount: z.int(),
  notes: z.array(z.string()),
}).meta({ id: 'ImportReport' });

const csv = { kind: 'stream', mediaTypes: ['text/csv'], limitBytes: ({ config }: Services) => config.DARWAZA_MAX_IMPORT_MB * 1_000_000 } as const;
const common = {
  method: 'post', tag: 'Lists and register', purpose: 'none', audited: true, body: csv,
  answers: { 200: { description: 'What was imported and which rows were not', schema: ImportAnswer } },
  errors: ['IMPORT_UNUSABLE', 'IMPORT_EMPTY', 'DATABASE_FULL', 'DATA_FOLDER_UNWRITABLE'],
} as const;

const answer = ({ name, version, imported, unchanged, refused, refusedCount, notes }: ImportReport): Answer => ({
  status: 200, body: { name, version, imported, unchanged, refused, refusedCount, notes }, count: imported,
});

export const importListRoute = route({
  ...common, path: '/api/v1/lists/{name}', name: 'importList', permission: 'lists:write',
  summary: 'A new version of a list',
  description: 'CSV in UTF-8 with the header `mark,kind,reason,owner,action,expires`. It replaces the list at once; bad rows are reported by line; when no row is usable nothing changes.',
  params: z.strictObject({ name: listNameField }),
  handle: async ({ params: { name }, body }, { engine }) => answer(await engine.importList(name, `${name}.csv`, body)),
});

export const importRegisterRoute = route({
  ...common, path: '/api/v1/register', name: 'importRegister', permission: 'register:write',
  summary: 'A new version of the Excise register',
  description: 'CSV in UTF-8 with the header `mark,jurisdiction,class,make,model,colour,status,token_paid_to`. It replaces the register at once; bad rows are reported by line; when no row is usable nothing changes.',
  handle: async ({ body }, { engine }) => answer(await engine.importRegister('register.csv', body)),
});
