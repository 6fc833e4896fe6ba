import type { FrameMemory } from '../camera/frame-memory.ts';
import type { Frame } from '../camera/frame.ts';
import type { Hit } from '../hit/hit.ts';
import type { ListEntry, RowFault } from '../list/entry.ts';
import type { ColumnMap } from '../list/list-columns.ts';
import type { ListSettings } from '../list/list-settings.ts';
import type { ListFormat } from '../list/parse-list.ts';
import type { Pass } from '../pass/pass.ts';
import type { ListDifference } from '../store/list-difference.ts';
import type { SetAsidePass } from '../store/set-aside.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import type { EarlierPass } from './back-match.ts';
import type { Corrected, Correction } from './correct-pass.ts';
import type { ExpectedHits } from './expected-hits.ts';
import type { LiveLane } from './live-lane.ts';
import type { RecordResult } from './record.ts';
import type { SetAsideChoice } from './set-aside.ts';

/** What became of one frame. */
export interface FrameResult {
  readonly sha256: string;
  /** True when this very frame (camera, time, bytes) was taken before: nothing was read or stored again. */
  readonly repeated: boolean;
  /** What was read from it; null for a repeated frame. */
  readonly read: FrameRead | null;
  /** Passes that this frame completed. A vehicle still in view completes when it has gone by, or when the engine is drained. */
  readonly passes: readonly Pass[];
  readonly hits: readonly Hit[];
}

export interface ImportReport {
  readonly name: string;
  readonly version: number;
  readonly imported: number;
  /** True when this very file is the one in force: nothing was changed. */
  readonly unchanged: boolean;
  /** At most the first 1,000. */
  readonly refused: readonly RowFault[];
  readonly refusedCount: number;
  /** Columns of the file that were not used, and other remarks. */
  readonly notes: readonly string[];
}

/** How a list's file is to be taken. */
export interface ListImportHow {
  /** Default csv. */
  readonly format?: ListFormat;
  /** `delta`: rows that the file does not name stay. Default replace. */
  readonly mode?: 'replace' | 'delta';
  /** Tells the difference and changes nothing. */
  readonly dryRun?: boolean;
  /** The version that whoever sends it saw in force; another one in force refuses the import. */
  readonly expectVersion?: number | undefined;
  /** Our column → name in the file; default: the list's settings. */
  readonly columns?: ColumnMap | undefined;
  /** API key id of who sends it. */
  readonly author?: string | null;
  /** Fetched by the program itself. */
  readonly feed?: boolean;
}

export interface ListImportReport extends ImportReport {
  readonly mode: 'replace' | 'delta';
  readonly dryRun: boolean;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Rows that a person withdrew, and of which the file says nothing new: they stay out. */
  readonly withheld: number;
  /** In a dry run: the first hundred entries of each kind. */
  readonly difference: ListDifference | null;
}

/** Sums since the start of the process. */
export interface EngineStatistics {
  readonly framesRead: number;
  readonly framesRepeated: number;
  readonly framesWithoutPlate: number;
  readonly readsMade: number;
  readonly passesStored: number;
  readonly passesRepeated: number;
  readonly hitsRaised: number;
  readonly stageMs: { readonly decode: number; readonly detect: number; readonly read: number };
  readonly failures: Readonly<Record<string, number>>;
}

/** The order of the stages: frame → read → pass → record → hit, journey. The doors (HTTP, command line) use only this. */
export interface Engine {
  /**
   * Takes one frame: durable once this resolves, also when its pass is still open.
   * @throws DarwazaError BUSY when too many frames wait; PICTURE_… when it cannot be read; CAMERA_UNKNOWN
   */
  submitFrame(frame: Frame): Promise<FrameResult>;
  recordPasses(passes: readonly Pass[]): Promise<RecordResult>;
  /** Where the frames of all its streams lie. */
  readonly frameMemory: FrameMemory;
  /** The way of one camera's stream from read frames to stored passes. `onProvisional`: told of each vehicle once, while it is still in view. Closing completes what is in view. */
  openLane(cameraId: string, onProvisional?: (pass: Pass) => void): { readonly lane: LiveLane; close(): Promise<void> };
  /** @throws PASS_NOT_FOUND, PASS_CORRECTED */
  correctPass(correction: Correction): Promise<Corrected>;
  /** @throws SET_ASIDE_NOT_FOUND, SET_ASIDE_DECIDED, SET_ASIDE_UNHELD */
  chooseSetAside(choice: SetAsideChoice): Promise<SetAsidePass>;
  /** Calls the listener after each time that passes were stored, whichever frame or clock completed them. Gives what ends it. */
  onRecorded(listener: (result: RecordResult) => void): () => void;
  /** @throws IMPORT_UNUSABLE, IMPORT_BROKEN, LIST_BUSY, FEED_ROLLED_BACK; the list in force then stays as it was */
  importList(list: string, fileName: string, chunks: AsyncIterable<Uint8Array>, how?: ListImportHow): Promise<ListImportReport>;
  importRegister(fileName: string, chunks: AsyncIterable<Uint8Array>): Promise<ImportReport>;
  /** Where the vehicle of a new entry was seen in the last `days` days, latest first, at most `limit`. */
  backMatch(entry: ListEntry, settings: ListSettings, rules: { readonly days: number; readonly limit: number }): Promise<readonly EarlierPass[]>;
  /** What a list would raise a day by these settings. */
  expectedHits(list: string, settings: ListSettings, days: number): Promise<ExpectedHits>;
  /** Completes every open pass and waits until all is stored. */
  drain(): Promise<void>;
  queue(): { readonly waiting: number; readonly limit: number };
  statistics(): EngineStatistics;
  close(): Promise<void>;
}
