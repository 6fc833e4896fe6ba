import { z } from 'zod';
import { DarwazaError } from '../core/errors.ts';
import type { Permission } from '../core/permission.ts';
import { isApiKeyInForce } from '../store/api-keys.ts';
import { auditOfExport } from '../store/find-export.ts';
import { demand, may, seesCovert, type Caller } from './access.ts';
import { Instant, instantOrNull } from './answer-fields.ts';
import { EXPORT_FORMATS, exportFormat, MEDIA_TYPES, type ExportFormat } from './export-formats.ts';
import { beginExport, ExportHead, EXPORTS_PER_KEY, type ExportOrder } from './export-order.ts';
import { journeyFilterFields } from './journeys.ts';
import { passFilterFields } from './passes.ts';
import { switchField } from './query-fields.ts';
import { route, type Answer, type RouteInput } from './route.ts';
import type { Services } from './services.ts';

const tag = 'Exports';
const formatParams = z.strictObject({ format: exportFormat });
const bom = switchField('CSV: begin with a byte order mark, for Excel');
const DESCRIPTION = 'Streamed: of any size, as fast as you take it. Permission `export` besides that of the list itself. It says at its end that it is whole: the last row of CSV begins with `end` and holds the number of rows; JSON, NDJSON '
  + 'and GeoJSON have `"complete": true`. A file without it was cut. When, by whom, why, with which filter, which cameras were down and how old the lists are is in `head`, and for every format at '
  + '`GET /api/v1/exports/{id}` (header `X-Export-Id`), later with the SHA-256 of all bytes. '
  + `A client that takes nothing for a minute is cut; a key may have ${EXPORTS_PER_KEY} exports under way. Columns: docs/export.md.`;

const common = {
  method: 'get', tag, permission: 'export', purpose: 'needed', params: formatParams, body: { kind: 'none' },
  answers: { 200: { description: 'The whole, as a stream', mediaTypes: EXPORT_FORMATS.map((f) => MEDIA_TYPES[f].split(';', 1)[0] ?? '') } },
  errors: ['TIME_INVALID', 'TIME_WITHOUT_OFFSET', 'MARK_INVALID', 'EXPORTS_TOO_MANY'],
} as const;

export const exportPassesRoute = route({
  ...common, path: '/api/v1/exports/passes.{format}', name: 'exportPasses', summary: 'All passes of a filter as a file', description: DESCRIPTION,
  query: z.strictObject({ ...passFilterFields, bom }), errors: [...common.errors, 'CAMERA_UNKNOWN'],
  handle: ({ params, query, ...input }, services) => exportAnswer('passes:read', { records: 'passes', query }, params.format, query.bom, input, services),
});

export const exportJourneysRoute = route({
  ...common, path: '/api/v1/exports/journeys.{format}', name: 'exportJourneys', summary: 'All journeys of a filter as a file',
  description: `${DESCRIPTION} Each journey is as it stands when its part is written.`,
  query: z.strictObject({ ...journeyFilterFields, bom }),
  handle: ({ params, query, ...input }, services) => exportAnswer('journeys:read', { records: 'journeys', query }, params.format, query.bom, input, services),
});

type Asker = Pick<RouteInput<unknown, unknown, 'none'>, 'caller' | 'purposed' | 'asked' | 'requestId'>;

async function exportAnswer(permission: Permission, of: ExportOrder['of'], format: ExportFormat, withBom: boolean, { caller: given, purposed, asked, requestId }: Asker, services: Services): Promise<Answer> {
  const caller = given as Caller;
  demand(caller, permission);
  const { bom: _, ...filter } = asked;
  const { head, stream } = await beginExport(services, {
    of, format, bom: withBom, filter, actor: caller.id, purpose: purposed?.purpose ?? null, caseReference: purposed?.caseReference ?? null, requestId, covert: seesCovert(caller),
    mayGoOn: () => isApiKeyInForce(services.database, caller.id, services.clock()),
  });
  const name = `${of.records}-${head.export}.${format}`;
  return {
    status: 200, bytes: stream, mediaType: MEDIA_TYPES[format], noted: { export: head.export, head },
    headers: {
      'X-Export-Id': head.export, Link: `</api/v1/exports/${head.export}>; rel="describedby"`, 'Content-Disposition': `attachment; filename="${name}"`,
      // Nginx holds answers back to send them in larger pieces.
      'X-Accel-Buffering': 'no',
    },
  };
}

const ExportAnswer = z.strictObject({
  head: ExportHead,
  state: z.enum(['open', 'complete', 'cut']).describe('`open`: under way, or the server itself ended before the export did'),
  reason: z.enum(['client', 'stalled', 'key', 'failed']).nullable().describe('Why it was cut: the client went away, took nothing for a minute, its key was withdrawn, or the rows could not be read'),
  endedAt: Instant.nullable(), rows: z.int().nullable(), bytes: z.int().nullable(),
  sha256: z.string().nullable().describe('Of all bytes: compare it with the file\'s'),
  auditRows: z.array(z.int()).describe('Sequence numbers in the audit log'),
}).meta({ id: 'Export' });

const endShape = z.object({ outcome: z.enum(['complete', 'cut']), reason: z.enum(['client', 'stalled', 'key', 'failed']).nullable(), bytes: z.int(), sha256: z.string() });

export const showExport = route({
  method: 'get', path: '/api/v1/exports/{id}', name: 'showExport', tag, permission: 'export', purpose: 'none',
  summary: 'What an export holds and how it ended', description: 'Of the exports that the key itself made; with `audit:read` of all. It is read from the audit log, whose hashes answer for it.',
  params: z.strictObject({ id: z.string().max(40).describe('Id of the export') }), body: { kind: 'none' },
  answers: { 200: { description: 'Its head, its end and its SHA-256', schema: ExportAnswer } }, errors: ['EXPORT_NOT_FOUND'],
  async handle({ params: { id }, caller }, { database, config }) {
    const [begun, ended] = /^x_[0-9a-f]{16}$/.test(id) ? await auditOfExport(database, id) : [];
    if (begun === undefined || caller === null || (begun.actor !== caller.id && !may(caller, 'audit:read'))) throw new DarwazaError('EXPORT_NOT_FOUND', { id });
    const end = ended === undefined ? null : endShape.parse(ended.question);
    const body: z.output<typeof ExportAnswer> = {
      head: ExportHead.parse(begun.question['head']), state: end?.outcome ?? 'open', reason: end?.reason ?? null, endedAt: instantOrNull(ended?.at ?? null, config.DARWAZA_UTC_OFFSET_MINUTES),
      rows: ended?.resultCount ?? null, bytes: end?.bytes ?? null, sha256: end?.sha256 ?? null, auditRows: [begun, ended].flatMap((row) => row?.sequence ?? []),
    };
    return { status: 200, body };
  },
});
