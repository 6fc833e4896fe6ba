import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant, parseInstant } from '../core/instant.ts';
import type { Register } from '../geo/register.ts';
import { simulateCity, VEHICLE_KINDS, type CityOptions, type CityTruth, type SimulatedCity, type SimulatedPass } from '../simulate/city.ts';
import { localDaysFrom } from '../simulate/local-hours.ts';
import { loadRegister } from './instance.ts';
import { readJsonFile } from './list.ts';
import type { Output, Progress } from './output.ts';
import { openSimulationFiles } from './simulation-files.ts';
import { openSimulationServer } from './simulation-server.ts';
import type { SimulationSink, SinkReport } from './simulation-sink.ts';
import { openSimulationStore } from './simulation-store.ts';

export interface SimulateOptions {
  readonly seed: number;
  readonly vehicles: number;
  readonly days: number;
  readonly startsAt?: string;
  readonly misreads?: number;
  readonly missed?: number;
  readonly late?: number;
  readonly repeats?: number;
  readonly options?: string;
  readonly out?: string;
  readonly toStore?: boolean;
  readonly force?: boolean;
  readonly api?: string;
  readonly keyFile?: string;
}

/** Passes that are handed on at once. */
const BATCH = 1000;
const HOUR_MS = 3_600_000;

/** `darwaza simulate`. Answers 1 when a server refused a pass. */
export async function simulateCommand(given: SimulateOptions, config: Config, output: Output): Promise<number> {
  const register = loadRegister(config), options = await cityOptions(given, register, config), city = plannedCity(register, options);
  const sinks: SimulationSink[] = [];
  try {
    // The store and the server first: what they refuse should leave no files behind.
    if (given.toStore) sinks.push(await openSimulationStore(config, register, given.force ?? false));
    if (given.api !== undefined) sinks.push(await openSimulationServer({ api: given.api, keyFile: given.keyFile }, config));
    if (given.out !== undefined) sinks.push(await openSimulationFiles(given.out, options, register.city.name, config.DARWAZA_UTC_OFFSET_MINUTES));
    const figures = await handOn(city, options, sinks, output);
    const reports: SinkReport[] = [];
    for (const sink of sinks) reports.push(await sink.finish(city.truth));
    tell(register, options, { ...figures, ...truthFigures(city.truth) }, reports, config, output);
    return reports.some((report) => report.refused > 0) ? 1 : 0;
  } finally {
    for (const sink of sinks) await sink.close();
  }
}

/** What the command line says goes before what the file says. */
async function cityOptions(given: SimulateOptions, register: Register, config: Config): Promise<CityOptions> {
  const file = given.options === undefined ? {} : await readJsonFile(given.options);
  if (typeof file !== 'object' || file === null || Array.isArray(file)) throw new DarwazaError('ARGUMENT_INVALID', { name: given.options ?? '', reason: 'it holds no JSON object' });
  const { seed, vehicles, days, misreads, missed, late, repeats } = given, now = systemClock();
  // By default the simulated time has passed: servers take no times that are still to come.
  const startsAt = given.startsAt === undefined ? localDaysFrom(now, register.city.timeZone).midnight(-days) : parseInstant(given.startsAt, '--starts-at');
  if ((given.api !== undefined || given.toStore) && startsAt + days * 24 * HOUR_MS > now) {
    throw new DarwazaError('ARGUMENT_INVALID', { name: '--starts-at', reason: `the simulated time would end at ${formatInstant(startsAt + days * 24 * HOUR_MS, config.DARWAZA_UTC_OFFSET_MINUTES)}, which is still to come; let it begin earlier` });
  }
  const rates = Object.entries({ misreads, missed, late, repeats }).filter(([, rate]) => rate !== undefined);
  return { ...(file as Partial<CityOptions>), ...Object.fromEntries(rates), seed, vehicles, days, startsAt };
}

/** @throws ARGUMENT_INVALID with the option and what is wrong with it */
function plannedCity(register: Register, options: CityOptions): SimulatedCity {
  try {
    return simulateCity(register, options);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const [name = '', ...reason] = cause.message.split(' ');
    throw new DarwazaError('ARGUMENT_INVALID', { name, reason: reason.join(' ') }, cause);
  }
}

interface PassFigures { passes: number; boundaryPasses: number; misread: number; late: number; repeated: number; seconds: number; perSecond: number }

async function handOn(city: SimulatedCity, options: CityOptions, sinks: readonly SimulationSink[], output: Output): Promise<PassFigures> {
  const figures: PassFigures = { passes: 0, boundaryPasses: 0, misread: 0, late: 0, repeated: 0, seconds: 0, perSecond: 0 };
  const hours = options.days * 24, progress = output.progress('Simulated hours', hours), begun = performance.now();
  let batch: SimulatedPass[] = [], hour = 0;
  const give = async (): Promise<void> => {
    for (const sink of sinks) await sink.take(batch);
    hour = stepTo(Math.min(hours, Math.floor(((batch.at(-1)?.arrivesAt ?? options.startsAt) - options.startsAt) / HOUR_MS)), hour, progress);
    batch = [];
  };
  try {
    for (const pass of city.passes()) {
      count(pass, figures);
      batch.push(pass);
      if (batch.length === BATCH) await give();
    }
    if (batch.length > 0) await give();
    stepTo(hours, hour, progress);
  } finally {
    progress.done();
  }
  const seconds = (performance.now() - begun) / 1000;
  return { ...figures, seconds: Math.round(seconds * 10) / 10, perSecond: Math.round((figures.passes + figures.repeated) / Math.max(0.001, seconds)) };
}

function stepTo(reached: number, from: number, progress: Progress): number {
  for (let hour = from; hour < reached; hour++) progress.step();
  return Math.max(from, reached);
}

const LATE_MS = 120_000;

/** Times by the camera's clock, as a server would see it. */
function count({ pass, misread, repeated }: SimulatedPass, figures: PassFigures): void {
  if (repeated) return void figures.repeated++;
  figures.passes++;
  if (pass.direction !== 'unknown') figures.boundaryPasses++;
  if (misread) figures.misread++;
  if (pass.receivedAt - pass.capturedAt > LATE_MS) figures.late++;
}

function truthFigures(truth: CityTruth) {
  const kinds = Object.fromEntries(VEHICLE_KINDS.map((kind) => [kind, truth.vehicles.filter((vehicle) => vehicle.kind === kind).length]));
  return {
    kinds, stays: truth.stays.length, insideAtEnd: truth.insideAtEnd, seenInsideAtEnd: truth.seenInsideAtEnd, clones: truth.clones.length, twins: truth.twins.length,
    convoys: truth.convoys.length, downs: truth.downs.length, cuts: truth.cuts.length, parked: truth.parked.length,
    wrongClocks: truth.clocks.filter(({ offsetMs }) => Math.abs(offsetMs) > WRONG_CLOCK_MS).length,
  };
}

const WRONG_CLOCK_MS = 5_000;

function tell(register: Register, options: CityOptions, figures: PassFigures & ReturnType<typeof truthFigures>, reports: readonly SinkReport[], config: Config, output: Output): void {
  const time = (at: number): string => formatInstant(at, config.DARWAZA_UTC_OFFSET_MINUTES), endsAt = options.startsAt + options.days * 24 * HOUR_MS;
  const share = (n: number): string => `${(100 * n / Math.max(1, figures.passes)).toFixed(1)} %`;
  if (output.json) {
    output.object({ city: register.city.name, seed: options.seed, from: time(options.startsAt), to: time(endsAt), ...figures, ...Object.fromEntries(reports.map((r) => [r.name, { ...r.figures, refused: r.refused }])) });
  }
  output.line(`${register.city.name}, seed ${options.seed}, ${time(options.startsAt)} to ${time(endsAt)}:`);
  output.line(`  ${options.vehicles} vehicles: ${Object.entries(figures.kinds).map(([kind, n]) => `${n} ${kind}`).join(', ')}`);
  output.line(`  ${figures.passes} passes, ${figures.boundaryPasses} of them at the boundary; ${figures.stays} stays, ${figures.insideAtEnd} vehicles inside at the end (${figures.seenInsideAtEnd} of them seen)`);
  output.line(`  misread ${share(figures.misread)}, late ${share(figures.late)}, delivered twice ${share(figures.repeated)}`);
  output.line(`  forged marks ${figures.clones}, lawful twins ${figures.twins}, convoys ${figures.convoys}, parked in view ${figures.parked}; cameras down ${figures.downs} times, sites cut off ${figures.cuts} times, wrong clocks ${figures.wrongClocks}`);
  output.line(`  ${figures.seconds} s, ${figures.perSecond} passes a second`);
  for (const report of reports) for (const line of report.lines) output.line(line);
}
