import { createReadStream } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileError } from '../camera/picture-file.ts';
import { listPictures } from '../camera/picture-folder.ts';
import { describeSource, type StreamSource } from '../camera/stream-sources.ts';
import type { Config } from '../core/config.ts';
import { formatInstant } from '../core/instant.ts';
import { writeMark } from '../plate/written-form.ts';
import { createApiKey, listApiKeys, withdrawApiKey } from '../store/api-keys.ts';
import { findPass } from '../store/find-pass.ts';
import type { StoredPass } from '../store/stored-pass.ts';
import { listHits } from '../store/list-hits.ts';
import { listJourneys } from '../store/list-journeys.ts';
import { listPasses } from '../store/list-passes.ts';
import { reportLines } from './import.ts';
import { openInstance, shipped, type Instance } from './instance.ts';
import { filmSources, isFilm, watchFilms } from './live.ts';
import { columns, type Output } from './output.ts';
import { reportError } from './report.ts';
import { runPictures, summaryLines } from './run.ts';
import { announce, serve, stop, untilStopped } from './serve.ts';

const TRIAL_KEY = 'npm start';
const DAY = 86_400_000;
const SHOWN_ROWS = 12;

/** `npm start`: prepares the database, serves, runs the main job on pictures and tells what came of it. */
export async function startCommand(paths: readonly string[], options: StartOptions, config: Config, output: Output): Promise<number> {
  const films = paths.filter(isFilm), others = paths.filter((path) => !isFilm(path));
  for (const film of films) if (!/^rtsps?:/i.test(film)) await access(film).catch((cause: unknown) => Promise.reject(fileError(film, cause)));
  const pictures = films.length > 0 && others.length === 0 ? [] : await listPictures(others.length > 0 ? others : [shipped('fixtures/frames')]);
  output.note(`Opening the database in ${config.DATABASE_URL ? 'PostgreSQL' : config.DARWAZA_DATA_DIR} …`);
  const instance = await openInstance(config), sources = filmSources(films, options.camera, instance.register);
  const server = await serve(instance);
  const key = await trialKey(instance);
  if (output.json) output.object({ apiKey: key });
  announce(server, output);
  output.line(`API key: ${key}`);
  output.line();
  const stopped = untilStopped();
  const job = mainJob({ pictures, sources, camera: options.camera, withShippedLists: paths.length === 0 }, instance, output, `${server.url}/api/v1`, key);
  // What was stored is served also when the main job cannot go on.
  await Promise.race([job.catch((cause: unknown) => reportError(cause, config.DARWAZA_LOG === 'debug')), stopped]);
  await stopped;
  await stop(server, instance, output);
  return 0;
}

export interface StartOptions { readonly camera?: string }

interface Work { readonly pictures: readonly string[]; readonly sources: readonly StreamSource[]; readonly camera: string | undefined; readonly withShippedLists: boolean }

async function mainJob({ pictures, sources, camera, withShippedLists }: Work, instance: Instance, output: Output, api: string, key: string): Promise<void> {
  if (withShippedLists) await importShipped(instance, output);
  if (pictures.length > 0) for (const line of summaryLines(await runPictures(pictures, camera === undefined ? {} : { camera }, instance, output))) output.line(line);
  if (sources.length > 0) {
    output.line(`Watching ${sources.map(describeSource).join(', ')}. Serving at ${api}`);
    const { passes } = await watchFilms(sources, instance, output);
    output.line(`All read to the end: ${passes} passes.`);
  }
  if (!output.json) for (const line of await report(instance)) output.line(line);
  output.line();
  output.line(`Serving at ${api} until Ctrl-C. Documentation page: ${api}/docs`);
  output.line(`Try it: curl -H "Authorization: Bearer ${key}" "${api}/passes?limit=3"`);
}

/** The lists and the register that ship with the rendered frames; the same files again change nothing. */
async function importShipped(instance: Instance, output: Output): Promise<void> {
  const lists = (await readdir(shipped('fixtures/lists'))).filter((f) => extname(f) === '.csv').sort();
  for (const file of lists) {
    const report = await instance.engine.importList(basename(file, '.csv'), file, createReadStream(join(shipped('fixtures/lists'), file)));
    for (const line of reportLines(report)) output.line(line);
  }
  for (const line of reportLines(await instance.engine.importRegister('register.csv', createReadStream(shipped('fixtures/register.csv'))))) output.line(line);
}

/** A fresh key for this run, good for a day; those of earlier runs are withdrawn, because only a key's hash is kept. */
async function trialKey({ database, clock }: Instance): Promise<string> {
  const now = clock();
  for (const key of await listApiKeys(database)) {
    if (key.label === TRIAL_KEY && key.withdrawnAt === null) await withdrawApiKey(database, key.id, now);
  }
  return (await createApiKey(database, { label: TRIAL_KEY, role: 'trial', defaultPurpose: 'trial', expiresAt: now + DAY }, now)).secret;
}

/** Latest passes, hits and journeys as short tables. */
async function report({ database, config }: Instance): Promise<string[]> {
  const time = (at: number | undefined): string => (at === undefined ? '' : formatInstant(at, config.DARWAZA_UTC_OFFSET_MINUTES).replace('T', ' ').slice(0, 19));
  const page = { limit: SHOWN_ROWS };
  const [passes, hits, journeys] = [await listPasses(database, {}, page), await listHits(database, {}, page), await listJourneys(database, {}, page)];
  const hitPasses = await Promise.all(hits.items.map((h) => h.passId === null ? null : findPass(database, h.passId)));
  const table = (title: string, more: boolean, rows: string[][]): string[] => ['', `${title}${more ? ` (the latest ${SHOWN_ROWS})` : ''}`, ...(rows.length > 1 ? columns(rows) : ['none'])];
  return [
    ...table('Passes', passes.nextCursor !== null, [['seen', 'camera', 'direction', 'mark', 'jurisdiction', 'sure', 'outcome'],
      ...passes.items.map((p) => [time(p.capturedAt), p.cameraId, p.direction, markOf(p), p.mark?.jurisdiction ?? '', `${Math.round(p.confidence * 100)} %`, p.outcome])]),
    ...table('Hits', hits.nextCursor !== null, [['seen', 'camera', 'mark', 'list', 'kind', 'action', 'match', 'reason'],
      ...hits.items.map((h, i) => [time(h.capturedAt), h.cameraId, markOf(hitPasses[i]), h.list, h.kind, h.action, h.matchKind, h.reason])]),
    ...table('Journeys', journeys.nextCursor !== null, [['mark', 'status', 'entered', 'at', 'left', 'at', 'passes'],
      ...journeys.items.map((j) => [writeMark(j.mark), j.status, j.entry ? time(j.entry.capturedAt) : j.entryMissing ? 'not seen' : '', j.entry?.siteId ?? '',
        j.exit ? time(j.exit.capturedAt) : j.exitMissing ? 'not seen' : '', j.exit?.siteId ?? '', String(j.sightings.length)])]),
  ];
}

/** The mark, or else the text as read. */
function markOf(pass: StoredPass | null | undefined): string {
  return pass?.mark ? writeMark(pass.mark) : pass?.rawText ?? '';
}
