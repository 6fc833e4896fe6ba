import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Pass } from '../pass/pass.ts';
import { seriesInForce } from '../plate/series.ts';
import { writeMarkInFull } from '../plate/written-form.ts';
import type { CityOptions, CityTruth, SimulatedPass } from '../simulate/city.ts';
import type { SimulationSink, SinkReport } from './simulation-sink.ts';

/** A pass as `POST /api/v1/passes` takes it. The words that the reader saw beside the mark go before and after it, from which the server reads province and district. */
export function reportOf(pass: Pass, utcOffsetMinutes: number): Readonly<Record<string, unknown>> {
  const { mark, vehicle } = pass, province = mark?.jurisdiction === null ? undefined : seriesInForce().jurisdictions.get(mark?.jurisdiction ?? '')?.words[0];
  return {
    camera: pass.cameraId, capturedAt: formatInstant(pass.capturedAt, utcOffsetMinutes), sequence: pass.sequence,
    text: [province, pass.rawText, mark?.district].filter((word) => word !== undefined && word !== null).join(' '),
    confidence: Math.round(pass.confidence * 1e4) / 1e4,
    ...((vehicle.class !== null || vehicle.colour !== null) && { vehicle: { class: vehicle.class, colour: vehicle.colour } }),
  };
}

/** Writes `passes.ndjson`, `arrivals.ndjson` (line by line what is true of it) and `truth.json` into a folder; files of these names are replaced. @throws FOLDER_UNWRITABLE */
export async function openSimulationFiles(folder: string, options: CityOptions, city: string, utcOffsetMinutes: number): Promise<SimulationSink> {
  const told = <T>(work: Promise<T>): Promise<T> => work.catch((cause: unknown) => {
    throw new DarwazaError('FOLDER_UNWRITABLE', { path: folder, reason: (cause as NodeJS.ErrnoException).code ?? 'unknown fault' }, cause);
  });
  await told(mkdir(folder, { recursive: true }));
  const files = new SimulationFiles(folder, options, city, utcOffsetMinutes);
  await told(files.open());
  return { take: (passes) => told(files.take(passes)), finish: (truth) => told(files.finish(truth)), close: () => files.close() };
}

/** Rows of the truth file that are written at once: one text of all of it could be longer than a text can be. */
const ROWS_AT_ONCE = 2000;

class SimulationFiles implements SimulationSink {
  readonly #folder: string;
  readonly #head: object;
  readonly #offset: number;
  readonly #files = new Map<string, WriteStream>();
  readonly #faults = new Map<WriteStream, unknown>();
  #count = 0;

  constructor(folder: string, options: CityOptions, city: string, utcOffsetMinutes: number) {
    this.#folder = folder;
    this.#offset = utcOffsetMinutes;
    this.#head = { city, options: { ...options, startsAt: this.#time(options.startsAt) } };
  }

  async open(): Promise<void> {
    for (const name of ['passes.ndjson', 'arrivals.ndjson', 'truth.json']) {
      const file = createWriteStream(join(this.#folder, name));
      this.#files.set(name, file);
      file.on('error', (cause) => void this.#faults.set(file, cause));
      await once(file, 'open');
    }
  }

  async take(passes: readonly SimulatedPass[]): Promise<void> {
    this.#count += passes.length;
    await this.#write('passes.ndjson', passes.map(({ pass }) => `${JSON.stringify(reportOf(pass, this.#offset))}\n`).join(''));
    await this.#write('arrivals.ndjson', passes.map(({ pass, vehicle, arrivesAt, misread, repeated }) => (
      `${JSON.stringify({ id: pass.id, vehicle, arrivesAt: this.#time(arrivesAt), misread, repeated })}\n`)).join(''));
  }

  async finish(truth: CityTruth): Promise<SinkReport> {
    await this.#write('truth.json', `{"simulation":${JSON.stringify(this.#head)}`);
    for (const name of ['vehicles', 'stays', 'convoys', 'clones', 'twins', 'downs', 'cuts', 'clocks', 'parked'] as const) await this.#writeRows(name, truth[name]);
    await this.#write('truth.json', `,\n"insideAtEnd":${truth.insideAtEnd},"seenInsideAtEnd":${truth.seenInsideAtEnd}}\n`);
    for (const file of this.#files.values()) {
      file.end();
      await finished(file);
    }
    const names = [...this.#files.keys()].map((name) => join(this.#folder, name));
    return { name: 'files', figures: { passes: this.#count, files: names }, lines: [`${this.#count} passes are in ${names[0]}, what is true of them in ${names[1]} and ${names[2]}.`], refused: 0 };
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) file.destroy();
  }

  async #writeRows(name: string, rows: readonly object[]): Promise<void> {
    await this.#write('truth.json', `,\n"${name}":[`);
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      const part = rows.slice(start, start + ROWS_AT_ONCE).map((row) => JSON.stringify(row, (key, value: unknown) => this.#shown(key, value)));
      await this.#write('truth.json', `${start === 0 ? '' : ','}\n${part.join(',\n')}`);
    }
    await this.#write('truth.json', ']');
  }

  /** Times with offset, and marks in the form in which lists and searches take them. */
  #shown(key: string, value: unknown): unknown {
    if (key === 'mark') return writeMarkInFull(value as Parameters<typeof writeMarkInFull>[0]);
    return typeof value === 'number' && (key === 'at' || key === 'from' || key === 'to') ? this.#time(value) : value;
  }

  #time(at: number): string {
    return formatInstant(at, this.#offset);
  }

  async #write(name: string, text: string): Promise<void> {
    const file = this.#files.get(name) as WriteStream;
    if (this.#faults.has(file)) throw this.#faults.get(file);
    if (!file.write(text)) await once(file, 'drain');
  }
}
