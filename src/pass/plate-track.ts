import { overlap } from './box.ts';
import { movementOf } from './movement.ts';
import type { Observation, SeenFrame, Track } from './observation.ts';
import type { PlateBox } from './pass.ts';
import { PlateMotion, type Fit } from './plate-motion.ts';
import { strength } from './strength.ts';
import { Trail } from './trail.ts';

/** Reads kept of one vehicle: enough for any vote, and a bound on memory for a vehicle that stands in view. */
const MAX_OBSERVATIONS = 32;
/** Texts that a new read is compared with: the latest ones, because the plate grows as the vehicle comes nearer. */
const COMPARED = 4;
/** Texts whose strongest read may still become the evidence. */
const RIVAL_TEXTS = 3;
/** Boxes of a standing plate cover each other by this much. */
const STANDS = 0.6;
/** A vehicle is taken to stand once it did for this long; milliseconds. */
const STANDS_MS = 300;

/** One vehicle as it is followed: what was read of it, where it was, and what was already said of it. */
export class PlateTrack {
  /** Order in which the vehicles of this camera came. */
  readonly id: number;
  observations: readonly Observation[];
  /** Reads taken in, also those that are not kept. */
  count = 1;
  firstAt: number;
  lastAt: number;
  readonly trail = new Trail();
  /** False once the vehicle shared a frame with another plate. */
  alone: boolean;
  first: Observation | null = null;
  /** Its first sure read waits to be asked for. */
  announce = false;
  /** Its first sure read was given out as a provisional pass. */
  told = false;
  /** Already given out; kept only so that the vehicle is not given out again. */
  reported = false;
  /** The best read of another plate on the vehicle; and the vehicle whose other plate this one is. */
  second: Observation | null = null;
  carriedBy: PlateTrack | null = null;
  /** Reads whose frames may become the evidence. Once left out, never again, because the pixels are gone. */
  evidence: readonly Observation[];
  #motion: PlateMotion;
  #leading: Observation;
  #compared: readonly Observation[];

  constructor(id: number, observation: Observation) {
    const at = observation.frame.capturedAt, place = { at, box: observation.read.box };
    this.id = id;
    this.observations = this.evidence = this.#compared = [observation];
    this.#leading = observation;
    this.firstAt = this.lastAt = at;
    this.alone = observation.frame.reads.length === 1;
    this.trail.take(place);
    this.#motion = new PlateMotion(place);
  }

  get latest(): PlateBox {
    return (this.trail.places.at(-1) ?? { box: this.observations[0]?.read.box as PlateBox }).box;
  }

  saw(frame: SeenFrame): boolean {
    return this.lastAt >= frame.capturedAt && this.observations.some((o) => o.frame === frame);
  }

  take(observation: Observation): void {
    const { frame, read } = observation, at = frame.capturedAt, place = { at, box: read.box };
    this.trail.take(place);
    if (at >= this.lastAt) this.#motion.take(place);
    this.firstAt = Math.min(this.firstAt, at);
    this.lastAt = Math.max(this.lastAt, at);
    this.alone &&= frame.reads.length === 1;
    this.count += 1;
    this.#keep([...this.observations, observation], [...this.evidence, observation]);
  }

  /** Takes over what was followed as another vehicle and proved to be this one. */
  join(other: PlateTrack): void {
    for (const place of other.trail.places) this.trail.take(place);
    if (other.lastAt > this.lastAt) this.#motion = PlateMotion.along(this.trail.places);
    this.firstAt = Math.min(this.firstAt, other.firstAt);
    this.lastAt = Math.max(this.lastAt, other.lastAt);
    this.alone &&= other.alone;
    this.count += other.count;
    this.#keep([...this.observations, ...other.observations].toSorted((a, b) => a.frame.capturedAt - b.frame.capturedAt), [...this.evidence, ...other.evidence]);
    this.second ??= other.second;
  }

  /** How well a plate at this time and place fits to where this vehicle would be. */
  fit(at: number, box: PlateBox, pictureArea: number): Fit {
    return at >= this.lastAt ? this.#motion.fit({ at, box }, pictureArea) : this.trail.fit({ at, box }, pictureArea);
  }

  /** It has been where it is for a while. */
  get stands(): boolean {
    const recent = this.trail.places.slice(-COMPARED), last = recent.at(-1), since = recent[0];
    if (last === undefined || since === undefined || last.at - since.at < STANDS_MS) return false;
    return recent.every((p) => overlap(p.box, last.box) >= STANDS);
  }

  /** Reads that a new one is compared with: those of the text it goes by, the strongest and the latest. */
  get compared(): readonly Observation[] {
    return this.#compared;
  }

  /** The strongest read of the text that most weight stands behind, or stood when it was given out. */
  get leading(): Observation {
    return this.#leading;
  }

  /** The sum of what its reads weigh. */
  get weight(): number {
    return this.observations.reduce((sum, o) => sum + strength(o.read), 0);
  }

  /** It was given out, or is another's second plate: for as long as it may stand in view it is only watched, and its reads are let go. */
  watch(): void {
    this.reported = true;
    this.#keep(this.observations, []);
  }

  given(): Track {
    const observations = this.observations.toSorted((a, b) => a.frame.capturedAt - b.frame.capturedAt || (a.frame.evidence.sha256 < b.frame.evidence.sha256 ? -1 : 1));
    return { observations, plateless: null, firstAt: this.firstAt, lastAt: this.lastAt, first: this.first, evidence: this.evidence, second: this.second, movement: movementOf(this.trail.places) };
  }

  /** A vehicle that was already given out needs only what it was given out as and its latest texts. */
  #keep(all: readonly Observation[], evidence: readonly Observation[]): void {
    if (this.reported) {
      this.observations = all.slice(-COMPARED);
      this.evidence = [];
    } else {
      const ranked = strongestOfTexts(all), strongest = all.reduce((s, o) => (strength(o.read) > strength(s.read) ? o : s));
      this.#leading = ranked[0] ?? strongest;
      this.evidence = evidence.filter((o) => o === strongest || ranked.slice(0, RIVAL_TEXTS).includes(o));
      if (this.evidence.length === 0) this.evidence = evidence.slice(-1);
      this.observations = all;
      while (this.observations.length > MAX_OBSERVATIONS) this.observations = withoutWeakest(this.observations, this.evidence);
    }
    this.#compared = [...new Set([this.#leading, ...this.evidence, ...this.observations.slice(-COMPARED)])];
  }
}

/** The strongest read of each text, the text with most weight first. */
function strongestOfTexts(observations: readonly Observation[]): Observation[] {
  const texts = new Map<string, { weight: number; best: Observation }>();
  for (const o of observations) {
    const own = strength(o.read), known = texts.get(o.read.text);
    if (known === undefined) texts.set(o.read.text, { weight: own, best: o });
    else texts.set(o.read.text, { weight: known.weight + own, best: own > strength(known.best.read) ? o : known.best });
  }
  return [...texts.values()].toSorted((a, b) => b.weight - a.weight || (a.best.read.text < b.best.read.text ? -1 : 1)).map((t) => t.best);
}

function withoutWeakest(all: readonly Observation[], evidence: readonly Observation[]): readonly Observation[] {
  const older = all.slice(0, -COMPARED).filter((o) => !evidence.includes(o)), weakest = older.reduce((w, o) => (strength(o.read) < strength(w.read) ? o : w), older[0] as Observation);
  return all.filter((o) => o !== weakest);
}
