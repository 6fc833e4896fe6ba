import { describe, expect, it } from 'vitest';
import { fiware } from '../../../src/camera/vendors/fiware.ts';
import { PAKISTAN, readPayload, saying, wordMessage } from '../../support/vendor-payloads.ts';

const ID = 'urn:ngsi-ld:AnprFlowObserved:lak-pass-in-';
const seen = saying({
  eventId: `${ID}1@2026-11-03T01:15:02.800Z`, device: 'lak-pass-in-1', capturedAt: Date.parse('2026-11-03T06:15:02.800+05:00'), text: 'BHT-739', confidence: 0.96, movement: 'towards', lane: '2',
  vehicle: { class: null, make: 'Suzuki', colour: 'white' }, cues: { ground: 'yellow' },
});

describe('a FIWARE broker', () => {
  it('tells an observation as keys and values', () => expect(readPayload('fiware', 'key-values')).toEqual({ kind: 'reads', reads: [seen] }));

  it('tells it with the types of NGSI-v2', () => {
    expect(readPayload('fiware', 'normalized')).toEqual({ kind: 'reads', reads: [{ ...seen, eventId: 'AnprFlowObserved:lak-pass-in-1@2026-11-03T06:15:02.800+05:00' }] });
  });

  it('tells it as linked data, with bare names', () => {
    expect(readPayload('fiware', 'linked-data')).toEqual({ kind: 'reads', reads: [{ ...seen, device: 'urn:ngsi-ld:Device:lak-pass-in-1', confidence: null, movement: 'away', cues: null }] });
  });

  it('tells several in a notification, with entities of other kinds among them', () => {
    expect(readPayload('fiware', 'notification')).toEqual({ kind: 'reads', reads: [seen, {
      ...seen, eventId: `${ID}2@2026-11-03T01:15:03Z`, device: 'lak-pass-in-2', capturedAt: seen.capturedAt + 200, text: 'RIZ 2207', confidence: null, movement: 'unknown', vehicle: { class: null, make: null, colour: null }, cues: null,
    }] });
  });

  it('tells a vehicle whose plate was not read', () => {
    expect(readPayload('fiware', 'plate-not-read')).toEqual({ kind: 'reads', reads: [{ ...seen, text: '', confidence: null, vehicle: { class: null, make: null, colour: 'red' }, cues: null }] });
  });

  it('sends other entities as well', () => expect(readPayload('fiware', 'other-entity')).toEqual({ kind: 'other', what: 'TrafficFlowObserved' }));

  it('is refused whole with all that is wrong, each under its entity', () => {
    expect(readPayload('fiware', 'broken')).toEqual({ kind: 'faults', faults: [
      { path: 'dateObserved', message: '"morning" is no time' }, { path: 'observedVehicle.licensePlate.confidence', message: 'it is 96; it must be 0 to 1' },
    ] });
    expect(readPayload('fiware', 'missing')).toEqual({ kind: 'faults', faults: [
      { path: 'data[0].dateObserved', message: 'must be a time' },
      { path: 'data[1].observedVehicle.licensePlate', message: 'it is missing (vehiclePlateNotRead: true stands for a plate that could not be read)' },
    ] });
  });

  it.each(['{}', '3', '{"type": "AnprFlowObserved"}', `[${'{"type":"AnprFlowObserved"},'.repeat(100)}{}]`])('is refused: %s', (json) => expect(fiware(wordMessage(json), PAKISTAN)).toMatchObject({ kind: 'faults' }));
});
