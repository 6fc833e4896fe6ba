/** What is kept for a time of its own. Frames go with passes, and so do corrections; a vehicle goes with the last that is known of it. */
export const RETENTION_KINDS = ['passes', 'frames', 'pictures', 'hits', 'journeys', 'vehicles', 'findings', 'camera-hours', 'set-aside', 'payloads', 'audit'] as const;
export type RetentionKind = (typeof RETENTION_KINDS)[number];

/**
 * Why something is kept beyond its time, the strongest reason first: an open hit refers to it; a legal hold covers it; a hit gave it a longer
 * time; a journey under way began with it; it is a correction, or the original, of a pass that is kept; it stands in the log behind what is kept.
 */
export const KEPT_REASONS = ['open', 'hold', 'hit', 'journey', 'correction', 'pass'] as const;
export type KeptReason = (typeof KEPT_REASONS)[number];
export type KeptCounts = Partial<Record<KeptReason, number>>;

/** What became of one kind in one run, or would in a dry one. Times are epoch milliseconds. */
export interface KindReport {
  readonly kind: RetentionKind;
  /** The setting behind it. */
  readonly days: number;
  /** What is older was to go. */
  readonly cutOff: number;
  /** Month partitions that were taken away whole; what had to be kept of them stands in a small one of the same name. */
  readonly partitions: readonly string[];
  /** Rows, or picture files. */
  readonly deleted: number;
  /** Given back to the disk: partitions, picture files. Space inside a table that stays is used again and not counted. */
  readonly bytes: number;
  readonly kept: KeptCounts;
  /** Counted after the deletion: what is older than the cut-off, stands still, and nothing keeps. 0 proves the deletion. */
  readonly overdue: number;
  /** In words, what could not be done now and is done by the next run; null otherwise. */
  readonly putOff: string | null;
}

export interface RetentionReport {
  readonly dryRun: boolean;
  readonly kinds: readonly KindReport[];
  /** Month partitions that stand ready for what is to come. */
  readonly ahead: readonly string[];
}

export type RunOutcome = 'running' | 'complete' | 'failed' | 'interrupted';

/** Times before which each kind is to go, epoch milliseconds. */
export interface CutOffs {
  readonly passes: number;
  /** Passes with a hit, and the hits themselves; never later than `passes`. */
  readonly hits: number;
  readonly journeys: number;
  readonly evidence: number;
  readonly audit: number;
  /** Counts from when a pass was set aside. */
  readonly setAside: number;
  /** Counts from when a message came. */
  readonly payloads: number;
}
