import { describe, expect, it } from 'vitest';
import { dahua } from '../../../src/camera/vendors/dahua.ts';
import { PAKISTAN, payload, plateCut, readPayload, saying, scene, wordMessage } from '../../support/vendor-payloads.ts';

const at = Date.parse('2026-11-03T06:15:02.800+05:00');
const suzuki = { class: 'car', make: 'Suzuki', colour: 'White' };
const snapped = saying({
  eventId: '4471', device: 'ITC-LP-01', capturedAt: at, text: 'BHT739', confidence: 0.9569, plateBox: { x: 249, y: 174, width: 129, height: 66 }, direction: 'in', movement: 'towards', lane: '1',
  vehicle: suzuki, cues: { ground: 'yellow' }, picture: scene,
});
const lines = (...fields: string[]) => dahua(wordMessage(fields.map((field) => `Events[0].${field}`).join('\r\n'), 'text/plain'), PAKISTAN);

describe('the stream of a Dahua camera', () => {
  it('tells a vehicle in lines, with its picture after them', () => expect(readPayload('dahua', 'snap')).toEqual({ kind: 'reads', reads: [snapped] }));

  it('goes by the wall clock where the true time is not told: its UTC is none', () => {
    expect(readPayload('dahua', 'snap-local-time')).toEqual({ kind: 'reads', reads: [{
      ...snapped, eventId: '4472', capturedAt: at - 800, text: 'LEC1384', confidence: null, plateBox: null, direction: 'out', movement: 'away', cues: { ground: 'white' }, picture: null,
    }] });
  });

  it('takes UTC where there is nothing else', () => {
    expect(lines('Code=TrafficJunction', 'TrafficCar.PlateNumber=A1', 'UTC=1793668502', 'UTCMS=800')).toMatchObject({ reads: [{ capturedAt: at }] });
  });

  it('tells a vehicle without a plate', () => {
    expect(readPayload('dahua', 'snap-no-plate')).toEqual({ kind: 'reads', reads: [{
      ...snapped, eventId: '4473', text: '', confidence: null, plateBox: null, direction: 'unknown', vehicle: { class: 'motorcycle', make: null, colour: 'White' }, cues: null,
    }] });
  });

  it('may tell two vehicles at once', () => {
    const first = { ...snapped, plateBox: null, picture: null };
    expect(readPayload('dahua', 'snap-two')).toEqual({ kind: 'reads', reads: [
      first, { ...first, eventId: '4474', text: 'RIZ2207', confidence: 0.8, vehicle: { ...suzuki, make: 'Toyota' }, cues: { ground: 'white' } },
    ] });
  });

  it.each([['snap-heartbeat', 'heartbeat'], ['snap-flow', 'TrafficFlowStat']])('%s is no vehicle', (name, what) => expect(readPayload('dahua', name)).toEqual({ kind: 'other', what }));

  it('is refused with all that is wrong', () => {
    expect(readPayload('dahua', 'snap-broken')).toEqual({ kind: 'faults', faults: [
      { path: 'Events[0].RealUTC', message: '"soon" is no number' }, { path: 'Events[0].Object.Confidence', message: 'it is 900; it must be 0 to 255' },
    ] });
  });

  it.each([
    [['TrafficCar.PlateNumber=A1'], 'Events[0].UTC'], [['TrafficCar.PlateNumber=A1', 'LocaleTime=2026-02-30 10:00:00'], 'Events[0].LocaleTime'],
    [['TrafficCar.PlateNumber=A1', 'RealUTC=999999999999'], 'Events[0].RealUTC'],
  ])('is refused without a time that can be: %j', (fields, path) => expect(lines(...fields)).toMatchObject({ kind: 'faults', faults: [{ path }] }));

  it('is refused where the lines are none of an event', () => expect(dahua(wordMessage('HTTP/1.1 401 Unauthorized', 'text/plain'), PAKISTAN)).toMatchObject({ kind: 'faults' }));

  it('holds a box only with a picture to lie on, and within it', () => {
    const { parts } = payload('dahua', 'snap'), [text, picture] = parts as [typeof parts[0], typeof parts[0]];
    const turned = Buffer.from(text.bytes.toString().replace('BoundingBox[2]=4836', 'BoundingBox[2]=9999'));
    expect(dahua({ topic: null, parts: [{ ...text, bytes: turned }, picture] }, PAKISTAN)).toMatchObject({ kind: 'faults', faults: [{ path: 'Events[0].Object.BoundingBox' }] });
  });
});

describe('the push of a Dahua ITC camera', () => {
  const pushed = saying({
    eventId: '20261103061502800_1.jpg@2026-11-03 06:15:02.800', device: 'ITC-LP-02', capturedAt: at, text: 'BHT739', confidence: 0.92, plateBox: { x: 249, y: 174, width: 129, height: 66 }, movement: 'towards',
    lane: '1', vehicle: suzuki, cues: { ground: 'yellow' }, picture: scene, platePicture: plateCut,
  });
  const sent = JSON.parse(payload('dahua', 'tollgate').parts[0]?.bytes.toString() ?? '') as { Picture: Record<string, Record<string, unknown>> };
  const push = (change: (picture: typeof sent.Picture) => void) => {
    const copy = structuredClone(sent);
    change(copy.Picture);
    return dahua(wordMessage(JSON.stringify(copy)), PAKISTAN);
  };

  it('tells a vehicle with its pictures in base64', () => expect(readPayload('dahua', 'tollgate')).toEqual({ kind: 'reads', reads: [pushed] }));

  it('says of a vehicle without a plate that none exists', () => {
    expect(readPayload('dahua', 'tollgate-no-plate')).toEqual({ kind: 'reads', reads: [{ ...pushed, text: '', confidence: null, plateBox: null, movement: 'unknown', cues: null, picture: null, platePicture: null }] });
  });

  it('keeps itself alive in between', () => expect(readPayload('dahua', 'keep-alive')).toEqual({ kind: 'other', what: 'keep-alive' }));

  it('is refused with all that is wrong, of form and of sense', () => {
    expect(readPayload('dahua', 'tollgate-broken')).toEqual({ kind: 'faults', faults: [
      { path: 'Picture.Plate.PlateNumber', message: 'must be a text' }, { path: 'Picture.Plate.Confidence', message: 'must be a number' },
      { path: 'Picture.SnapInfo.AccurateTime', message: '"03/11/2026" is no time' },
    ] });
  });

  it('draws no box on the vehicle that was cut out of the scene', () => {
    expect(push((p) => { p.VehiclePic = p.NormalPic as Record<string, unknown>; p.NormalPic = {}; })).toMatchObject({ reads: [{ plateBox: null, picture: scene }] });
  });

  it.each([[92, 0.92], [0, null], [204, 0.8], ['92', 0.92]])('tells a confidence of %s', (Confidence, confidence) => {
    expect(push((p) => { p.Plate = { ...p.Plate, Confidence }; })).toMatchObject({ reads: [{ confidence }] });
  });

  it('may have the time in whole seconds only', () => {
    expect(push((p) => { delete p.SnapInfo?.AccurateTime; })).toMatchObject({ reads: [{ capturedAt: at - 800 }] });
  });

  it.each(['[]', '{}', '{"Picture": 1}', '{', '{"Picture": {"SnapInfo": {}}}'])('is refused: %s', (json) => expect(dahua(wordMessage(json), PAKISTAN)).toMatchObject({ kind: 'faults' }));
});
