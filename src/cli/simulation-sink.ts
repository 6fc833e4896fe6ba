import type { CityTruth, SimulatedPass } from '../simulate/city.ts';

/** Where simulated passes go. */
export interface SimulationSink {
  /** Takes passes in the order of their arrival; the next ones come when it resolves. */
  take(passes: readonly SimulatedPass[]): Promise<void>;
  /** After the last pass: what it did, for the answer of the command. */
  finish(truth: CityTruth): Promise<SinkReport>;
  /** Gives up what is open, also after a fault. Doing it twice does no harm. */
  close(): Promise<void>;
}

export interface SinkReport {
  /** For the JSON answer, under `name`. */
  readonly name: 'files' | 'store' | 'server';
  readonly figures: Readonly<Record<string, string | number | readonly string[]>>;
  readonly lines: readonly string[];
  /** Passes that were not taken. */
  readonly refused: number;
}
