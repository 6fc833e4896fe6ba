import { DarwazaError } from '../core/errors.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import type { EngineStatistics, FrameResult } from './engine-interface.ts';
import type { RecordResult } from './record.ts';

/** What the engine has done since it started, for /metrics. */
export class EngineCounters {
  #frames = { framesRead: 0, framesRepeated: 0, framesWithoutPlate: 0, readsMade: 0 };
  #passes = { passesStored: 0, passesRepeated: 0, hitsRaised: 0 };
  #stageMs = { decode: 0, detect: 0, read: 0 };
  #failures: Record<string, number> = {};

  read(read: FrameRead): void {
    this.#frames.framesRead++;
    this.#frames.readsMade += read.reads.length;
    if (read.reads.length === 0) this.#frames.framesWithoutPlate++;
    for (const stage of ['decode', 'detect', 'read'] as const) this.#stageMs[stage] += read.ms[stage];
  }

  repeated(result: FrameResult): FrameResult {
    this.#frames.framesRepeated++;
    return result;
  }

  recorded(result: RecordResult): void {
    this.#passes.passesStored += result.stored.length;
    this.#passes.passesRepeated += result.repeated;
    this.#passes.hitsRaised += result.hits.length;
  }

  failed(cause: unknown): void {
    const code = cause instanceof DarwazaError ? cause.code : 'INTERNAL';
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
  }

  sums(): EngineStatistics {
    return { ...this.#frames, ...this.#passes, stageMs: { ...this.#stageMs }, failures: { ...this.#failures } };
  }
}
