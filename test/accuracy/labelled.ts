import type { PlateLabel } from '../../src/accuracy/label.ts';
import type { PictureAnswer, ReadPlate } from '../../src/accuracy/score.ts';

/** A legible plate of a scene at 100,100, 100 x 40 px, unless said otherwise. */
export function labelled(given: Partial<PlateLabel> = {}): PlateLabel {
  return { set: 'gate', file: 'a.jpg', kind: 'scene', box: { x: 100, y: 100, width: 100, height: 40 }, text: 'BCS036', textFull: '', region: 'SD', lines: 1, legible: true, notes: '', ...given };
}

export function read(text: string, place: Partial<ReadPlate['box']> = {}, confidence = 0.95): ReadPlate {
  return { text, confidence, box: { x: 100, y: 100, width: 100, height: 40, ...place } };
}

export function answered(...plates: readonly ReadPlate[]): PictureAnswer {
  return { width: 1920, height: 1080, plates, ms: 30 };
}
