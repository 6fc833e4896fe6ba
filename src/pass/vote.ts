import type { AlternativeMark, VotedCharacter } from './pass.ts';
import type { PlateRead, ReadCharacter } from './observation.ts';
import { parseOfVote, writtenCandidates } from './vote-parse.ts';
import { align, isCutOff } from './similarity.ts';
import { legibility, strength } from './strength.ts';
import type { PlateParse } from '../plate/mark.ts';

/** What the reads of one vehicle say together. */
export interface Vote {
  readonly text: string;
  /** Per character of `text`: the share of the votes that it got, weighted by confidence, plate area and sharpness. */
  readonly characters: readonly VotedCharacter[];
  /** Probability that the whole text is right, 0..1. */
  readonly confidence: number;
  readonly parse: PlateParse;
  /** Other marks that the reads leave room for, likeliest first, in written form. */
  readonly alternatives: readonly AlternativeMark[];
  /** Index of the read that the evidence comes from: the strongest one that says `text`, else the one nearest to it. */
  readonly best: number;
}

const MAX_ALTERNATIVES = 5;
/** Weight that a longer text must have among all, so that what is added to it by cut-off reads cannot carry an invention. */
const LEAST_SHARE = 0.3;

interface Weighted {
  readonly read: PlateRead;
  readonly weight: number;
  /** Legibility: area in pixels, by sharpness. */
  readonly area: number;
  readonly index: number;
}
interface Ballot {
  readonly votes: Map<string, number>;
  total: number;
}

/**
 * Votes character by character over the reads of one plate. Every read counts by its confidence and by the area and sharpness of the plate; however weak, it counts: what is filtered is the answer.
 * The length (and with it the format) is the one that most weight stands behind; reads of another length are aligned to it, so that a
 * missed or an additional character does not shift the rest. A vote over copies of one read is that read. The order of the reads does
 * not matter. Null without reads.
 */
export function voteReads(reads: readonly PlateRead[]): Vote | null {
  const weighted = inFixedOrder(reads);
  const pivot = pivotOf(weighted);
  if (pivot === null) return null;
  const ballots = ballotsOf(weighted, pivot);
  const winners = ballots.map(winnerOf).filter((w) => w.char !== '');
  const text = winners.map((w) => w.char).join('');
  const characters = winners.map(({ char, confidence }) => ({ char, confidence }));
  const best = bestOf(weighted, text);
  const parse = parseOfVote(text, weighted);
  return {
    text,
    characters,
    confidence: confidenceOf(weighted, text, characters),
    parse,
    alternatives: alternativesOf(weighted, ballots, text, parse),
    best,
  };
}

/** Floating-point sums and ties must not depend on the order of the reads. Reads that say nothing vote only among themselves. */
function inFixedOrder(reads: readonly PlateRead[]): Weighted[] {
  const speaking = reads.some((read) => read.text !== '');
  return reads
    .map((read, index): Weighted => ({ read, weight: strength(read), area: legibility(read), index }))
    .filter((r) => !speaking || r.read.text !== '')
    .toSorted(
      (a, b) => b.weight - a.weight || compareText(a.read.text, b.read.text) || compareText(profile(a.read), profile(b.read)) || a.index - b.index,
    );
}

/** The read that all others are aligned to: of the length with most weight, the one that the reads of that length are most like. */
function pivotOf(reads: readonly Weighted[]): string | null {
  const length = lengthOf(reads);
  const texts = [...new Set(reads.map((r) => r.read.text))].filter((t) => t.length === length).toSorted();
  const support = (text: string): number =>
    reads.reduce((sum, r) => sum + r.weight * (1 - align(text, r.read.text).cost / Math.max(1, text.length, r.read.text.length)), 0);
  return (
    texts
      .map((text) => ({ text, support: support(text) }))
      .reduce<{ text: string; support: number } | null>((b, c) => (b === null || c.support > b.support * (1 + 1e-9) ? c : b), null)?.text ?? null
  );
}

/** The length that most weight stands behind. Reads that are a longer text cut off stand behind that one as well. */
function lengthOf(reads: readonly Weighted[]): number | undefined {
  const total = reads.reduce((sum, r) => sum + r.weight, 0),
    lengths = [...new Set(reads.map((r) => r.read.text.length))];
  const ranked = lengths.map((length) => {
    const own = reads.filter((r) => r.read.text.length === length),
      weight = own.reduce((sum, r) => sum + r.weight, 0);
    const cut = weight >= LEAST_SHARE * total ? reads.filter((r) => own.some((o) => isCutOff(r.read.text, o.read.text))) : [];
    return { length, weight: cut.reduce((sum, r) => sum + r.weight, weight) };
  });
  return ranked.toSorted((a, b) => b.weight - a.weight || b.length - a.length)[0]?.length;
}

/** One ballot per character of the pivot, and one before each and after the last for characters that the pivot lacks ('' = none). */
function ballotsOf(reads: readonly Weighted[], pivot: string): Ballot[] {
  const ballots = Array.from({ length: 2 * pivot.length + 1 }, (): Ballot => ({ votes: new Map(), total: 0 }));
  for (const { read, area } of reads) {
    const said = new Map<number, ReadCharacter>(),
      cutOff = isCutOff(read.text, pivot);
    let column = 0;
    for (const pair of align(pivot, read.text).pairs) {
      if (pair.a !== null) column = 2 * pair.a + 1;
      const slot = pair.a === null ? (column % 2 === 1 ? column + 1 : column) : column;
      if (pair.b !== null && !said.has(slot)) said.set(slot, characterAt(read, pair.b));
    }
    ballots.forEach((ballot, slot) => {
      // Of the part that was cut off a read says nothing, neither for nor against.
      if (!cutOff || said.has(slot) || slot % 2 === 0) cast(ballot, said.get(slot), read, area);
    });
  }
  return ballots;
}

function cast(ballot: Ballot, said: ReadCharacter | undefined, read: PlateRead, area: number): void {
  const add = (char: string, votes: number): void => void ballot.votes.set(char, (ballot.votes.get(char) ?? 0) + votes);
  // Each read brings its area; what its confidence leaves open goes to nobody, which is what keeps the share an honest confidence.
  ballot.total += area;
  if (said === undefined) return add('', area * meanConfidence(read));
  add(said.char, area * clamp(said.confidence));
  for (const other of said.alternatives) if (other.char !== said.char && other.char !== '') add(other.char, area * clamp(other.confidence));
}

/** How sure a read is that there is nothing more: as sure as it is of what there is. */
function meanConfidence(read: PlateRead): number {
  if (read.characters.length === 0) return clamp(read.confidence);
  return read.characters.reduce((sum, c) => sum + clamp(c.confidence), 0) / read.characters.length;
}

interface Winner {
  readonly char: string;
  readonly confidence: number;
  readonly runnersUp: readonly { readonly char: string; readonly confidence: number }[];
}

function winnerOf(ballot: Ballot): Winner {
  const ranked = [...ballot.votes]
    .map(([char, votes]) => ({ char, confidence: round(clamp(votes / ballot.total)) }))
    .toSorted((a, b) => b.confidence - a.confidence || (a.char === '' ? 1 : b.char === '' ? -1 : compareText(a.char, b.char)));
  const [first, ...runnersUp] = ranked;
  return first === undefined ? { char: '', confidence: 0, runnersUp: [] } : { ...first, runnersUp };
}

/**
 * The reads that say exactly the text know best how sure they are; their confidence counts by their share of the area. Where the text is
 * put together from several reads that no single one says, it is as sure as its characters together.
 */
function confidenceOf(reads: readonly Weighted[], text: string, characters: readonly VotedCharacter[]): number {
  const total = reads.reduce((sum, r) => sum + r.area, 0),
    agreeing = reads.filter((r) => r.read.text === text);
  const said = agreeing.reduce((sum, r) => sum + (r.area / total) * r.read.confidence, 0);
  const together = text === '' ? 0 : characters.reduce((product, c) => product * c.confidence, 1);
  return round(clamp(reads.every((r) => r.read.text === text) ? said : Math.max(said, together)));
}

/** Index of the strongest of the reads that come nearest to a text; -1 without reads. */
export function nearestRead(reads: readonly PlateRead[], text: string): number {
  return reads.length === 0 ? -1 : bestOf(inFixedOrder(reads), text);
}

function bestOf(reads: readonly Weighted[], text: string): number {
  const cost = (r: Weighted): number => (r.read.text === text ? 0 : align(text, r.read.text).cost);
  // Reads come strongest first, so the first of the nearest is the strongest of them.
  return reads.reduce((best, r) => (cost(r) < cost(best) ? r : best)).index;
}

/** Whole texts that were read beside the winner, and the winner with its weakest characters exchanged for their runners-up. */
function alternativesOf(reads: readonly Weighted[], ballots: readonly Ballot[], text: string, parse: PlateParse): AlternativeMark[] {
  const total = reads.reduce((sum, r) => sum + r.area, 0),
    texts = new Map<string, number>();
  for (const { read, area } of reads)
    if (read.text !== text && !isCutOff(read.text, text)) texts.set(read.text, (texts.get(read.text) ?? 0) + (area / total) * read.confidence);
  const shown = ballots.map(winnerOf).filter((w) => w.char !== '');
  shown.forEach((winner, i) => {
    for (const other of winner.runnersUp.slice(0, 2)) {
      const changed = shown.map((w, j) => (j === i ? other.char : w.char)).join('');
      if (changed !== text) texts.set(changed, Math.max(texts.get(changed) ?? 0, other.confidence));
    }
  });
  const own = new Set(writtenCandidates(parse)),
    marks = new Map<string, number>();
  const likely = [...texts].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0])).slice(0, 3 * MAX_ALTERNATIVES);
  for (const [other, confidence] of likely) {
    const mark = writtenCandidates(parseOfVote(other, reads))[0];
    if (mark !== undefined && !own.has(mark)) marks.set(mark, Math.max(marks.get(mark) ?? 0, confidence));
  }
  return [...marks].map(([mark, confidence]) => ({ mark, confidence: round(clamp(confidence)) })).slice(0, MAX_ALTERNATIVES);
}

function characterAt(read: PlateRead, index: number): ReadCharacter {
  const character = read.characters[index];
  // A reader may give confidences for the text as a whole only.
  return character !== undefined && read.characters.length === read.text.length
    ? { ...character, char: read.text[index] ?? '' }
    : { char: read.text[index] ?? '', confidence: read.confidence, alternatives: [] };
}

function profile(read: PlateRead): string {
  return JSON.stringify([read.characters, read.confidence, read.box, read.sharpness]);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0));
}

/** Sums of areas leave noise in the last digits; a confidence means nothing past the sixth. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
