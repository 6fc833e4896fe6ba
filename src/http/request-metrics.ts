import { collectDefaultMetrics, Gauge, Counter, Histogram, Registry } from 'prom-client';
import { ALARM_KINDS, currentAlarms } from '../pipeline/alarms.ts';
import { CAMERA_HEALTHS, cameraStandings } from '../pipeline/camera-overview.ts';
import type { PayloadSourceState } from '../pipeline/payload-sources.ts';
import type { CameraFigures } from '../store/camera-figures.ts';
import { TROUBLE_KINDS } from '../store/camera-troubles.ts';
import { storeStatistics } from '../store/statistics.ts';
import type { Services } from './services.ts';

export interface Metrics {
  /** One answered request. `route` is the pattern, never the path: paths hold marks. */
  observe(route: string, method: string, status: number, seconds: number): void;
  /** Prometheus text format, with the engine's and the store's figures as of now. */
  text(): Promise<string>;
  readonly mediaType: string;
}

export function createMetrics(services: Pick<Services, 'engine' | 'database' | 'clock' | 'log' | 'config' | 'register' | 'clocks' | 'health' | 'payloadSources'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'darwaza_' });
  const duration = new Histogram({
    name: 'darwaza_http_request_seconds', help: 'Time from the request line to the last byte of the answer', labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10], registers: [registry],
  });
  engineFigures(registry, services.engine);
  sourceFigures(registry, services.payloadSources);
  const refresh = storeFigures(registry, services), refreshCameras = cameraFigures(registry, services);
  return {
    mediaType: registry.contentType,
    observe: (route, method, status, seconds) => duration.observe({ route, method, status: String(status) }, seconds),
    async text() {
      await refresh();
      await refreshCameras();
      return registry.metrics();
    },
  };
}

/** Sums that the engine counts itself, read when Prometheus asks. */
function engineFigures(registry: Registry, engine: Services['engine']): void {
  const sum = (name: string, help: string, read: () => number) => new Counter({
    name: `darwaza_${name}_total`, help, registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
  sum('frames_read', 'Frames read', () => engine.statistics().framesRead);
  sum('frames_repeated', 'Frames that had been taken before', () => engine.statistics().framesRepeated);
  sum('frames_without_plate', 'Frames on which no plate was found', () => engine.statistics().framesWithoutPlate);
  sum('reads', 'Plates read', () => engine.statistics().readsMade);
  sum('passes_stored', 'Passes stored', () => engine.statistics().passesStored);
  sum('passes_repeated', 'Passes that had been stored before', () => engine.statistics().passesRepeated);
  sum('hits_raised', 'Hits that passes raised, confirmed or were counted into', () => engine.statistics().hitsRaised);
  const labelled = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) => new Counter({
    name: `darwaza_${name}_total`, help, labelNames: [label], registers: [registry],
    collect() {
      this.reset();
      for (const [value, amount] of Object.entries(read())) this.inc({ [label]: value }, amount);
    },
  });
  labelled('stage_seconds', 'Time spent in each stage of reading', 'stage', () =>
    Object.fromEntries(Object.entries(engine.statistics().stageMs).map(([stage, ms]) => [stage, ms / 1000])));
  labelled('failures', 'Frames and passes that could not be used, by error code', 'code', () => engine.statistics().failures);
  const queue = (name: string, help: string, read: () => number) => new Gauge({ name: `darwaza_queue_${name}`, help, registers: [registry], collect() { this.set(read()); } });
  queue('waiting', 'Frames that wait for a reader', () => engine.queue().waiting);
  queue('limit', 'Frames that may wait before more are refused', () => engine.queue().limit);
}

/**
 * Cameras, one series each of what an operator draws or is woken by: 1,400 cameras make about 14,000 series. Refusals by code, widths of plates,
 * brightness and the hours before are left out, because each would make as many again: GET /api/v1/cameras/{id}/health has them.
 */
function cameraFigures(registry: Registry, { database, clock, log, register, health, clocks }: Pick<Services, 'database' | 'clock' | 'log' | 'register' | 'health' | 'clocks'>): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[] = ['camera']) => new Gauge({ name: `darwaza_${name}`, help, labelNames, registers: [registry] });
  const states = gauge('cameras', 'Cameras in service, by state', ['state']), troubles = gauge('camera_troubles', 'What is wrong with cameras now, by kind', ['kind']);
  const frameAt = gauge('camera_last_frame_timestamp_seconds', 'When the newest frame of a camera came'), passAt = gauge('camera_last_pass_timestamp_seconds', 'When its newest pass came');
  const offset = gauge('camera_clock_offset_seconds', 'What is to be added to the time of its clock'), queue = gauge('camera_queue_waiting', 'Frames of it that wait to be read');
  const count = (name: string, help: string, of: (f: CameraFigures) => number) => new Counter({
    name: `darwaza_camera_${name}_total`, help, labelNames: ['camera'], registers: [registry],
    collect() {
      this.reset();
      for (const [camera, figures] of health.totals()) this.inc({ camera }, of(figures));
    },
  });
  count('frames', 'Frames that came of a camera', (f) => f.frames);
  count('frames_still', 'Frames of it that nothing moved in', (f) => f.still);
  count('frames_dropped', 'Frames of it that were given up because the machine was too slow', (f) => f.dropped);
  count('decode_errors', 'Frames of it that could not be decoded', (f) => f.decodeErrors);
  count('passes', 'Passes of it', (f) => f.passes);
  count('passes_read', 'Passes of it whose plate was read', (f) => f.read);
  return async () => {
    for (const g of [states, troubles, frameAt, passAt, offset, queue]) g.reset();
    try {
      const now = clock(), ids = [...new Set(register.cameras.filter((c) => (c.validFrom ?? -Infinity) <= now && now < (c.validTo ?? Infinity)).map((c) => c.id))];
      const standing = await cameraStandings({ database, clock, health, clocks }, ids);
      for (const state of CAMERA_HEALTHS) states.set({ state }, 0);
      for (const kind of TROUBLE_KINDS) troubles.set({ kind }, 0);
      for (const { cameraId: camera, health: state, troubles: wrong, state: known, clock: measured } of standing) {
        states.inc({ state });
        for (const { kind } of wrong) troubles.inc({ kind });
        if (known?.frameAt != null) frameAt.set({ camera }, known.frameAt / 1000);
        if (known?.passAt != null) passAt.set({ camera }, known.passAt / 1000);
        if (known?.queueDepth != null) queue.set({ camera }, known.queueDepth);
        if (measured !== null) offset.set({ camera }, measured.offsetMs / 1000);
      }
    } catch (error) {
      log.warn({ error: (error as { code?: unknown }).code ?? 'INTERNAL' }, 'the store gave no figures of cameras');
    }
  };
}

/** Event streams and brokers, one series each; two of one name (two logins at one broker) are added up. */
function sourceFigures(registry: Registry, sources: Services['payloadSources']): void {
  const labelNames = ['source'], states = (): ReturnType<typeof sources.states> => sources.states();
  const gauge = (name: string, help: string, of: (state: PayloadSourceState) => number) => new Gauge({
    name: `darwaza_source_${name}`, help, labelNames, registers: [registry],
    collect() {
      this.reset();
      for (const state of states()) this.inc({ source: state.source }, of(state));
    },
  });
  const sum = (name: string, help: string, of: (state: PayloadSourceState) => number) => new Counter({
    name: `darwaza_source_${name}_total`, help, labelNames, registers: [registry],
    collect() {
      this.reset();
      for (const state of states()) this.inc({ source: state.source }, of(state));
    },
  });
  gauge('connected', '1 while an event stream or broker is listened to', (s) => (s.downSince === null ? 1 : 0));
  gauge('waiting', 'Messages of it that wait to be taken', (s) => s.waiting);
  sum('messages', 'Messages that came of it', (s) => s.messages);
  sum('dropped', 'Messages of it that were given up because too many waited', (s) => s.dropped);
  sum('reconnects', 'How often it was connected again', (s) => s.reconnects);
  const lastAt = new Gauge({
    name: 'darwaza_source_last_message_timestamp_seconds', help: 'When anything came of it last', labelNames, registers: [registry],
    collect() {
      lastAt.reset();
      for (const { source, lastAt: at } of states()) if (at !== null) lastAt.set({ source }, at / 1000);
    },
  });
}

/** Figures from the database. When it is away they are left out, so that the process's own figures still come. */
function storeFigures(registry: Registry, { database, clock, log, config, payloadSources }: Pick<Services, 'database' | 'clock' | 'log' | 'config' | 'payloadSources'>): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[] = []) => new Gauge({ name: `darwaza_${name}`, help, labelNames, registers: [registry] });
  const up = gauge('database_up', '1 when the database answers');
  const passes = gauge('store_passes_estimate', 'Passes in the store, by the planner\'s estimate');
  const lastHour = gauge('store_passes_last_hour', 'Passes captured in the last hour');
  const latest = gauge('store_latest_pass_timestamp_seconds', 'Capture time of the newest pass');
  const open = gauge('store_open_journeys', 'Journeys without an exit');
  const hits = gauge('store_hits_last_day', 'Hits of the last 24 hours, by status', ['status']);
  const listAge = gauge('list_age_seconds', 'Time since a list was last delivered', ['list']);
  const listRows = gauge('list_entries', 'Entries in force of a list', ['list']);
  const registerAge = gauge('register_age_seconds', 'Time since the register was last delivered');
  const audit = gauge('audit_rows', 'Rows of the audit log');
  const bytes = gauge('database_bytes', 'Size of the database');
  const alarms = gauge('alarms', 'What an operator must look into now, by kind; GET /api/v1/alarms says what', ['kind']);
  return async () => {
    for (const g of [passes, lastHour, latest, open, hits, listAge, listRows, registerAge, audit, bytes, alarms]) g.reset();
    try {
      const now = clock(), s = await storeStatistics(database, now);
      up.set(1);
      passes.set(s.passesEstimate);
      lastHour.set(s.passesLastHour);
      if (s.latestPassAt !== null) latest.set(s.latestPassAt / 1000);
      open.set(s.openJourneys);
      for (const [status, count] of Object.entries(s.hitsLastDay)) hits.set({ status }, count);
      // The name of a covert list is not for everybody who may see figures; its alarms are counted all the same.
      for (const list of s.lists.filter(({ settings }) => !settings.covert)) {
        listAge.set({ list: list.list }, (now - list.confirmedAt) / 1000);
        listRows.set({ list: list.list }, list.entryCount);
      }
      if (s.register) registerAge.set((now - s.register.confirmedAt) / 1000);
      audit.set(s.auditRows);
      bytes.set(s.databaseBytes);
      const raised = await currentAlarms({ database, clock, listAgeLimitHours: config.DARWAZA_LIST_AGE_LIMIT_HOURS, payloadSources });
      for (const kind of ALARM_KINDS) alarms.set({ kind }, raised.filter((alarm) => alarm.kind === kind).length);
    } catch (error) {
      log.warn({ error: (error as { code?: unknown }).code ?? 'INTERNAL' }, 'the store gave no figures');
      up.set(0);
    }
  };
}
