import { compareMarks } from '../plate/key.ts';
import type { HeadsUp, HitEventDetail, HitEventKind, HitRecord } from '../store/hit-record.ts';
import type { NewHitEvent } from '../store/hit-events.ts';
import type { KnownHits } from '../store/known-hits.ts';
import { hitId, rings } from './hit.ts';

export interface SettleContext {
  /** Now, epoch milliseconds. */
  readonly at: number;
  /** Of the list of a hit. */
  readonly cooldownMs: (hit: HitRecord) => number;
  /** Sites that the vehicle can reach next. */
  readonly headsUp: (hit: HitRecord) => readonly HeadsUp[];
}

/** The id that a sighting has as a hit of its own; of a finished pass always that of the pass, whatever provisional hit came before it. */
export function sightingId(hit: HitRecord): string {
  return hit.passId === null ? hit.id : hitId({ passId: hit.passId, frame: null, cameraId: hit.cameraId, key: hit.key }, hit.entryId);
}

/**
 * Whether a sighting belongs to a hit: same entry, plate and site, no part of the marks that contradicts, and within the cooldown of the
 * sightings there were or of the delivery. Slides, so that a parked vehicle never alerts again; looks both ways, because passes come in any order.
 * One that asks for more than the hit on which somebody decided is another: a wrong vehicle that was let go must not hide the listed one.
 */
export function isSighting(known: HitRecord, hit: HitRecord, cooldownMs: number): boolean {
  const samePlace = known.siteId === hit.siteId && (hit.siteId !== null || known.cameraId === hit.cameraId);
  const latest = Math.max(known.lastSeenAt, known.deliveredAt ?? known.lastSeenAt);
  return known.status !== 'withdrawn' && known.entryId === hit.entryId && known.plate === hit.plate && samePlace
    && compareMarks(known.passMark, hit.passMark).contradicts.length === 0
    && cooldownMs > 0 && hit.capturedAt >= known.firstSeenAt - cooldownMs && hit.capturedAt <= latest + cooldownMs
    && (isOpen(known) || !isStronger(hit, known));
}

/**
 * What becomes of hits when vehicles are seen, finished passes confirm them or do not. Works on what the store knows, changes nothing there:
 * `changed` and `events` say what to write.
 */
export class Settling {
  readonly events: NewHitEvent[] = [];
  readonly #hits: Map<string, HitRecord>;
  readonly #sightings: Map<string, string>;
  readonly #changed = new Set<string>();
  readonly #context: SettleContext;

  constructor(known: KnownHits, context: SettleContext) {
    this.#hits = new Map(known.hits.map((hit) => [hit.id, hit]));
    this.#sightings = new Map(known.sightings);
    this.#context = context;
  }

  /** Hits that are new or not as they were. */
  get changed(): HitRecord[] {
    return [...this.#changed].map((id) => this.#hits.get(id) as HitRecord);
  }

  /** A vehicle was seen: a new hit, or one more sighting of one that stands. Seen before: nothing. */
  raise(hit: HitRecord): void {
    if (this.#isSettled(hit)) return;
    const stands = [...this.#hits.values()].filter((known) => isSighting(known, hit, this.#context.cooldownMs(hit))).toSorted(latestFirst)[0];
    if (stands !== undefined) return this.#count(stands, hit);
    const ring = rings(hit);
    this.#put(hit);
    this.#tell(hit.id, 'raised', ring, hit.passId === null ? {} : { passId: hit.passId }, hit);
  }

  /** The finished pass says the same as the provisional hit `id`, or as the sighting of that id. */
  confirm(id: string, hit: HitRecord): void {
    if (this.#isSettled(hit)) return;
    const own = this.#hits.get(id), known = own ?? this.#hits.get(this.#sightings.get(id) ?? '');
    // What it was counted into is no longer borne out, but this vehicle is: nobody has been told of it yet.
    if (known?.status === 'withdrawn') return this.raise({ ...hit, id: sightingId(hit) });
    if (known === undefined) return this.raise({ ...hit, id });
    if (known === own && known.passId === null) return this.#bearOut(known, hit);
    this.#attach(known, hit, known.count);
  }

  /** The finished pass does not say the same: `message` tells why, in words. */
  withdraw(id: string, message: string): void {
    const known = this.#hits.get(id);
    // A sighting counted into another hit leaves that hit as it is: others saw the vehicle too.
    if (known?.status !== 'provisional') return;
    this.#put({ ...known, status: 'withdrawn', escalateAt: null, closesAt: null });
    this.#tell(id, 'withdrawn', false, { message }, known);
  }

  #isSettled(hit: HitRecord): boolean {
    const sighting = sightingId(hit);
    return this.#hits.has(sighting) || this.#sightings.has(sighting)
      || hit.passId !== null && [...this.#hits.values()].some((known) => known.passId === hit.passId && known.entryId === hit.entryId);
  }

  #count(known: HitRecord, hit: HitRecord): void {
    this.#attach(known, hit, known.count + 1);
  }

  /** One more sighting. It rings again while nobody has been told, when a hit that came late is seen live, or when more is asked for. */
  #attach(known: HitRecord, hit: HitRecord, count: number): void {
    const open = isOpen(known), unheard = known.deliveredAt === null && known.acknowledgedAt === null && count > known.count;
    const wakes = open && known.late && !hit.late, grows = open && !hit.late && isStronger(hit, known);
    const ring = open && rings(hit) && (unheard || wakes || grows);
    const seen = { ...known, ...seenOf(known, hit), count, latestPassId: hit.passId ?? known.latestPassId };
    const live = wakes || grows ? { late: false, escalateAt: known.acknowledgedAt === null ? hit.escalateAt : null } : {};
    this.#put({ ...seen, ...(grows && verdictOf(hit)), ...live });
    this.#sightings.set(sightingId(hit), known.id);
    this.#tell(known.id, 'repeated', ring, { count, sighting: sightingId(hit), ...(hit.passId !== null && { passId: hit.passId }), ...(grows && { message: changeOf(known, hit) }) }, hit);
    const now = this.#hits.get(known.id) as HitRecord;
    // Another finished pass of the same vehicle: what its own pass will say is no longer needed.
    if (hit.passId !== null && now.status === 'provisional') this.#bearOut(now, hit);
  }

  /** A finished pass stands behind the hit from now on. What a person decided stays. */
  #bearOut(known: HitRecord, hit: HitRecord): void {
    const filled = { ...known, passId: hit.passId, latestPassId: hit.passId };
    if (known.status !== 'provisional') {
      this.#put(filled);
      return this.#tell(known.id, 'confirmed', false, { ...(hit.passId !== null && { passId: hit.passId }) }, hit);
    }
    const grows = isStronger(hit, known), { capturedAt, key, plate, passMark, direction } = hit;
    const escalateAt = grows && known.acknowledgedAt === null ? known.escalateAt ?? hit.escalateAt : known.escalateAt;
    this.#put({ ...filled, ...verdictOf(hit), ...seenOf(known, hit), capturedAt, key, plate, passMark, direction, status: 'confirmed', escalateAt });
    const detail = { ...(hit.passId !== null && { passId: hit.passId }), ...(hit.action !== known.action && { message: changeOf(known, hit) }) };
    this.#tell(known.id, 'confirmed', grows && rings({ late: known.late, action: hit.action }), detail, hit);
  }

  #put(hit: HitRecord): void {
    this.#hits.set(hit.id, hit);
    this.#changed.add(hit.id);
  }

  #tell(id: string, kind: HitEventKind, ring: boolean, detail: HitEventDetail, seen: HitRecord): void {
    const headsUp = ring ? this.#context.headsUp(seen) : [];
    this.events.push({
      at: this.#context.at, hitId: id, kind, ring, actor: null, sites: headsUp.map((next) => next.site), keys: [], detail: { ...detail, ...(headsUp.length > 0 && { headsUp }) },
    });
  }
}

/** What the match says, as the officer sees it. */
function verdictOf(hit: HitRecord): Pick<HitRecord, 'score' | 'matchKind' | 'via' | 'action' | 'agreement' | 'contradictions'> {
  const { score, matchKind, via, action, agreement, contradictions } = hit;
  return { score, matchKind, via, action, agreement, contradictions };
}

function seenOf(known: HitRecord, hit: HitRecord): Pick<HitRecord, 'firstSeenAt' | 'lastSeenAt'> {
  return { firstSeenAt: Math.min(known.firstSeenAt, hit.capturedAt), lastSeenAt: Math.max(known.lastSeenAt, hit.capturedAt) };
}

/** Nobody has decided, and it is not over. */
function isOpen(hit: HitRecord): boolean {
  return hit.status === 'provisional' || hit.status === 'confirmed';
}

/** Only what asks an officer to stop a vehicle is more than what he was told. */
function isStronger(hit: HitRecord, known: HitRecord): boolean {
  return hit.action === 'stop' && known.action !== 'stop';
}

function changeOf(known: HitRecord, hit: HitRecord): string {
  return `It was shown as "${known.action}" and is now "${hit.action}".`;
}

function latestFirst(a: HitRecord, b: HitRecord): number {
  return b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1);
}
