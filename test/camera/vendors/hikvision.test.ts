import { describe, expect, it } from 'vitest';
import { hikvision } from '../../../src/camera/vendors/hikvision.ts';
import { PAKISTAN, payload, plateCut, readPayload, saying, scene, wordMessage } from '../../support/vendor-payloads.ts';

const UUID = '7c1d0e52-9a57-11ee-8c90-bcbac2a1e00';
const car = { class: 'car', make: null, colour: 'white' };
const seen = saying({
  eventId: `${UUID}1`, device: '00:00:5e:00:53:21/1', capturedAt: Date.parse('2026-11-03T06:15:02.800+05:00'), text: 'BHT739', confidence: 0.96,
  plateBox: { x: 249, y: 174, width: 129, height: 65 }, movement: 'towards', lane: '2', vehicle: car, cues: { ground: 'yellow' }, picture: scene, platePicture: plateCut,
});
const alert = (inside: string): string => `<EventNotificationAlert><eventType>ANPR</eventType><dateTime>2026-11-03T06:15:02Z</dateTime>${inside}</EventNotificationAlert>`;
const read = (xml: string) => hikvision(wordMessage(xml, 'application/xml'), PAKISTAN);

describe('a Hikvision camera', () => {
  it('tells a vehicle with both of its pictures', () => expect(readPayload('hikvision', 'normal')).toEqual({ kind: 'reads', reads: [seen] }));

  it('posts the same event again under the same id', () => expect(readPayload('hikvision', 'repost')).toEqual({ kind: 'reads', reads: [seen] }));

  it('gives boxes in pixels on some firmware, which is known by the shape of a plate', () => {
    expect(readPayload('hikvision', 'box-in-pixels')).toEqual({ kind: 'reads', reads: [{ ...seen, eventId: `${UUID}2`, plateBox: { x: 249, y: 174, width: 129, height: 24 } }] });
  });

  it('may send the XML alone, by its own clock; what it read before its corrections is kept', () => {
    expect(readPayload('hikvision', 'bare')).toEqual({ kind: 'reads', reads: [saying({
      eventId: `${UUID}3`, device: '00:00:5e:00:53:21/1', capturedAt: Date.parse('2026-11-03T06:15:02+05:00'), text: 'LEC1384', confidence: 0.71,
      alternatives: [{ text: 'LEC138A', confidence: null }], movement: 'away', lane: '2', vehicle: car, cues: { ground: 'white' },
    })] });
  });

  it('says "unknown" of a vehicle without a plate', () => {
    expect(readPayload('hikvision', 'no-plate')).toEqual({ kind: 'reads', reads: [saying({ eventId: `${UUID}4`, device: '00:00:5e:00:53:21/1', capturedAt: seen.capturedAt, lane: '2', vehicle: car })] });
  });

  it.each([['motion', 'VMD (active)'], ['heartbeat', 'videoloss (inactive)']])('sends %s to the same listener', (name, what) => expect(readPayload('hikvision', name)).toEqual({ kind: 'other', what }));

  it('is refused with all that is wrong', () => {
    expect(readPayload('hikvision', 'broken')).toEqual({ kind: 'faults', faults: [
      { path: 'dateTime', message: '"2026-11-31T06:15:02+05:00" is no time' },
      { path: 'ANPR.licensePlate', message: 'it has 70 characters; a plate has at most 64' },
      { path: 'ANPR.confidenceLevel', message: 'it is 960; it must be 0 to 100' },
    ] });
  });

  it('is refused where the transfer broke off', () => {
    expect(readPayload('hikvision', 'cut-off')).toMatchObject({ kind: 'faults', faults: [{ path: '', message: expect.stringContaining('no well-formed XML') as string }] });
  });

  it('is refused with entities, before any of them grows', () => {
    expect(readPayload('hikvision', 'entities')).toEqual({ kind: 'faults', faults: [{ path: '', message: 'it has a document type or an entity declaration; XML with these is not read' }] });
  });

  it.each([
    ['<EventNotificationAlert/>', 'eventType'], ['<EventNotificationAlert><eventType>ANPR</eventType></EventNotificationAlert>', 'ANPR'], ['<Alert><eventType>ANPR</eventType></Alert>', 'Alert'],
    [alert('<ANPR><laneNo>1</laneNo></ANPR>'), 'ANPR.licensePlate'], [alert('<ANPR><licensePlate>A&#0;1</licensePlate><confidenceLevel>x</confidenceLevel></ANPR>'), 'ANPR.confidenceLevel'],
  ])('is refused where something is missing: %s', (xml, path) => expect(read(xml)).toMatchObject({ kind: 'faults', faults: [{ path }] }));

  it('keeps only names of makes: the numbers mean another make in each firmware', () => {
    const of = (logo: string) => read(alert(`<ANPR><licensePlate>A1</licensePlate><vehicleInfo><vehicleLogo>${logo}</vehicleLogo></vehicleInfo></ANPR>`));
    expect(of('1036')).toMatchObject({ reads: [{ vehicle: { make: null } }] });
    expect(of('Toyota')).toMatchObject({ reads: [{ vehicle: { make: 'Toyota' } }] });
  });

  it('may fill an empty part where it has no picture of the plate', () => {
    const { parts } = payload('hikvision', 'normal');
    const emptied = parts.map((part) => (part.name === 'licensePlatePicture.jpg' ? { ...part, bytes: Buffer.alloc(0) } : part));
    expect(hikvision({ topic: null, parts: emptied }, PAKISTAN)).toMatchObject({ reads: [{ picture: scene, platePicture: null }] });
  });

  it('is refused without any XML', () => expect(hikvision({ topic: null, parts: payload('hikvision', 'normal').parts.slice(1) }, PAKISTAN)).toMatchObject({ kind: 'faults' }));
});
