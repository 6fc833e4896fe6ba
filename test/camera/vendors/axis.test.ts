import { describe, expect, it } from 'vitest';
import { axis } from '../../../src/camera/vendors/axis.ts';
import { PAKISTAN, plateCut, readPayload, saying, scene, wordMessage } from '../../support/vendor-payloads.ts';

const lost = saying({
  eventId: '1087595', device: 'ACCC8E000001', capturedAt: Date.parse('2026-11-03T06:15:02.800+05:00'), text: 'BHT739', confidence: 0.9143, plateBox: { x: 249, y: 174, width: 129, height: 65 },
  movement: 'towards', vehicle: { class: 'Car', make: 'Suzuki', colour: 'White' }, picture: scene, platePicture: plateCut,
});
const none = { class: null, make: null, colour: null };

describe('an Axis camera', () => {
  it('tells a car as new, again when its plate or direction changes, and finally as lost', () => {
    expect(readPayload('axis', 'new')).toEqual({ kind: 'reads', reads: [{ ...lost, capturedAt: lost.capturedAt - 600, text: 'BH7739', confidence: 0.702, movement: 'unknown', stage: 'update' }] });
    expect(readPayload('axis', 'update')).toEqual({ kind: 'reads', reads: [{ ...lost, capturedAt: lost.capturedAt - 300, stage: 'update' }] });
    expect(readPayload('axis', 'lost')).toEqual({ kind: 'reads', reads: [lost] });
  });

  it('may have its pictures in the JSON', () => expect(readPayload('axis', 'base64')).toEqual({ kind: 'reads', reads: [{ ...lost, eventId: '1087596', vehicle: none }] }));

  it('of an older version says neither the state nor the time in UTC, and percent', () => {
    expect(readPayload('axis', 'local-time')).toEqual({ kind: 'reads', reads: [{ ...lost, eventId: '1087597', device: 'defaultID', confidence: 0.885, plateBox: null, vehicle: none, picture: null, platePicture: null }] });
  });

  it('writes dashes for a plate that was not read', () => {
    expect(readPayload('axis', 'no-plate')).toEqual({ kind: 'reads', reads: [{ ...lost, eventId: '1087598', text: '', confidence: null, plateBox: null, movement: 'away', picture: null, platePicture: null }] });
  });

  it('beats its heart', () => expect(readPayload('axis', 'heartbeat')).toEqual({ kind: 'other', what: 'heartbeat' }));

  it('is refused with all that is wrong', () => {
    expect(readPayload('axis', 'broken')).toEqual({ kind: 'faults', faults: [
      { path: 'carState', message: 'must be new, update or lost' }, { path: 'plateConfidence', message: 'must be a number' }, { path: 'plateCoordinates[1]', message: 'must be a number' },
      { path: 'capture_timestamp', message: '"yesterday" is no time in epoch milliseconds' },
    ] });
  });

  it.each([['{"carID": 1}', ['capture_timestamp', 'plateUTF8']], ['{"plateUTF8": "A1", "datetime": "2026"}', ['datetime']], ['"new"', ['']], ['', ['']]])('is refused: %s', (json, paths) => {
    const reading = axis(wordMessage(json), PAKISTAN);
    expect(reading.kind === 'faults' && reading.faults.map(({ path }) => path)).toEqual(paths);
  });
});
