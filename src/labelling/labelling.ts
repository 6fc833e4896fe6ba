import { join, relative, sep } from 'node:path';
import type { LabelBox, PlateLabel } from '../accuracy/label.ts';
import { overlap } from '../accuracy/score.ts';
import { listPictures } from '../camera/picture-folder.ts';
import { loadPicture } from '../camera/picture-file.ts';
import { DarwazaError } from '../core/errors.ts';
import { writeMark } from '../plate/written-form.ts';
import { uprightJpeg } from '../vision/cut-out.ts';
import type { FrameRead, Read } from '../vision/frame-read.ts';
import type { Vision } from '../vision/vision-pool.ts';
import { LabelFile } from './label-file.ts';
import { textsOf, typedOf } from './typed-mark.ts';

export interface LabellingOptions {
  readonly folder: string;
  /** Every picture is one plate already cut out. */
  readonly crop: boolean;
  /** Set of new labels. */
  readonly set: string;
  readonly maxBytes: number;
}

/** A plate on the page. `answered`: by a person; else it is what the reader proposes. */
export interface PagePlate {
  readonly box: LabelBox;
  /** As a person types it. */
  readonly typed: string;
  readonly region: string;
  readonly lines: number | null;
  readonly legible: boolean;
  readonly notes: string;
  readonly answered: boolean;
}
export type AnsweredPlate = Omit<PagePlate, 'answered'>;
export interface PagePicture { readonly file: string; readonly width: number; readonly height: number; readonly crop: boolean; readonly finished: boolean; readonly plates: readonly PagePlate[] }
export interface ListedPicture { readonly id: number; readonly file: string; readonly done: boolean }

/** Pictures that were read and not yet asked for: the next one is read while a person looks at this one. */
const READ_AHEAD = 8;

/** The pictures of a folder, what the reader makes of them, and what people say. */
export class Labelling {
  readonly files: readonly string[];
  readonly #options: LabellingOptions;
  readonly #labels: LabelFile;
  readonly #vision: Vision;
  readonly #reads = new Map<string, Promise<FrameRead>>();

  private constructor(options: LabellingOptions, files: readonly string[], labels: LabelFile, vision: Vision) {
    [this.#options, this.files, this.#labels, this.#vision] = [options, files, labels, vision];
  }

  /** @throws FILE_NOT_FOUND, FILE_UNREADABLE, NO_PICTURES_FOUND, LABELS_UNUSABLE */
  static async open(options: LabellingOptions, vision: Vision): Promise<Labelling> {
    const pictures = await listPictures([options.folder]);
    const files = pictures.map((path) => relative(options.folder, path).split(sep).join('/'));
    return new Labelling(options, files, await LabelFile.open(options.folder), vision);
  }

  get labelFile(): string {
    return this.#labels.path;
  }

  list(): ListedPicture[] {
    return this.files.map((file, id) => ({ id, file, done: this.#labels.of(file)?.finished ?? false }));
  }

  get done(): number {
    return this.list().filter((picture) => picture.done).length;
  }

  /** A picture with what is labelled on it, and (unless it is finished) what the reader proposes beside. @throws PAGE_NOT_FOUND, and as `Vision.read` */
  async picture(id: number): Promise<PagePicture> {
    const file = this.#fileOf(id), known = this.#labels.of(file), frame = await this.#read(file);
    const whole = { x: 0, y: 0, width: frame.width, height: frame.height };
    const answered = (known?.labels ?? []).map((label): PagePlate => ({ ...onPage(label), box: label.box.width > 0 ? label.box : whole, answered: true }));
    const crop = (known?.labels[0]?.kind ?? (this.#options.crop ? 'crop' : 'scene')) === 'crop';
    const proposed = known?.finished === true ? [] : this.#proposals(frame, crop).filter((plate) => crop ? answered.length === 0 : answered.every((other) => overlap(other.box, plate.box) === 0));
    const next = this.list().find((other) => other.id > id && !other.done);
    // A picture that cannot be read is said so when it is asked for.
    if (next !== undefined) this.#read(next.file).catch(() => undefined);
    return { file, width: frame.width, height: frame.height, crop, finished: known?.finished ?? false, plates: [...answered, ...proposed] };
  }

  /** The whole picture for a browser. @throws as `decodePicture` */
  async image(id: number): Promise<Buffer> {
    const file = this.#fileOf(id);
    return uprightJpeg(await this.#bytes(file), file);
  }

  /** What a person says of a picture, in the place of what was said before; on the disk when it returns. @throws BODY_INVALID, LABELS_UNUSABLE, FOLDER_UNWRITABLE */
  async put(id: number, plates: readonly AnsweredPlate[], finished: boolean): Promise<void> {
    const file = this.#fileOf(id), before = this.#labels.of(file)?.labels[0], kind = before?.kind ?? (this.#options.crop ? 'crop' : 'scene');
    const common = { set: before?.set ?? this.#options.set, file, kind } as const;
    const labels = plates.map((plate): PlateLabel => ({ ...common, ...said(plate), box: plate.box, region: plate.region, lines: plate.lines, legible: plate.legible, notes: plate.notes }));
    const none: PlateLabel = { ...common, box: { x: 0, y: 0, width: 0, height: 0 }, text: '', textFull: '', region: '', lines: null, legible: false, notes: 'no plate' };
    await this.#labels.put(file, { labels, finished }, none);
  }

  /** When no picture is being read any more: a thread that is ended while its model runs takes the whole process with it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#reads.values());
  }

  #fileOf(id: number): string {
    const file = this.files[id];
    if (file === undefined) throw new DarwazaError('PAGE_NOT_FOUND', { path: `picture ${id}` });
    return file;
  }

  async #bytes(file: string): Promise<Buffer> {
    return (await loadPicture(join(this.#options.folder, file), this.#options.maxBytes)).bytes;
  }

  #read(file: string): Promise<FrameRead> {
    const known = this.#reads.get(file);
    if (known !== undefined) return known;
    const reading = this.#bytes(file).then((bytes) => this.#vision.read(bytes, { crop: this.#options.crop, name: file }));
    this.#reads.set(file, reading);
    for (const old of [...this.#reads.keys()].slice(0, -READ_AHEAD)) this.#reads.delete(old);
    return reading;
  }

  #proposals({ width, height, reads }: FrameRead, crop: boolean): PagePlate[] {
    if (crop) return [{ ...proposal(reads[0]), box: { x: 0, y: 0, width, height } }];
    return reads.map((read) => proposal(read));
  }
}

function onPage(label: PlateLabel): AnsweredPlate {
  return { box: label.box, typed: typedOf(label), region: label.region, lines: label.lines, legible: label.legible, notes: label.notes };
}

function proposal(read: Read | undefined): PagePlate {
  const mark = read?.parse.kind === 'mark' ? read.parse.candidates[0].mark : null;
  return {
    box: read?.box ?? { x: 0, y: 0, width: 0, height: 0 }, typed: mark === null ? (read?.text ?? '') : writeMark(mark),
    region: mark?.jurisdiction ?? '', lines: read?.cues?.lines ?? null, legible: true, notes: '', answered: false,
  };
}

function said({ typed, legible }: AnsweredPlate): { text: string; textFull: string } {
  // What nobody can read may still carry a guess in its field: that is no truth.
  if (!legible) return { text: '', textFull: '' };
  const texts = textsOf(typed);
  if (texts.text === '') throw new DarwazaError('BODY_INVALID', { reason: 'a plate has no letter or digit; say that nobody can read it, or type its mark' });
  return texts;
}
