/** `crop`: the picture is one plate already cut out. */
export const PICTURE_KINDS = ['scene', 'crop'] as const;
export type PictureKind = (typeof PICTURE_KINDS)[number];

/** Pixels from the left top corner of the upright picture; all 0 where no plate is. */
export interface LabelBox { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** What a person says stands in a picture: one plate, or (without text and box) that there is none. One row of a label file. */
export interface PlateLabel {
  /** Pictures that are counted together. */
  readonly set: string;
  /** Path of the picture below the folder, with `/`. */
  readonly file: string;
  readonly kind: PictureKind;
  readonly box: LabelBox;
  /** Letters and number. */
  readonly text: string;
  /** With the small year, in reading order; empty where the plate has none. */
  readonly textFull: string;
  /** As written by who labelled: PB, SINDH; empty where it is not known. */
  readonly region: string;
  readonly lines: number | null;
  /** False: nobody can read it; a reader is neither praised nor blamed for it. */
  readonly legible: boolean;
  readonly notes: string;
}
