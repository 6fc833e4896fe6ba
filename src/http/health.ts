import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { Instant } from './answer-fields.ts';
import { PROGRAM_VERSION } from './program-version.ts';
import type { Metrics } from './request-metrics.ts';
import { route, type Route } from './route.ts';

const HealthAnswer = z.strictObject({
  status: z.enum(['ok', 'unavailable']),
  version: z.string(),
  database: z.enum(['ok', 'unavailable']),
  time: Instant,
}).meta({ id: 'Health' });

export const health = route({
  method: 'get', path: '/healthz', name: 'health', tag: 'Operation', permission: 'public', purpose: 'none',
  summary: 'Whether this server can work',
  body: { kind: 'none' },
  answers: { 200: { description: 'It can', schema: HealthAnswer }, 503: { description: 'The database does not answer', schema: HealthAnswer } },
  errors: [],
  async handle(_input, { database, clock, config }) {
    const state = await database.check().then(() => 'ok' as const, () => 'unavailable' as const);
    const body: z.output<typeof HealthAnswer> = { status: state, version: PROGRAM_VERSION, database: state, time: formatInstant(clock(), config.DARWAZA_UTC_OFFSET_MINUTES) };
    return { status: state === 'ok' ? 200 : 503, body };
  },
});

export function metricsRoute(metrics: Metrics): Route {
  return route({
    method: 'get', path: '/metrics', name: 'metrics', tag: 'Operation', permission: 'metrics:read', purpose: 'none',
    summary: 'Figures for Prometheus',
    body: { kind: 'none' },
    answers: { 200: { description: 'Prometheus text format', mediaTypes: ['text/plain'] } },
    errors: [],
    handle: async () => ({ status: 200, bytes: Buffer.from(await metrics.text()), mediaType: metrics.mediaType }),
  });
}
