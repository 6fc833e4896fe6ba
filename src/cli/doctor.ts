import { createServer } from 'node:net';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { listStates } from '../store/active-list-entries.ts';
import { prepareDataFolder } from '../store/data-folder.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { registerState } from '../store/import-register.ts';
import { migrate } from '../store/migrate.ts';
import { checkedModel, ownModels, shippedModels } from '../vision/model-card.ts';
import type { OwnModel } from '../vision/model-card.ts';
import { defaultReader } from '../vision/readers.ts';
import { createVision } from '../vision/vision-pool.ts';
import { loadOwnSeries, loadRegister, registerPath, shipped } from './instance.ts';
import type { Output } from './output.ts';
import { asDarwazaError } from './report.ts';
import { ffmpegVersion } from '../camera/ffmpeg-command.ts';
import { loadPicture } from '../camera/picture-file.ts';
import { listPictures } from '../camera/picture-folder.ts';
import { loadSources } from '../camera/stream-sources.ts';

type Finding = { readonly check: string; readonly state: 'ok' | 'warning' | 'fault'; readonly message: string };
const HOUR = 3_600_000;

/** `darwaza doctor`: tries each part as the program would use it. Answers 1 when a fault was found; warnings do not count. */
export async function doctorCommand(config: Config, output: Output): Promise<number> {
  const findings: Finding[] = [];
  const tell = (found: readonly Finding[]): void => {
    for (const finding of found) {
      findings.push(finding);
      if (output.json) output.object(finding);
      output.line(`${finding.state.padEnd(8)}${finding.check}: ${finding.message}`);
    }
  };
  tell([nodeVersion()]);
  tell(await tried('camera register', async () => {
    const register = loadRegister(config);
    return `${registerPath(config)}: ${register.sites.length} sites, ${register.cameras.length} cameras`;
  }));
  tell(await tried('plate series', async () => (loadOwnSeries(config) === undefined ? 'the shipped ones' : `the shipped ones and ${config.DARWAZA_SERIES}`)));
  tell(await tried('camera sources', () => cameraSources(config)));
  // Without it pictures and ANPR cameras still work.
  tell(await tried('ffmpeg', () => ffmpegVersion(), 'warning'));
  tell(await tried('data folder', async () => {
    await prepareDataFolder(config.DARWAZA_DATA_DIR);
    return `${config.DARWAZA_DATA_DIR} can be written`;
  }));
  if (config.DARWAZA_READER === defaultReader) for (const model of ownModels) tell(await tried(`model ${model}`, () => describe(config, model)));
  tell(await tried('models', () => readOneFrame(config)));
  tell(await databaseFindings(config));
  tell(await tried('port', () => freePort(config.DARWAZA_HOST, config.PORT), 'warning'));
  const faults = findings.filter((f) => f.state === 'fault').length;
  output.line(faults === 0 ? 'No faults.' : `${faults} fault${faults > 1 ? 's' : ''}.`);
  return faults === 0 ? 0 : 1;
}

async function tried(check: string, work: () => Promise<string>, otherwise: 'fault' | 'warning' = 'fault'): Promise<Finding[]> {
  try {
    return [{ check, state: 'ok', message: await work() }];
  } catch (cause) {
    return [{ check, state: otherwise, message: asDarwazaError(cause).message }];
  }
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return { check: 'Node.js', state: fits ? 'ok' : 'fault', message: fits ? process.version : `${process.version} is too old; install 20.19 or later` };
}

async function cameraSources(config: Config): Promise<string> {
  if (config.DARWAZA_SOURCES === undefined) return 'none; DARWAZA_SOURCES names a file of cameras whose streams are taken';
  const sources = await loadSources(config.DARWAZA_SOURCES), known = new Set(loadRegister(config).cameras.map((camera) => camera.id));
  const unknown = sources.flatMap(({ camera }) => (camera === null || known.has(camera) ? [] : [camera]));
  if (unknown.length > 0) throw new DarwazaError('SOURCES_INVALID', { path: config.DARWAZA_SOURCES, faults: `  not in the camera register: ${unknown.join(', ')}` });
  return `${config.DARWAZA_SOURCES}: ${sources.length} sources`;
}

async function describe(config: Config, model: OwnModel): Promise<string> {
  const { card } = await checkedModel(config.DARWAZA_MODELS ?? shippedModels, model);
  return `${card.name} ${card.version}, ${(card.bytes / 1e6).toFixed(1)} MB, SHA-256 as its card says`;
}

/** Reads one shipped frame in a worker: models, native libraries and threads in one go. */
async function readOneFrame(config: Config): Promise<string> {
  const [file] = await listPictures([shipped('fixtures/frames')]);
  const vision = await createVision({ threads: 1, reader: config.DARWAZA_READER, models: config.DARWAZA_MODELS });
  try {
    const { bytes } = await loadPicture(file ?? '', config.DARWAZA_MAX_FRAME_MB * 1_000_000);
    const { ms } = await vision.read(bytes);
    return `reader ${config.DARWAZA_READER} read a frame (decode ${ms.decode.toFixed(0)} ms, detect ${ms.detect.toFixed(0)} ms, read ${ms.read.toFixed(0)} ms)`;
  } finally {
    await vision.close();
  }
}

async function databaseFindings(config: Config): Promise<Finding[]> {
  let database: Database | undefined;
  const findings = await tried('database', async () => {
    database = await openDatabase({ url: config.DATABASE_URL, dataDir: config.DARWAZA_DATA_DIR });
    const { version } = await migrate(database);
    return `${database.host} answers; schema version ${version}`;
  });
  try {
    return database === undefined || findings[0]?.state !== 'ok' ? findings : [...findings, ...(await listAges(database, config))];
  } finally {
    await database?.close();
  }
}

async function listAges(database: Database, config: Config): Promise<Finding[]> {
  const limitHours = config.DARWAZA_LIST_AGE_LIMIT_HOURS;
  const states = (await listStates(database)).map((s) => ({ name: `list ${s.list}`, at: s.confirmedAt, rows: s.entryCount, limit: s.settings.ageLimitHours ?? limitHours }));
  const register = await registerState(database);
  if (register) states.push({ name: 'Excise register', at: register.confirmedAt, rows: register.rowCount, limit: limitHours });
  if (states.length === 0) return [{ check: 'lists', state: 'warning', message: 'there are none; import one with "darwaza import list NAME FILE"' }];
  return states.map(({ name, at, rows, limit }) => {
    const hours = (systemClock() - at) / HOUR;
    const stale = hours > limit;
    return { check: name, state: stale ? 'warning' : 'ok', message: `${rows} rows, ${hours.toFixed(1)} hours old${stale ? `; older than ${limit} hours: import it again` : ''}` };
  });
}

function freePort(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(new DarwazaError(cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'PORT_NOT_ALLOWED', { port, host, reason: cause.code ?? 'unknown fault' }, cause)));
    probe.listen(port, host, () => probe.close(() => resolve(`${port} on ${host} is free`)));
  });
}
