import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hikvision } from '../../../src/camera/vendors/hikvision.ts';
import type { VendorMessage } from '../../../src/camera/vendor-event.ts';
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

  it('gives the box beside its picture of the scene, as recorded cameras do', () => {
    expect(readPayload('hikvision', 'box-beside-picture')).toEqual({ kind: 'reads', reads: [{ ...seen, eventId: `${UUID}5` }] });
  });

  it('gives no box of the scene where the only one is beside the picture of the plate', () => {
    const { parts: [, ...pictures] } = payload('hikvision', 'normal');
    const xml = alert('<ANPR><licensePlate>A1</licensePlate><pictureInfoList><pictureInfo><fileName>licensePlatePicture.jpg</fileName><plateRect><X>1</X><Y>1</Y><width>40</width><height>20</height></plateRect></pictureInfo></pictureInfoList></ANPR>');
    expect(hikvision({ topic: null, parts: [...wordMessage(xml, 'text/xml').parts, ...pictures] }, PAKISTAN)).toMatchObject({ reads: [{ plateBox: null }] });
  });

  it('takes the box beside the very picture that is kept, where there are several', () => {
    const small = payload('hikvision', 'normal').parts[1], { parts: [, , large] } = payload('hikvision', 'normal');
    const box = (file: string, x: number) => `<pictureInfo><fileName>${file}</fileName><plateRect><X>${x}</X><Y>484</Y><width>202</width><height>181</height></plateRect></pictureInfo>`;
    const xml = alert(`<ANPR><licensePlate>A1</licensePlate><pictureInfoList>${box('vehiclePicture.jpg', 1)}${box('detectionPicture.jpg', 389)}</pictureInfoList></ANPR>`);
    const parts = [...wordMessage(xml, 'text/xml').parts, { ...small, name: 'vehiclePicture.jpg', fileName: null }, large] as VendorMessage['parts'];
    expect(hikvision({ topic: null, parts }, PAKISTAN)).toMatchObject({ reads: [{ plateBox: seen.plateBox }] });
  });

  it('draws the box on the picture it was found in, not on a larger composite beside it, nor on another of two', () => {
    const [words, , large] = payload('hikvision', 'normal').parts as [VendorMessage['parts'][number], unknown, VendorMessage['parts'][number]];
    const composite = { ...large, name: 'compositePicture.jpg', fileName: null, bytes: Buffer.concat([large.bytes, Buffer.alloc(9000)]) };
    expect(hikvision({ topic: null, parts: [words, composite, large] }, PAKISTAN)).toMatchObject({ reads: [{ picture: scene, plateBox: seen.plateBox }] });
    const info = (file: string) => `<pictureInfo><fileName>${file}</fileName><plateRect><X>389</X><Y>484</Y><width>202</width><height>181</height></plateRect></pictureInfo>`;
    const elsewhere = alert(`<ANPR><licensePlate>A1</licensePlate><pictureInfoList>${info('far.jpg')}${info('near.jpg')}</pictureInfoList></ANPR>`);
    expect(hikvision({ topic: null, parts: [...wordMessage(elsewhere, 'text/xml').parts, large] }, PAKISTAN)).toMatchObject({ reads: [{ plateBox: null }] });
  });

  it('has no plate in the picture of it in black and white, which it may send before the other', () => {
    const [words, plate] = payload('hikvision', 'normal').parts as [VendorMessage['parts'][number], VendorMessage['parts'][number]];
    const binary = { ...plate, name: 'plateBinaryPicture.jpg', fileName: null, bytes: Buffer.concat([plate.bytes, Buffer.from([0])]) };
    expect(hikvision({ topic: null, parts: [words, binary, plate] }, PAKISTAN)).toMatchObject({ reads: [{ platePicture: plateCut }] });
    expect(hikvision({ topic: null, parts: [words, binary] }, PAKISTAN)).toMatchObject({ reads: [{ platePicture: null }] });
  });

  it('that tells the plate first and its pictures after is heard to the end, where the event has a name', () => {
    const first = (id: string, more: string) => read(alert(`${id}<ANPR><licensePlate>A1</licensePlate><hasMoreData>${more}</hasMoreData></ANPR>`));
    expect(first('<UUID>7</UUID>', 'true')).toMatchObject({ reads: [{ eventId: '7', stage: 'update' }] });
    expect(first('<UUID>7</UUID>', 'false')).toMatchObject({ reads: [{ eventId: '7', stage: 'final' }] });
    expect(first('', 'true')).toMatchObject({ reads: [{ eventId: null, stage: 'final' }] });
  });

  it.each([['enter', 'in'], ['leave', 'out'], ['bothway', 'unknown']])('at a gate says %s', (word, direction) => {
    expect(read(alert(`<ANPR><licensePlate>A1</licensePlate><EntranceInfo><direction>${word}</direction></EntranceInfo></ANPR>`))).toMatchObject({ reads: [{ direction }] });
  });

  it.each([['vehicleType', 'containerTruck', 'truck'], ['vehicleType', 'Hovercraft', 'Hovercraft'], ['vehicleType', '2', 'truck'], ['vehicleType', '77', null], ['vehicleType', 'constructor', 'constructor'], ['vehicleType', '__proto__', '__proto__'], ['vehicleInfo/vehicleType', '5', 'rickshaw']])('has %s %s', (field, word, expected) => {
    const [outer = '', inner] = field.split('/'), value = inner === undefined ? word : `<${inner}>${word}</${inner}>`;
    expect(read(alert(`<ANPR><licensePlate>A1</licensePlate><${outer}>${value}</${outer}></ANPR>`))).toMatchObject({ reads: [{ vehicle: { class: expected } }] });
  });

  it('makes no vehicle of a person on foot', () => {
    expect(read(alert('<ANPR><licensePlate>unknown</licensePlate><vehicleType>pedestrian</vehicleType></ANPR>'))).toEqual({ kind: 'other', what: 'a pedestrian' });
  });

  it('is refused without any XML or JSON', () => expect(hikvision({ topic: null, parts: payload('hikvision', 'normal').parts.slice(1) }, PAKISTAN)).toMatchObject({ kind: 'faults' }));
});

describe('a Hikvision camera that is set to JSON', () => {
  const json = (value: unknown) => hikvision(wordMessage(typeof value === 'string' ? value : JSON.stringify(value)), PAKISTAN);
  const event = (anpr: object) => ({ eventType: 'ANPR', dateTime: '2026-11-03T06:15:02Z', ANPR: anpr });

  it('tells the same as in XML, with both of its pictures; boxes are shares of 1', () => {
    expect(readPayload('hikvision', 'json')).toEqual({ kind: 'reads', reads: [{ ...seen, eventId: `${UUID}6` }] });
  });

  it('may send the JSON alone and without a name around it, numbers as text', () => {
    expect(readPayload('hikvision', 'json-bare')).toEqual({ kind: 'reads', reads: [saying({
      eventId: `${UUID}7`, device: '00:00:5e:00:53:21/1', capturedAt: seen.capturedAt, text: 'LEC1384', confidence: 0.71,
      alternatives: [{ text: 'LEC138A', confidence: null }], movement: 'away', lane: '2', vehicle: car, cues: { ground: 'white' },
    })] });
  });

  it('may write the name of the event in small letters', () => expect(json({ ...event({ licensePlate: 'A1' }), uuid: 'e-7' })).toMatchObject({ reads: [{ eventId: 'e-7' }] }));

  it('sends heartbeats to the same listener', () => expect(readPayload('hikvision', 'json-heartbeat')).toEqual({ kind: 'other', what: 'heartBeat (active)' }));

  it('is refused with all that is wrong, by the same names', () => {
    expect(readPayload('hikvision', 'json-broken')).toMatchObject({ faults: [{ path: 'dateTime' }, { path: 'ANPR.licensePlate' }, { path: 'ANPR.confidenceLevel' }] });
  });

  it.each([['[]', ''], ['{}', 'eventType'], ['{"EventNotificationAlert": null}', 'eventType'], ['{"eventType": "ANPR"}', 'ANPR'], ['{"eventType": "ANPR", "ANPR": [[]]}', 'ANPR'], ['{"eventType": ', ''], ['{"eventType": {"a": 1}}', 'eventType']])(
    'is refused where something is missing: %s', (text, path) => expect(json(text)).toMatchObject({ kind: 'faults', faults: [{ path }] }));

  it('reads a plate of digits that some firmware writes as a number', () => expect(json(event({ licensePlate: 1384, line: 2 }))).toMatchObject({ reads: [{ text: '1384', lane: '2' }] }));

  it('takes no field from what every object has by birth', () => {
    expect(json('{"eventType": "ANPR", "dateTime": "2026-11-03T06:15:02Z", "ANPR": {"__proto__": {"licensePlate": "A1"}, "constructor": 1}}')).toMatchObject({ faults: [{ path: 'ANPR.licensePlate' }] });
  });

  it('is refused when it is nested beyond sense or has more values than any alert', () => {
    expect(json(`{"a":${'['.repeat(300_000)}${']'.repeat(300_000)}}`)).toMatchObject({ faults: [{ message: 'it is nested more than 40 deep' }] });
    expect(json({ a: Array.from({ length: 300_000 }, () => ({})) })).toMatchObject({ faults: [{ message: 'it has more than 20000 values' }] });
  });

  it('is read or refused with faults, whatever is in it', () => {
    const field = fc.constantFrom('licensePlate', 'originalLicensePlate', 'plateRect', 'pictureInfoList', 'pictureInfo', 'X', 'Y', 'width', 'height', 'fileName', 'vehicleInfo', 'color', 'confidenceLevel', '__proto__');
    const { tree } = fc.letrec((tie) => ({ tree: fc.oneof({ maxDepth: 5 }, fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(field, tie('tree'), { maxKeys: 6 })) }));
    fc.assert(fc.property(tree, fc.jsonValue(), (anpr, other) => {
      const { parts: [, ...pictures] } = payload('hikvision', 'normal');
      for (const value of [event(anpr as object), { EventNotificationAlert: { ...event({ licensePlate: 'A1' }), ANPR: anpr, UUID: other } }, other]) {
        expect(['reads', 'other', 'faults']).toContain(hikvision({ topic: null, parts: [...wordMessage(JSON.stringify(value)).parts, ...pictures] }, PAKISTAN).kind);
        const read = json(value);
        if (read.kind === 'faults') expect(read.faults.every(({ message }) => !message.startsWith('it could not be read'))).toBe(true);
      }
    }), { numRuns: 400 });
  });
});
