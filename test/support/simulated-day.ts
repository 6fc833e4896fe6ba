import type { ListEntry } from '../../src/list/entry.ts';
import { passId } from '../../src/pass/pass-id.ts';
import { UNOBSERVED, type Pass } from '../../src/pass/pass.ts';
import { markKey, skeleton } from '../../src/plate/key.ts';
import { confusionCost } from '../../src/plate/look-alikes.ts';
import type { Mark } from '../../src/plate/mark.ts';
import { writeMark } from '../../src/plate/written-form.ts';
import { MINUTE, MORNING } from './passes.ts';

/** A vehicle that is driven through the simulated day, and the list entry that truly means it. */
export interface SimulatedVehicle { readonly mark: Mark; readonly entryId: string | null; readonly twin: boolean }

export interface SimulatedDay {
  readonly entries: readonly ListEntry[];
  readonly passes: readonly Pass[];
  /** Who really drove by, by pass id. */
  readonly vehicleOf: ReadonlyMap<string, SimulatedVehicle>;
  /** Passes whose text as read differs from the plate. */
  readonly misread: ReadonlySet<string>;
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ', DIGITS = '0123456789';
const CAMERAS = ['baleli-in-1', 'airport-road-1', 'sariab-1', 'lak-pass-out-1', 'mian-ghundi-chk-1'];

/** Numbers from a seed: the same day every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const bare: Mark = { jurisdiction: null, district: null, letters: '', year: null, number: '', suffix: null, class: null, series: null };

/**
 * A day of traffic with planted listed vehicles. The reader is a calibrated one that misreads about 5 % of marks: each character has a
 * confidence and is right with just that probability; a wrong one is four times in five a look-alike. One listed vehicle in six has a twin,
 * the same letters and number of another province; AAR-540 is one of them: stolen in Karachi, and another car in Quetta.
 */
export function simulateDay(seed: number, counts = { vehicles: 5000, listed: 240, elsewhere: 3000, passesEach: 4 }): SimulatedDay {
  const random = numbersFrom(seed);
  const pick = (from: string): string => from.charAt(Math.floor(random() * from.length));
  const text = (from: string, length: number): string => Array.from({ length }, () => pick(from)).join('');
  const taken = new Set<string>();
  const drawn = (): Mark => {
    const kind = random();
    if (kind < 0.45) return { ...bare, jurisdiction: 'PB', letters: `LE${pick('ABCDEFGHJ')}`, year: String(7 + Math.floor(random() * 14)).padStart(2, '0'), number: String(1 + Math.floor(random() * 9999)) };
    if (kind < 0.75) return { ...bare, jurisdiction: 'SD', letters: `A${text(LETTERS, 2)}`, number: text(DIGITS, 3) };
    return { ...bare, jurisdiction: 'BA', letters: `Q${text(LETTERS, 2)}`, number: text(DIGITS, 3) };
  };
  /** No two vehicles of one province carry one mark. */
  const newMark = (): Mark => {
    for (;;) {
      const mark = drawn(), identity = markKey(mark) + (mark.year ?? '');
      if (taken.has(identity)) continue;
      taken.add(identity);
      return mark;
    }
  };
  const entry = (mark: Mark, id: string): ListEntry => {
    // One desk in seven does not write the province down.
    const stated = random() < 0.15 ? { ...mark, jurisdiction: null } : mark;
    return {
      id, list: 'stolen', mark: stated, key: markKey(mark), pattern: null, kind: 'stolen', reason: 'FIR', owner: 'Police', action: 'stop',
      vehicle: { class: null, make: null, colour: null, chassis: null }, warnings: [], caseReference: null, source: null, stage: 'stolen', expiresAt: null, reviewAt: null,
    };
  };
  const karachi = { ...bare, jurisdiction: 'SD', letters: 'AAR', number: '540' };
  const aar = { ...entry(karachi, 'e-aar-540'), mark: karachi };
  const vehicles: SimulatedVehicle[] = [{ mark: karachi, entryId: aar.id, twin: false }, { mark: { ...karachi, jurisdiction: 'BA' }, entryId: null, twin: true }];
  const entries: ListEntry[] = [aar];
  for (let i = 0; i < counts.listed; i++) {
    const mark = newMark(), listed = entry(mark, `e-${i}`);
    entries.push(listed);
    vehicles.push({ mark, entryId: listed.id, twin: false });
    if (mark.year === null && i % 6 === 0) vehicles.push({ mark: { ...mark, jurisdiction: mark.jurisdiction === 'SD' ? 'IS' : 'SD' }, entryId: null, twin: true });
  }
  for (let i = 0; i < counts.elsewhere; i++) entries.push(entry(newMark(), `x-${i}`));
  while (vehicles.length < counts.vehicles) vehicles.push({ mark: newMark(), entryId: null, twin: false });
  return { entries, ...drive(vehicles, counts.passesEach, random) };
}

function drive(vehicles: readonly SimulatedVehicle[], passesEach: number, random: () => number): Pick<SimulatedDay, 'passes' | 'vehicleOf' | 'misread'> {
  const passes: Pass[] = [], vehicleOf = new Map<string, SimulatedVehicle>(), misread = new Set<string>();
  let sequence = 0;
  for (const vehicle of vehicles) {
    const each = vehicle.mark.letters === 'AAR' ? passesEach * 10 : passesEach;
    for (let i = 0; i < each; i++) {
      const { pass, wrong } = readOf(vehicle.mark, MORNING + Math.floor(random() * 1000) * MINUTE, CAMERAS[Math.floor(random() * CAMERAS.length)] as string, sequence++, random);
      passes.push(pass);
      vehicleOf.set(pass.id, vehicle);
      if (wrong) misread.add(pass.id);
    }
  }
  return { passes: passes.toSorted((a, b) => a.capturedAt - b.capturedAt), vehicleOf, misread };
}

function readOf(truth: Mark, capturedAt: number, cameraId: string, sequence: number, random: () => number): { readonly pass: Pass; readonly wrong: boolean } {
  const characters = [...truth.letters, ...(truth.year ?? ''), ...truth.number].map((char) => {
    const confidence = random() < 0.02 ? 0.5 + 0.45 * random() : 0.9965 + 0.0034 * random();
    const other = mistakenFor(char, random);
    return random() < confidence ? { char, other, confidence } : { char: other, other: char, confidence };
  });
  const read = characters.map((c) => c.char).join(''), yearLength = truth.year?.length ?? 0;
  const yearUnread = truth.year !== null && random() < 0.08, province = random();
  const markOf = (whole: string): Mark => ({
    ...truth, letters: whole.slice(0, truth.letters.length), year: yearUnread || truth.year === null ? null : whole.slice(truth.letters.length, truth.letters.length + yearLength),
    number: whole.slice(truth.letters.length + yearLength), jurisdiction: province < 0.6 ? truth.jurisdiction : province < 0.61 ? 'KP' : null,
  });
  const mark = markOf(read), confidence = characters.reduce((product, c) => product * c.confidence, 1);
  const alternatives = characters.flatMap((c, i) => (c.confidence > 0.99 ? [] : [{
    mark: writeMark(markOf(read.slice(0, i) + c.other + read.slice(i + 1))), confidence: (confidence / c.confidence) * (1 - c.confidence) * 0.6,
  }])).toSorted((a, b) => b.confidence - a.confidence).slice(0, 4);
  const key = markKey(mark);
  return {
    wrong: characters.some((c, i) => c.char !== [...truth.letters, ...(truth.year ?? ''), ...truth.number][i]),
    pass: {
      id: passId(cameraId, capturedAt, sequence), cameraId, capturedAt, sequence, receivedAt: capturedAt, processedAt: capturedAt, timeSource: 'camera', direction: 'unknown', outcome: 'mark',
      rawText: read, mark, key, skeleton: skeleton(key), confidence, characters: characters.map(({ char, confidence: c }) => ({ char, confidence: c })), alternatives, readCount: 5,
      plateBox: null, corners: null, evidence: null, vehicle: UNOBSERVED, source: 'pipeline',
    },
  };
}

/** Four times in five a look-alike of the same sort, the likelier the more alike; otherwise any letter or digit. */
function mistakenFor(char: string, random: () => number): string {
  const sort = [...(DIGITS.includes(char) ? DIGITS : LETTERS)].filter((c) => c !== char);
  const alike = sort.filter((c) => confusionCost(char, c) < 1);
  const among = random() < 0.8 && alike.length > 0 ? alike : sort;
  const weights = among.map((c) => 1 / confusionCost(char, c));
  let at = random() * weights.reduce((sum, w) => sum + w, 0);
  return among.find((_, i) => (at -= weights[i] as number) < 0) ?? (among.at(-1) as string);
}
