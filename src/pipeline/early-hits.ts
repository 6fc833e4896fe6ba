import type { Track } from '../pass/observation.ts';
import { markKey } from '../plate/key.ts';
import { writeMark } from '../plate/written-form.ts';
import type { FrameRecord } from '../store/frames.ts';
import type { FrameRead } from '../vision/frame-read.ts';
import type { EarlyRead, ProvisionalHit } from './record.ts';

/** From here on one read is worth calling somebody: below it the vote over the next frames is awaited (docs/accuracy.md: what the number means). */
const CONFIDENT = 0.6;
/** A mark that was looked up is not looked up again while it stays in view, and for this long after; milliseconds. */
const KNOWN_FOR_MS = 60_000;

interface Looked {
  lastAt: number;
  readonly frame: string;
  readonly text: string;
  /** Hits that no finished pass has settled yet. */
  hits: readonly ProvisionalHit[];
}

export interface EarlyHitParts {
  readonly cameraId: string;
  raise(read: EarlyRead): Promise<readonly ProvisionalHit[]>;
  withdraw(hitIds: readonly string[]): Promise<void>;
}

/** The provisional hits of one camera: raised on the first confident read of a mark, handed to the pass of that vehicle when it is finished. */
export class EarlyHits {
  readonly #parts: EarlyHitParts;
  readonly #looked = new Map<string, Looked>();

  constructor(parts: EarlyHitParts) {
    this.#parts = parts;
  }

  /** Looks up the marks of a frame that were not read here before. */
  async take({ capturedAt, sha256 }: FrameRecord, { reads }: FrameRead): Promise<void> {
    for (const { parse, text, confidence, characters } of reads) {
      if (parse.kind !== 'mark' || confidence < CONFIDENT) continue;
      const { mark } = parse.candidates[0], written = writeMark(mark), known = this.#looked.get(written);
      if (known !== undefined && capturedAt - known.lastAt <= KNOWN_FOR_MS) known.lastAt = Math.max(known.lastAt, capturedAt);
      else {
        const hits = await this.#parts.raise({ cameraId: this.#parts.cameraId, capturedAt, frame: sha256, mark, key: markKey(mark), confidence, characters });
        this.#looked.set(written, { lastAt: capturedAt, frame: sha256, text, hits });
      }
    }
  }

  /** The provisional hits of a followed vehicle; they are its pass's to settle from now on. */
  claim(track: Track): readonly ProvisionalHit[] {
    return [...this.#looked.values()].flatMap((looked) => {
      if (looked.hits.length === 0 || !track.observations.some((o) => o.frame.evidence.sha256 === looked.frame && o.read.text === looked.text)) return [];
      const { hits } = looked;
      looked.hits = [];
      return hits;
    });
  }

  /** Withdraws hits of frames that no vehicle in view holds any more, and forgets marks not seen for long. */
  async settleRest(held: ReadonlySet<string>, newestAt: number): Promise<void> {
    const orphans = [...this.#looked.values()].filter(({ hits, frame }) => hits.length > 0 && !held.has(frame));
    if (orphans.length > 0) await this.#parts.withdraw(orphans.flatMap(({ hits }) => hits.map((h) => h.hitId)));
    for (const looked of orphans) looked.hits = [];
    for (const [written, { lastAt, hits }] of this.#looked) if (hits.length === 0 && newestAt - lastAt > KNOWN_FOR_MS) this.#looked.delete(written);
  }
}
