import { z } from 'zod';
import { formatInstant } from '../core/instant.ts';
import { ALARM_KINDS, currentAlarms } from '../pipeline/alarms.ts';
import { seesCovert } from './access.ts';
import { Instant } from './answer-fields.ts';
import { route } from './route.ts';

const AlarmAnswer = z.strictObject({
  kind: z.enum(ALARM_KINDS),
  subject: z.string().nullable().describe('Name of the list, or id of the webhook or camera, address of the event stream or broker; null for the whole, or a covert list that this key may not see'),
  since: Instant,
  message: z.string().describe('What it is, and what to do'),
}).meta({ id: 'Alarm' });

export const listAlarmsRoute = route({
  method: 'get', path: '/api/v1/alarms', name: 'listAlarms', tag: 'Operation', permission: 'alarms:read', purpose: 'none',
  summary: 'What an operator must look into now',
  description: 'Lists older than their limit, or lapsed; feeds and webhooks that fail; deliveries that were given up; hits that nobody answers; cameras that are silent, blind, read worse than last week, or whose clocks are wrong; event streams and brokers that cannot be reached. Each stands here for as long as it is so; the log has its '
    + 'beginning and its end, `/metrics` the count of each kind (`darwaza_alarms`).',
  body: { kind: 'none' },
  answers: { 200: { description: 'Oldest first', schema: z.strictObject({ items: z.array(AlarmAnswer) }).meta({ id: 'Alarms' }) } },
  errors: [],
  async handle({ caller }, { database, clock, config, payloadSources }) {
    const covert = seesCovert(caller), offset = config.DARWAZA_UTC_OFFSET_MINUTES;
    const alarms = await currentAlarms({ database, clock, listAgeLimitHours: config.DARWAZA_LIST_AGE_LIMIT_HOURS, payloadSources });
    const items = alarms.map((alarm) => {
      const hidden = alarm.covert && !covert;
      const message = hidden ? 'A covert list needs its keeper: it is too old, lapsed, or its feed fails.' : alarm.message;
      return { kind: alarm.kind, subject: hidden ? null : alarm.subject, since: formatInstant(alarm.since, offset), message };
    });
    return { status: 200, body: { items }, count: items.length };
  },
});
