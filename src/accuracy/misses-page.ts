import type { AlignedCharacter } from './edit-distance.ts';
import { grouped } from './grouped.ts';
import type { LabelBox } from './label.ts';
import { escaped, page } from './markup.ts';
import { percent, type ReaderScore } from './reader-score.ts';
import type { PlateResult, ReadPlate } from './score.ts';

/** A labelled plate that at least one reader did not read whole and right, or a report where no label is (`truth` null). */
export interface Miss {
  readonly set: string;
  readonly file: string;
  /** Where to cut it out of the picture; null: the picture is the plate. */
  readonly box: LabelBox | null;
  readonly truth: string | null;
  readonly reads: readonly { readonly reader: string; readonly alignment: readonly AlignedCharacter[]; readonly text: string | null; readonly confidence: number; readonly right: boolean }[];
}

/** Misses of all readers, a plate once, in the order of the labels; what is extra after them. */
export function missesOf(scores: readonly ReaderScore[]): Miss[] {
  const plates = scores.map(({ reader, pictures }) => ({ reader, plates: pictures.flatMap((picture) => picture.plates) }));
  const wrong = (plates[0]?.plates ?? []).flatMap((first, i): Miss[] => {
    const own = plates.map(({ reader, plates: all }) => ({ reader, plate: all[i] as PlateResult }));
    if (own.every(({ plate }) => plate.full)) return [];
    const { set, file, kind, box } = first.label;
    return [{ set, file, box: kind === 'crop' ? null : box, truth: first.truth, reads: own.map(({ reader, plate }) => readOf(reader, plate)) }];
  });
  const extra = scores.flatMap(({ reader, pictures }) => pictures.flatMap(({ set, file, extra }) => extra.map((plate) => extraOf(set, file, reader, plate))));
  return [...wrong, ...extra];
}

function readOf(reader: string, { read, alignment, got, full }: PlateResult): Miss['reads'][number] {
  return { reader, alignment, text: read === null ? null : got, confidence: read?.confidence ?? 0, right: full };
}

function extraOf(set: string, file: string, reader: string, { text, confidence, box }: ReadPlate): Miss {
  return { set, file, box, truth: null, reads: [{ reader, alignment: [...text].map((read) => ({ truth: null, read })), text, confidence, right: false }] };
}

/** Contact sheet. `pictures[i]` is where the cut-out of miss i lies beside the page; null where none could be made. */
export function missesPage(misses: readonly Miss[], pictures: readonly (string | null)[]): string {
  const numbered = misses.map((miss, i) => ({ miss, picture: pictures[i] ?? null }));
  const sections = [...grouped(numbered, ({ miss }) => `${miss.set}${miss.truth === null ? ': reported where no plate is labelled' : ''}`)];
  const body = sections.map(([name, own]) => `<h2>${escaped(name)} (${own.length})</h2>\n<ul class="plates">${own.map(({ miss, picture }) => cardOf(miss, picture)).join('\n')}</ul>`);
  return page('Plates that were misread', `<main>
<h1>Plates that were misread</h1>
<p><a href="index.html">Figures</a>. Characters that differ from the plate are underlined; ␣ stands where one was missed.</p>
${body.join('\n') || '<p>None: every labelled plate was read right, and nothing else was reported.</p>'}
</main>`);
}

function cardOf({ file, truth, reads }: Miss, picture: string | null): string {
  const shown = picture === null ? '<p class="faint">no picture</p>' : `<img src="${escaped(picture)}" alt="${truth === null ? 'What was taken for a plate' : `Plate ${escaped(truth)}`}" loading="lazy">`;
  const rows = reads.map(({ reader, text, alignment, confidence, right }) => {
    if (text === null) return `<dt>${escaped(reader)}</dt><dd>not found</dd>`;
    const sure = `<span class="faint">${percent(confidence)}${right ? ', right' : ''}</span>`;
    return `<dt>${escaped(reader)}</dt><dd><span class="text">${text === '' ? 'nothing' : marked(alignment)}</span> ${sure}</dd>`;
  });
  return `<li>${shown}<dl>${truth === null ? '' : `<dt>true</dt><dd class="text">${escaped(truth)}</dd>`}${rows.join('')}</dl><p class="file">${escaped(file)}</p></li>`;
}

/** The text as read, with what differs from the truth marked; said in words to who cannot see it. */
function marked(alignment: readonly AlignedCharacter[]): string {
  return alignment.map(({ truth, read }) => {
    if (truth === read) return escaped(read ?? '');
    const said = read === null ? `${truth} missed` : truth === null ? `${read} added` : `${read} for ${truth}`;
    return `<mark title="${escaped(said)}">${escaped(read ?? '␣')}</mark>`;
  }).join('');
}
