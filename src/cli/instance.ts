import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileError } from '../camera/picture-file.ts';
import { loadSources } from '../camera/stream-sources.ts';
import { systemClock, type Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { createLog, type Log } from '../core/log.ts';
import { knowsCamera, readRegister, type Register } from '../geo/register.ts';
import type { HitFeed } from '../hit/hit-feed.ts';
import { createHitClock } from '../hit/hit-clock.ts';
import { createThreadIndexHost } from '../hit/index-host.ts';
import { createMatcher } from '../hit/matcher.ts';
import type { Engine } from '../pipeline/engine-interface.ts';
import { createAlarmWatch } from '../pipeline/alarms.ts';
import { createCameraClocks, type CameraClocks } from '../pipeline/camera-clocks.ts';
import { createCameraHealth, type CameraHealth } from '../pipeline/camera-health.ts';
import { createCameraWatch } from '../pipeline/camera-watch.ts';
import { createEngine } from '../pipeline/engine.ts';
import { createFindingsJob } from '../pipeline/findings.ts';
import { FINDINGS_SETTINGS, readFindingsSettings, type FindingsSettings } from '../pipeline/findings-settings.ts';
import { keepDaysOf } from '../pipeline/keep-days.ts';
import { createLiveCameras, type LiveCameras } from '../pipeline/live-cameras.ts';
import { watchStreams } from '../pipeline/live-health.ts';
import { createListFeeds } from '../pipeline/list-feeds.ts';
import { startPayloadSources, type PayloadSources } from '../pipeline/payload-sources.ts';
import type { PayloadIntake } from '../pipeline/payloads.ts';
import { createRetention } from '../pipeline/retention.ts';
import { loadSeries, putSeriesInForce } from '../plate/series.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { openEvidence, type EvidenceStore } from '../store/evidence.ts';
import { migrate } from '../store/migrate.ts';
import { createVision, type Vision } from '../vision/vision-pool.ts';
import { openDelivery } from './delivery.ts';

/** Everything that a running Darwaza is made of. */
export interface Instance {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly register: Register;
  readonly database: Database;
  readonly evidence: EvidenceStore;
  readonly vision: Vision;
  readonly engine: Engine;
  readonly feed: HitFeed;
  readonly live: LiveCameras;
  readonly clocks: CameraClocks;
  readonly health: CameraHealth;
  readonly payloads: PayloadIntake;
  readonly payloadSources: PayloadSources;
  close(): Promise<void>;
}

/** The file that ships with the program, wherever it is started from. */
export function shipped(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export function registerPath(config: Config): string {
  return config.DARWAZA_REGISTER ?? shipped('fixtures/quetta.json');
}

/**
 * The camera register of the settings.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, REGISTER_INVALID with every fault
 */
export function loadRegister(config: Config): Register {
  const path = registerPath(config);
  const reading = readRegister(readJson(path, 'REGISTER_INVALID'));
  if (reading.kind === 'ok') return reading.register;
  throw new DarwazaError('REGISTER_INVALID', { path, faults: faultLines(reading.faults) });
}

/**
 * Puts the department's own plate series of the settings in force and gives their JSON for the reading threads; undefined without any.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, SERIES_INVALID with every fault
 */
export function loadOwnSeries(config: Config): unknown {
  const path = config.DARWAZA_SERIES;
  if (path === undefined) return undefined;
  const json = readJson(path, 'SERIES_INVALID');
  const loaded = loadSeries(json);
  if (loaded.kind === 'faults') throw new DarwazaError('SERIES_INVALID', { path, faults: faultLines(loaded.faults) });
  putSeriesInForce(loaded.table);
  return json;
}

/**
 * What is looked for in movements, by the file of the settings; as shipped without one.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, FINDINGS_INVALID with every fault
 */
export function loadFindingsSettings(config: Config): FindingsSettings {
  const path = config.DARWAZA_FINDINGS;
  if (path === undefined) return FINDINGS_SETTINGS;
  const reading = readFindingsSettings(readJson(path, 'FINDINGS_INVALID'));
  if (reading.kind === 'ok') return reading.settings;
  throw new DarwazaError('FINDINGS_INVALID', { path, faults: faultLines(reading.faults) });
}

function faultLines(faults: readonly { readonly path: string; readonly message: string }[]): string {
  return faults.map((f) => `  ${f.path}: ${f.message}`).join('\n');
}

function readJson(path: string, invalid: 'REGISTER_INVALID' | 'SERIES_INVALID' | 'FINDINGS_INVALID'): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new DarwazaError(invalid, { path, faults: `  it is not JSON: ${cause.message}` });
    throw fileError(path, cause);
  }
}

/** Opens the database alone, brought up to date. */
export async function openStore(config: Config): Promise<Database> {
  const database = await openDatabase({ url: config.DATABASE_URL, dataDir: config.DARWAZA_DATA_DIR });
  try {
    await migrate(database);
    return database;
  } catch (cause) {
    await database.close();
    throw cause;
  }
}

/** Opens all of it; what was opened is closed again, last first, when a later part fails. */
export async function openInstance(config: Config): Promise<Instance> {
  const register = loadRegister(config), series = loadOwnSeries(config), findings = loadFindingsSettings(config);
  const sources = config.DARWAZA_SOURCES === undefined ? [] : await loadSources(config.DARWAZA_SOURCES);
  const log = createLog(config.DARWAZA_LOG), clock = systemClock;
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    const database = keep(await openStore(config));
    const evidence = await openEvidence(config.DARWAZA_DATA_DIR);
    const vision = keep(await createVision({ threads: config.DARWAZA_THREADS, reader: config.DARWAZA_READER, models: config.DARWAZA_MODELS, series }));
    const matcher = keep(createMatcher({ database, host: createThreadIndexHost(), timeZone: register.city.timeZone, clock }));
    const { feed } = keep(await openDelivery({ config, database, clock, log }));
    const clocks = keep(createCameraClocks({ database, clock, log })), health = keep(createCameraHealth({ database, register, clock, log }));
    await clocks.load();
    clocks.start();
    health.start();
    const engine = keep(await createEngine({ config, register, database, evidence, vision, clock, log, matcher, clocks, health }));
    engine.onRecorded(({ hits }) => void (hits.length > 0 && feed.poke()));
    keep(createHitClock({ database, clock, log })).start();
    keep(createListFeeds({ database, imports: engine, clock, log, limitBytes: config.DARWAZA_MAX_IMPORT_MB * 1_000_000 })).start();
    keep(createRetention({ database, evidence, keep: keepDaysOf(config), clock, log, utcOffsetMinutes: config.DARWAZA_UTC_OFFSET_MINUTES })).start();
    keep(createCameraWatch({ database, register, clock, log })).start();
    keep(createFindingsJob({ database, register, clock, log, utcOffsetMinutes: config.DARWAZA_UTC_OFFSET_MINUTES, settings: findings })).start();
    const live = keep(createLiveCameras({
      engine, database, vision, clock, log, clocks, watcher: watchStreams(health),
      folderOptions: { isCamera: (id) => knowsCamera(register, id), utcOffsetMinutes: config.DARWAZA_UTC_OFFSET_MINUTES, maxBytes: config.DARWAZA_MAX_FRAME_MB * 1_000_000 },
    }));
    await live.recover(sources);
    for (const source of sources) if (source.kind === 'rtsp' || source.kind === 'video' || source.kind === 'folder') live.open(source);
    const payloadSources = keep(startPayloadSources({ database, evidence, register, engine, vision, clocks, health, config, clock, log, sources })), { intake: payloads } = payloadSources;
    keep(createAlarmWatch({ database, clock, log, listAgeLimitHours: config.DARWAZA_LIST_AGE_LIMIT_HOURS, payloadSources })).start();
    return { config, clock, log, register, database, evidence, vision, engine, feed, live, clocks, health, payloads, payloadSources, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
