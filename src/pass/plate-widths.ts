/** Plates counted by their width in pixels: [below 20, below 40, …, from 600 on]. */
export type WidthCounts = readonly number[];

export const WIDTH_STEP = 20;
const STEPS = 31;

/** Index of a width, pixels, in counts. */
export function widthStep(width: number): number {
  return Math.max(0, Math.min(STEPS - 1, Math.floor(width / WIDTH_STEP)));
}

export function addedWidths(...counts: readonly WidthCounts[]): number[] {
  return Array.from({ length: Math.max(0, ...counts.map((c) => c.length)) }, (_, i) => counts.reduce((sum, c) => sum + (c[i] ?? 0), 0));
}

/** The width below which the share of the plates lies, pixels; null without plates. Within a step of 20 px it is taken as evenly spread. */
export function widthBelow(counts: WidthCounts, share: number): number | null {
  const all = counts.reduce((sum, n) => sum + n, 0), wanted = all * share;
  let passed = 0;
  for (const [i, n] of counts.entries()) {
    if (n > 0 && passed + n >= wanted) return Math.round((i + Math.max(0, wanted - passed) / n) * WIDTH_STEP);
    passed += n;
  }
  return null;
}

export type WidthGrade = 'anpr' | 'opportunistic' | 'unfit';
export interface GradedWidths {
  /** Plates that the figures rest on. */
  readonly plates: number;
  /** A tenth, half and nine tenths of the plates are narrower; pixels. */
  readonly p10: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  /** null: too few plates to say. */
  readonly grade: WidthGrade | null;
  readonly reason: string;
}

/** Half of the plates: what Milestone and ABUS ask of a camera for ANPR. The widest spread of a lane leaves a tenth narrower: OpenVINO's barrier model reads from 94 px. */
const ANPR_PX = 130, ANPR_LEAST_PX = 94;
/** A plate of eight characters has strokes of a 48th of its width: below it they are narrower than a pixel. */
const UNFIT_PX = 48;
const FEWEST_PLATES = 30;

/** What a camera is fit for, by the widths of the plates that it showed. */
export function gradeWidths(counts: WidthCounts): GradedWidths {
  const plates = counts.reduce((sum, n) => sum + n, 0), [p10, p50, p90] = [widthBelow(counts, 0.1), widthBelow(counts, 0.5), widthBelow(counts, 0.9)];
  const graded = (grade: WidthGrade | null, reason: string): GradedWidths => ({ plates, p10, p50, p90, grade, reason });
  if (plates < FEWEST_PLATES || p10 === null || p50 === null) return graded(null, `Only ${plates} plates were seen; ${FEWEST_PLATES} are needed to say.`);
  if (p50 < UNFIT_PX) return graded('unfit', `Half of the plates are narrower than ${UNFIT_PX} px: the strokes of their characters are thinner than a pixel.`);
  if (p50 < ANPR_PX) return graded('opportunistic', `Half of the plates are narrower than ${p50} px; cameras for ANPR show them at ${ANPR_PX} px or more.`);
  if (p10 < ANPR_LEAST_PX) return graded('opportunistic', `A tenth of the plates are narrower than ${p10} px; cameras for ANPR show all but a few at ${ANPR_LEAST_PX} px or more.`);
  return graded('anpr', `Half of the plates are ${p50} px wide or more, and all but a tenth ${p10} px.`);
}
