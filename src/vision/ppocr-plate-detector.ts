import { scaledFrame } from './decode.ts';
import type { Picture } from './picture.ts';
import type { LocatedPlate, PlateDetector } from './plate-detector.ts';
import { networkSize, PpocrTextDetector } from './ppocr-text-detector.ts';
import { commonAngle, extentAlong, hull, moved, quadOfExtent } from './text-line.ts';
import type { Extent, TextLine } from './text-line.ts';

/** Pixels that the text detector sees of a frame: 0.42 ms per 1,000 px on one core of 2.5 GHz, so 0.29 s. */
const detectionArea = 700_000;
/** Most pixels of the closer look: plates of 40 px on a gantry camera's 1080p frame keep their letters. */
const closerArea = 1_800_000;
/** A closer look at a frame that the first saw in nearly full size would show no more. */
const leastGain = 1.5;
/** Small pictures are enlarged up to this much: a plate of 34 px has letters of 10 px, the least that the network finds. */
const largestEnlargement = 3;
/** A picture of 1 x 4,000 px would otherwise be enlarged along its length. */
const longestSide = 2560;
/** Reading a proposal costs about 60 ms, so a wall of posters must not take a minute. */
const mostProposals = 10;

/**
 * Proposes every group of text lines that could be a plate. It knows nothing of plates beyond size and shape: what is a plate is decided
 * by what can be read on it (`readPicture`).
 */
export class PpocrPlateDetector implements PlateDetector {
  readonly name = 'ppocr';
  readonly #detector: PpocrTextDetector;

  private constructor(detector: PpocrTextDetector) {
    this.#detector = detector;
  }

  static async open(): Promise<PpocrPlateDetector> {
    return new PpocrPlateDetector(await PpocrTextDetector.open());
  }

  close(): Promise<void> {
    return this.#detector.close();
  }

  detect(picture: Picture): Promise<readonly LocatedPlate[]> {
    return this.#search(picture, detectionArea);
  }

  detectCloser(picture: Picture): Promise<readonly LocatedPlate[]> | null {
    const area = picture.width * picture.height;
    return area > leastGain * detectionArea ? this.#search(picture, Math.min(area, closerArea)) : null;
  }

  async #search(picture: Picture, area: number): Promise<readonly LocatedPlate[]> {
    const scale = Math.min(largestEnlargement, Math.sqrt(area / (picture.width * picture.height)));
    const size = networkSize(Math.min(longestSide, picture.width * scale), Math.min(longestSide, picture.height * scale));
    const found = await this.#detector.detect(await scaledFrame(picture, size.width, size.height));
    return proposalsOf(found.map((line) => moved(line, picture.width / size.width, picture.height / size.height)));
  }
}

/** Groups of lines as plates with a margin, likeliest first. Pure geometry. */
export function proposalsOf(lines: readonly TextLine[]): LocatedPlate[] {
  const proposals = groupsOf(lines).flatMap((group) => (group.length <= 6 ? [group] : group.map((line) => [line])));
  return proposals.filter(couldBePlate).map(locatedPlate).sort((a, b) => b.confidence - a.confidence).slice(0, mostProposals);
}

/** Lines that stand side by side or one above the other, as the rows of a plate do. */
function groupsOf(lines: readonly TextLine[]): TextLine[][] {
  const groupOf = lines.map((_, i) => i);
  const root = (i: number): number => (groupOf[i] === i ? i : root(groupOf[i]!));
  for (let i = 0; i < lines.length; i++) {
    for (let j = 0; j < i; j++) if (neighbours(lines[i]!, lines[j]!)) groupOf[root(i)] = root(j);
  }
  const groups = new Map<number, TextLine[]>();
  lines.forEach((line, i) => groups.set(root(i), [...(groups.get(root(i)) ?? []), line]));
  return [...groups.values()];
}

function neighbours(a: TextLine, b: TextLine): boolean {
  const small = Math.min(a.height, b.height), large = Math.max(a.height, b.height);
  if (small < 0.3 * large) return false;
  const angle = commonAngle([a, b]), ea = extentAlong(a, angle), eb = extentAlong(b, angle);
  const gapX = Math.max(ea.left, eb.left) - Math.min(ea.right, eb.right), gapY = Math.max(ea.top, eb.top) - Math.min(ea.bottom, eb.bottom);
  const beside = gapX < 0.9 * large && gapY < -0.4 * small;
  const stacked = gapY < 0.5 * large && -gapX > 0.5 * Math.min(a.width, b.width);
  return beside || stacked;
}

function couldBePlate(group: readonly TextLine[]): boolean {
  const { width, height, tallest } = measure(group);
  // The flattest plates in use (520 x 110 mm, text 75 mm high) are 6 to 1; ten letters of a motorway sign are longer.
  return tallest >= 5 && width / height < 9 && width / tallest > 0.8 && height < 6 * tallest;
}

function measure(group: readonly TextLine[]): { width: number; height: number; tallest: number; extent: Extent; angle: number } {
  const angle = commonAngle(group), extent = hull(group.map((l) => extentAlong(l, angle)));
  return { width: extent.right - extent.left, height: extent.bottom - extent.top, tallest: Math.max(...group.map((l) => l.height)), extent, angle };
}

function locatedPlate(group: readonly TextLine[]): LocatedPlate {
  const { extent, angle, tallest, width, height } = measure(group);
  // One short line may be half of a two-line plate whose other line was not found: the reader then looks above and below it.
  const lonely = group.length === 1 && width < 3.6 * height, x = 0.6 * tallest, y = (lonely ? 1.3 : 0.45) * tallest;
  const grown = { left: extent.left - x, right: extent.right + x, top: extent.top - y, bottom: extent.bottom + y };
  const score = Math.max(...group.map((l) => l.score)), shape = Math.exp(-Math.abs(Math.log(width / height / 3)) / 2);
  return { corners: quadOfExtent(grown, angle), confidence: score * shape };
}
