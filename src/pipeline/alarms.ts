import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { traceOf } from '../core/trace.ts';
import { standingTroubles } from '../store/camera-troubles.ts';
import type { Database } from '../store/database.ts';
import { listAlarms } from '../store/list-overview.ts';
import { lastProvenAt } from '../store/retention-runs.ts';
import { unansweredHits } from '../store/unanswered-hits.ts';
import { webhookAlarms } from '../store/webhooks.ts';
import type { PayloadSources, PayloadSourceState } from './payload-sources.ts';

export const ALARM_KINDS = ['list-stale', 'list-lapsed', 'list-feed', 'webhook-failing', 'webhook-dead-letters', 'hits-unanswered', 'retention-behind', 'camera-silent', 'camera-blind', 'camera-clock', 'camera-reading', 'source-down'] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** Something that an operator must look into, for as long as it is so. */
export interface Alarm {
  readonly kind: AlarmKind;
  /** Name of the list, id of the webhook or camera, address of the event stream or broker; null where it is of the whole. */
  readonly subject: string | null;
  /** Epoch milliseconds. */
  readonly since: number;
  /** In words, with what to do. */
  readonly message: string;
  /** Names a covert list: only for those who may see it. */
  readonly covert: boolean;
}

export interface AlarmParts {
  readonly database: Database;
  readonly clock: Clock;
  /** For lists whose settings name no limit. */
  readonly listAgeLimitHours: number;
  /** Event streams and brokers that this process listens to; without it none. */
  readonly payloadSources?: Pick<PayloadSources, 'states'>;
}

/** Long after every step of a ladder should have been taken. */
const UNANSWERED_MS = 600_000;
/** Two nights without a run that deleted all it should. */
const BEHIND_MS = 2 * 86_400_000;
/** As long as a stream of pictures may be without one: a camera that restarts is there again before. */
const SOURCE_DOWN_MS = 5 * 60_000;

/** What is wrong now, oldest first. @throws DATABASE_UNAVAILABLE */
export async function currentAlarms({ database, clock, listAgeLimitHours, payloadSources }: AlarmParts): Promise<Alarm[]> {
  const now = clock();
  const [lists, webhooks, unanswered, provenAt, troubles] = await Promise.all([
    listAlarms(database, now, listAgeLimitHours), webhookAlarms(database, now), unansweredHits(database, now - UNANSWERED_MS), lastProvenAt(database), standingTroubles(database),
  ]);
  const alarms: Alarm[] = [
    ...lists.map(({ kind, list, since, message, covert }) => ({ kind: `list-${kind}` as const, subject: list, since, message, covert })),
    ...webhooks.map(({ alarm, webhook, label, count, lastFault, since }) => ({
      kind: `webhook-${alarm}` as const, subject: webhook, since, covert: false,
      message: `The webhook ${label} ${alarm === 'failing' ? `fails; ${count} deliveries wait` : `has ${count} deliveries that were given up; repair it, then POST /api/v1/webhooks/${webhook}/retry-dead`}${lastFault === null ? '' : ` (${lastFault})`}.`,
    })),
    ...troubles.map(({ kind, cameraId, since, message }) => ({ kind: `camera-${kind}` as const, subject: cameraId, since, message: `Camera ${cameraId}: ${message}`, covert: false })),
    ...(payloadSources?.states() ?? []).flatMap((state) => sourceAlarm(state, now)),
  ];
  if (unanswered.count > 0 && unanswered.oldest !== null) {
    const message = `${unanswered.count} hits rang and nobody acknowledged them for ten minutes: is anybody at the screen? GET /api/v1/hits?open=true`;
    alarms.push({ kind: 'hits-unanswered', subject: null, since: unanswered.oldest, message, covert: false });
  }
  if (provenAt !== null && provenAt < now - BEHIND_MS) {
    const message = 'For two nights not all was deleted whose time is over, which the law may ask for. "darwaza retention show" tells what failed.';
    alarms.push({ kind: 'retention-behind', subject: null, since: provenAt, message, covert: false });
  }
  return alarms.toSorted((a, b) => a.since - b.since);
}

/** Where there is little traffic no camera is seen to be silent for hours: the connection tells it before. */
function sourceAlarm({ source, cameras, downSince, fault }: PayloadSourceState, now: number): Alarm[] {
  if (downSince === null || now - downSince < SOURCE_DOWN_MS) return [];
  const [first = '', ...others] = cameras, of = others.length === 0 ? `camera ${first}` : `${cameras.length} cameras (${first}, …)`;
  const message = `Nothing comes over ${source} for ${Math.round((now - downSince) / 60_000)} min${fault === null ? '' : `: ${fault}`}. Passes of ${of} are missing; check that it is there, its address and its login.`;
  return [{ kind: 'source-down', subject: source, since: downSince, message, covert: false }];
}

export interface AlarmWatch {
  /** Looks once; gives what was not there at the look before. */
  look(): Promise<readonly Alarm[]>;
  /** Looks every minute until closed. */
  start(): void;
  close(): Promise<void>;
}

const EVERY_MS = 60_000;

/** Writes each alarm to the log once when it begins and once when it has ended. */
export function createAlarmWatch(parts: AlarmParts & { readonly log: Log }): AlarmWatch {
  const { log } = parts, known = new Map<string, Alarm>();
  let timer: NodeJS.Timeout | null = null, looking: Promise<unknown> | null = null;
  const look = async (): Promise<readonly Alarm[]> => {
    const now = new Map((await currentAlarms(parts)).map((alarm) => [`${alarm.kind} ${alarm.subject ?? ''}`, alarm]));
    const begun = [...now].filter(([id]) => !known.has(id)).map(([, alarm]) => alarm), ended = [...known].filter(([id]) => !now.has(id)).map(([, alarm]) => alarm);
    for (const { kind, subject, covert, message } of begun) log.warn(covert ? { alarm: kind } : { alarm: kind, subject, message }, 'alarm');
    for (const { kind, subject, covert } of ended) log.warn(covert ? { alarm: kind } : { alarm: kind, subject }, 'alarm has ended');
    known.clear();
    for (const [id, alarm] of now) known.set(id, alarm);
    return begun;
  };
  const once = (): void => {
    looking ??= look().catch((cause: unknown) => log.error({ trace: traceOf(cause) }, 'alarms could not be looked for')).finally(() => {
      looking = null;
    });
  };
  return {
    look,
    start() {
      once();
      timer ??= setInterval(once, EVERY_MS);
    },
    async close() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await looking;
    },
  };
}
