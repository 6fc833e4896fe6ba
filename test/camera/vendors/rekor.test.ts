import { describe, expect, it } from 'vitest';
import { rekor } from '../../../src/camera/vendors/rekor.ts';
import { PAKISTAN, payload, plateCut, readPayload, saying, scene, wordMessage } from '../../support/vendor-payloads.ts';

const AGENT = 'AGENT0000LAKPASS0001';
const group = saying({
  eventId: `${AGENT}-1414799424-1793668502800/0`, device: `${AGENT}/1414799424`, capturedAt: Date.parse('2026-11-03T06:15:02.200+05:00'), text: 'BHT739', confidence: 0.938,
  alternatives: [{ text: 'BHT789', confidence: 0.8125 }, { text: 'BH7739', confidence: 0.771 }], plateBox: { x: 249, y: 174, width: 129, height: 65 },
  vehicle: { class: 'sedan', make: 'suzuki', colour: 'white' }, picture: scene, platePicture: plateCut,
});
const sent = JSON.parse(payload('rekor', 'group').parts[0]?.bytes.toString() ?? '') as Record<string, unknown>;
const send = (over: Record<string, unknown>) => rekor(wordMessage(JSON.stringify({ ...sent, ...over })), PAKISTAN);

describe('a Rekor agent', () => {
  it('tells a vehicle when it has gone, its box on the vehicle cut out', () => expect(readPayload('rekor', 'group')).toEqual({ kind: 'reads', reads: [group] }));
  it('sends a group again under the same id', () => expect(readPayload('rekor', 'group-repeated')).toEqual(readPayload('rekor', 'group')));
  it('tells an alert with the group in it', () => expect(readPayload('rekor', 'alert')).toEqual({ kind: 'reads', reads: [{ ...group, plateBox: null, picture: null, platePicture: null }] }));

  it('tells a vehicle without a plate', () => {
    expect(readPayload('rekor', 'vehicle-without-plate')).toEqual({ kind: 'reads', reads: [{
      ...group, eventId: `${AGENT}-1414799424-1793668509100/0`, capturedAt: Date.parse('2026-11-03T06:15:09.100+05:00'), text: '', confidence: null, alternatives: [], plateBox: null, picture: null, platePicture: null,
    }] });
  });

  it.each([['single-frame', 'alpr_results'], ['heartbeat', 'heartbeat'], ['preview', 'preview of a group']])('%s comes again in a group, or is none', (name, what) => expect(readPayload('rekor', name)).toEqual({ kind: 'other', what }));

  it('has the box on the overview where that is sent, smaller than the frame or not', () => {
    const overview_jpeg = scene.bytes.toString('base64');
    expect(send({ overview_jpeg })).toMatchObject({ reads: [{ plateBox: { x: 305, y: 237, width: 64, height: 33 } }] });
    expect(send({ overview_jpeg, best_image_width: 0 })).toMatchObject({ reads: [{ plateBox: null }] });
  });

  it('is refused with all that is wrong', () => {
    expect(readPayload('rekor', 'broken')).toEqual({ kind: 'faults', faults: [
      { path: 'epoch_start', message: '2026-11-03 is no time in epoch milliseconds' }, { path: 'best_plate.confidence', message: 'it is -1; it must be 0 to 100' },
      { path: 'candidates[0].confidence', message: 'it is 938; it must be 0 to 100' },
    ] });
  });

  it.each([['{}', 'data_type'], ['{"data_type":"alpr_group"}', 'epoch_start'], ['{"data_type":"alpr_alert"}', 'group'], ['[]', '']])('is refused: %s', (json, path) => {
    expect(rekor(wordMessage(json), PAKISTAN)).toMatchObject({ kind: 'faults', faults: [{ path }] });
  });
});
