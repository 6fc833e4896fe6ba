import { describe, expect, it } from 'vitest';
import { onvif } from '../../../src/camera/vendors/onvif.ts';
import { PAKISTAN, plateCut, readPayload, saying, scene, wordMessage } from '../../support/vendor-payloads.ts';

const TOPIC = 'gate-2/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/LPR';
const seen = saying({ eventId: '4711', device: 'lak-pass', capturedAt: Date.parse('2026-11-03T06:15:02.800+05:00'), text: 'BHT739', confidence: 0.92, vehicle: { class: 'Car', make: 'Suzuki', colour: null } });
const event = (json: unknown, topic: string | null = TOPIC) => onvif(wordMessage(JSON.stringify(json), 'application/json', topic), PAKISTAN);

describe('an ONVIF camera over MQTT', () => {
  it('tells a plate, its camera named in the topic', () => expect(readPayload('onvif', 'mqtt')).toEqual({ kind: 'reads', reads: [seen] }));
  it('tells a vehicle whose plate was not read', () => expect(readPayload('onvif', 'mqtt-no-plate')).toEqual({ kind: 'reads', reads: [{ ...seen, text: '', confidence: null }] }));
  it('tells of lines that were crossed too', () => expect(readPayload('onvif', 'mqtt-line-crossed')).toMatchObject({ kind: 'other' }));

  it('is refused with all that is wrong', () => {
    expect(readPayload('onvif', 'mqtt-broken')).toEqual({ kind: 'faults', faults: [{ path: 'UtcTime', message: '"now" is no time' }, { path: 'Data.Likelihood', message: 'it is 92; it must be 0 to 1' }] });
  });

  it.each([
    { PlateNumber: 'BHT739' }, { LicensePlateInfo: { PlateNumber: 'BHT739' } }, { LicensePlateInfo: { 'tt:PlateNumber': { '#text': 'BHT739' } } }, { PlateNumber: { '#text': 'BHT739' } },
    { Object: { '@ObjectId': '7', Appearance: { LicensePlateInfo: { PlateNumber: 'BHT739' } } } },
  ])('writes the plate in one of several ways: %j', (Data) => expect(event({ UtcTime: '2026-11-03T01:15:02Z', Source: {}, Data })).toMatchObject({ kind: 'reads', reads: [{ text: 'BHT739', device: 'gate-2', stage: 'final' }] }));

  it('ends an event with a message of its own', () => expect(event({ UtcTime: '2026-11-03T01:15:02Z', PropertyOperation: 'Deleted', Data: {} })).toEqual({ kind: 'other', what: 'end of an event' }));
  it('is refused without a plate under the topic of plates', () => expect(event({ UtcTime: '2026-11-03T01:15:02Z', Data: {} })).toMatchObject({ kind: 'faults', faults: [{ path: 'Data.LicensePlateInfo.PlateNumber' }] }));
  it('is refused where it is no event at all', () => expect(event({ hello: 1 }, 'gate-2/status')).toMatchObject({ kind: 'faults', faults: [{ path: 'UtcTime' }] }));
});

describe('an ONVIF camera in XML', () => {
  it('tells a vehicle in view in every frame: none of them is final', () => {
    expect(readPayload('onvif', 'stream')).toEqual({ kind: 'reads', reads: [{
      ...seen, device: 'lpr-1', confidence: 0.91, movement: 'towards', lane: '2', vehicle: { class: 'Car', make: 'Suzuki', colour: 'White' }, cues: { ground: 'yellow' }, stage: 'update', picture: scene, platePicture: plateCut,
    }] });
  });
  it('sends frames with nothing in them', () => expect(readPayload('onvif', 'stream-empty')).toEqual({ kind: 'other', what: 'a frame without a plate' }));

  it('tells the event once, its items by name', () => {
    expect(readPayload('onvif', 'event')).toEqual({ kind: 'reads', reads: [{ ...seen, device: '1', text: 'BHT-739', confidence: 0.88, vehicle: { class: 'Car', make: 'Land & Sons', colour: null } }] });
  });
  it('is refused where it is another document', () => expect(readPayload('onvif', 'other-root')).toMatchObject({ kind: 'faults', faults: [{ path: 'Envelope' }] }));
  it('is refused without the time of a frame', () => {
    const frame = '<Frame><Object><Appearance><LicensePlateInfo><PlateNumber>A1</PlateNumber></LicensePlateInfo></Appearance></Object></Frame>';
    expect(onvif(wordMessage(frame, 'application/xml'), PAKISTAN)).toEqual({ kind: 'faults', faults: [{ path: 'Frame[0].UtcTime', message: 'it is missing' }] });
  });
});
