import { describe, expect, it } from 'vitest';
import { plateRecognizer } from '../../../src/camera/vendors/plate-recognizer.ts';
import { PAKISTAN, payload, readPayload, saying, scene, wordMessage } from '../../support/vendor-payloads.ts';

const FRAME = 'camera-1_screenshots/26-11-03/01-15-02.800000.jpg';
const at = Date.parse('2026-11-03T06:15:02.800+05:00');
const seen = saying({
  eventId: `${FRAME}#0`, device: 'camera-1', capturedAt: at, text: 'BHT739', confidence: 0.903, alternatives: [{ text: 'BHT789', confidence: 0.741 }], plateBox: { x: 249, y: 174, width: 129, height: 65 },
  movement: 'towards', vehicle: { class: 'Sedan', make: 'Suzuki', colour: 'white' }, picture: scene,
});
const sent = JSON.parse(payload('plate-recognizer', 'normal').parts[0]?.bytes.toString() ?? '') as { data: { results: Record<string, unknown>[] } };
const turned = (direction: unknown) => plateRecognizer(wordMessage(JSON.stringify({ data: { ...sent.data, results: [{ ...sent.data.results[0], direction }] } })), PAKISTAN);

describe('Plate Recognizer', () => {
  it('tells a vehicle in a form with its frame', () => expect(readPayload('plate-recognizer', 'normal')).toEqual({ kind: 'reads', reads: [seen] }));

  it('tells all vehicles of one frame', () => {
    expect(readPayload('plate-recognizer', 'two-vehicles')).toEqual({ kind: 'reads', reads: [seen, {
      ...seen, eventId: `${FRAME}#1`, text: 'RIZ2207', confidence: 0.8, alternatives: [], plateBox: { x: 20, y: 30, width: 70, height: 40 }, movement: 'away', vehicle: { class: 'Pickup Truck', make: null, colour: null },
    }] });
  });

  it('tells a vehicle without a plate, at its local time', () => {
    expect(readPayload('plate-recognizer', 'no-plate')).toEqual({ kind: 'reads', reads: [saying({ eventId: `${FRAME}#0`, device: 'camera-1', capturedAt: at, vehicle: { class: 'Motorcycle', make: 'Honda', colour: 'red' } })] });
  });

  it('ranks its texts where it knows makes, and reads the time off the camera', () => {
    expect(readPayload('plate-recognizer', 'ranked')).toEqual({ kind: 'reads', reads: [{ ...seen, capturedAt: at - 1800, confidence: 0.93, alternatives: [{ text: 'BH7739', confidence: 0.5 }], plateBox: null, picture: null }] });
  });

  it.each([['offline', 'offline'], ['empty-frame', 'no vehicle in the frame']])('%s is no vehicle', (name, what) => expect(readPayload('plate-recognizer', name)).toEqual({ kind: 'other', what }));

  it('is refused with all that is wrong', () => {
    expect(readPayload('plate-recognizer', 'broken')).toEqual({ kind: 'faults', faults: [
      { path: 'data.timestamp', message: '"soon" is no time' }, { path: 'data.results[0].score', message: 'it is 90.3; it must be 0 to 1' },
      { path: 'data.results[0].box', message: '[378, 174, 249, 239] is no box: left < right and top < bottom are needed, in pixels' },
    ] });
    expect(readPayload('plate-recognizer', 'wrong-types')).toMatchObject({ kind: 'faults', faults: [{ path: 'data.results[0].plate' }, { path: 'data.results[0].box.xmin' }, {}, {}, {}] });
  });

  it.each([[90, 'away'], [-90, 'towards'], [630, 'towards'], [0, 'unknown'], [180, 'unknown'], ['', 'unknown'], [null, 'unknown']])('turns %s degrees into a movement', (direction, movement) => {
    expect(turned(direction)).toMatchObject({ reads: [{ movement }] });
  });

  it.each(['{}', '[]', '{"data": {}}', '{"data": {"results": [{}]}}', `{"data": {"timestamp": "2026-11-03T01:15:02Z", "results": [${'{},'.repeat(50)}{}]}}`])('is refused: %s', (json) => {
    expect(plateRecognizer(wordMessage(json), PAKISTAN)).toMatchObject({ kind: 'faults' });
  });
});
