import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../../src/camera/vendors/formats.ts';
import { VENDORS, type Vendor, type VendorMessage, type VendorRead, type VendorReading } from '../../../src/camera/vendor-event.ts';
import { PAKISTAN, payload, payloadNames, wordMessage } from '../../support/vendor-payloads.ts';

const ALL = VENDORS.flatMap((vendor) => payloadNames(vendor).map((name) => [vendor, name] as const));
const YEAR_10000 = Date.UTC(10_000, 0, 1);
const isShare = (value: number | null): boolean => value === null || (value >= 0 && value <= 1);
const isWord = (value: string | null, most: number): boolean => value === null || (value.length > 0 && value.length <= most && !/[\p{Cc}\p{Cs}]/u.test(value));

/** What every later stage takes for granted of a read. */
function sound(read: VendorRead): void {
  expect(Number.isInteger(read.capturedAt) && read.capturedAt >= 0 && read.capturedAt < YEAR_10000).toBe(true);
  expect(read.text.length <= 64 && !/[\p{Cc}\p{Cs}]/u.test(read.text)).toBe(true);
  expect([read.confidence, ...read.alternatives.map(({ confidence }) => confidence)].every(isShare)).toBe(true);
  expect(isWord(read.eventId, 200)).toBe(true);
  expect([read.device, read.lane, ...Object.values(read.vehicle) as (string | null)[]].every((word) => isWord(word, 64))).toBe(true);
  const sides = Object.values(read.plateBox ?? {}) as number[];
  expect(sides.every((side) => Number.isInteger(side) && side >= 0) && (read.plateBox === null || (read.plateBox.width > 0 && read.plateBox.height > 0))).toBe(true);
}

function inOrder(reading: VendorReading): void {
  if (reading.kind === 'faults') expect(reading.faults.length > 0 && reading.faults.length <= 21 && reading.faults.every(({ path, message }) => message !== '' && !/[\p{Cc}\p{Cs}]/u.test(path + message))).toBe(true);
  else if (reading.kind === 'other') expect(isWord(reading.what, 100)).toBe(true);
  else {
    expect(reading.reads.length).toBeGreaterThan(0);
    reading.reads.forEach(sound);
  }
}

const readAs = (vendor: Vendor, message: VendorMessage): void => inOrder(FORMATS[vendor](message, PAKISTAN));
const word = ([vendor, name]: readonly [Vendor, string]): VendorMessage => {
  const message = payload(vendor, name);
  // Pictures in base64 are a hundred times the rest: the changes would all fall into them.
  return { ...message, parts: message.parts.map((part) => (part.mediaType.startsWith('image/') ? part : { ...part, bytes: Buffer.from(part.bytes.toString().replaceAll(/[A-Za-z0-9+/=]{500,}/g, '')) })) };
};
const withFirst = (message: VendorMessage, bytes: Buffer): VendorMessage => ({ ...message, parts: message.parts.map((part, i) => (i === 0 ? { ...part, bytes } : part)) });

describe('every format', () => {
  it.each(ALL)('%s reads its own %s in order, alike each time', (vendor, name) => {
    const first = FORMATS[vendor](payload(vendor, name), PAKISTAN);
    inOrder(first);
    expect(JSON.stringify(FORMATS[vendor](payload(vendor, name), PAKISTAN))).toBe(JSON.stringify(first));
  });

  it("gives one of three answers to another vendor's messages", () => ALL.forEach((one) => VENDORS.forEach((vendor) => readAs(vendor, word(one)))));
  it('gives one of three answers to no part at all', () => VENDORS.forEach((vendor) => expect(FORMATS[vendor]({ topic: null, parts: [] }, PAKISTAN)).toMatchObject({ kind: 'faults' })));

  it('gives one of three answers to any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('', '{', '[', '<a>', '<?xml version="1.0"?>', 'Events[0].', '\uFEFF{'), fc.constantFrom(...VENDORS), (bytes, before, vendor) => {
      readAs(vendor, wordMessage(Buffer.concat([Buffer.from(before), bytes])));
    }), { numRuns: 600 });
  });

  it('gives one of three answers to a message that is cut off', () => {
    fc.assert(fc.property(fc.constantFrom(...ALL), fc.double({ min: 0, max: 1, noNaN: true }), (one, share) => {
      const message = word(one), [part] = message.parts;
      readAs(one[0], withFirst(message, part?.bytes.subarray(0, Math.floor(part.bytes.length * share)) ?? Buffer.alloc(0)));
    }), { numRuns: 300 });
  });

  it('gives one of three answers to a message with bytes changed', () => {
    fc.assert(fc.property(fc.constantFrom(...ALL), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), (one, changes) => {
      const message = word(one), bytes = Buffer.from(message.parts[0]?.bytes ?? []);
      for (const [place, byte] of changes) if (bytes.length > 0) bytes[place % bytes.length] = byte;
      readAs(one[0], withFirst(message, bytes));
    }), { numRuns: 500 });
  });

  it('gives one of three answers to numbers and texts that nobody would send', () => {
    const strange = fc.constantFrom('1e308', '-1', '0', '99999999999999999999', '1970-01-01T00:00:00Z', '2000-01-01 00:00:00', '0000-00-00T00:00:00Z', '9999-12-31T23:59:59-14:00', 'NaN', 'null', 'true', '[]', '{}', '"', '',
      '\\u0000', '\\ud800', `${'A'.repeat(63)}😀`, '\u0000\u0001', 'A'.repeat(300), '車牌'.repeat(40), '&lt;', '__proto__', 'constructor', '٣'.repeat(5));
    fc.assert(fc.property(fc.constantFrom(...ALL), fc.nat(), strange, (one, place, text) => {
      const message = word(one), body = message.parts[0]?.bytes.toString() ?? '';
      const values = [...body.matchAll(/(?<==|>|: "|: |\[)[\w.:+ -]+/g)];
      const value = values[place % Math.max(1, values.length)];
      readAs(one[0], withFirst(message, Buffer.from(value === undefined ? text : body.slice(0, value.index) + text + body.slice(value.index + value[0].length))));
    }), { numRuns: 800 });
  });

  it('gives one of three answers to fields of other types', () => {
    const json = ALL.filter((one) => word(one).parts[0]?.bytes.toString().startsWith('{'));
    fc.assert(fc.property(fc.constantFrom(...json), fc.nat(), fc.jsonValue({ maxDepth: 3 }), (one, place, value) => {
      const message = word(one), body = JSON.parse(message.parts[0]?.bytes.toString() ?? '') as unknown;
      const places: [Record<string, unknown>, string][] = [];
      const walk = (node: unknown): void => {
        if (node === null || typeof node !== 'object') return;
        for (const [key, below] of Object.entries(node)) {
          places.push([node as Record<string, unknown>, key]);
          walk(below);
        }
      };
      walk(body);
      const [holder, key] = places[place % places.length] as [Record<string, unknown>, string];
      holder[key] = value;
      readAs(one[0], withFirst(message, Buffer.from(JSON.stringify(body))));
    }), { numRuns: 800 });
  });
});

describe('a message made to hurt', () => {
  const opened = (tag: string, times: number): string => tag.repeat(times);
  const HURTFUL: Record<string, string> = {
    'is nested deep': opened('<a>', 100_000),
    'has a list of attributes without end': `<EventNotificationAlert ${Array.from({ length: 50_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
    'has more tags than any camera sends': `<r>${opened('<x>1</x>', 100_000)}</r>`,
    'never closes a quote': `<r a="${'x'.repeat(2_000_000)}`,
    'never closes its comments': `<r>${opened('<!--', 400_000)}`,
    'defines entities within entities': `<!DOCTYPE r [${Array.from({ length: 12 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(12)}">`).join('')}]><r>&e12;</r>`,
    'points at a file': '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
    'is larger than is read': `<r>${'x'.repeat(4 * 1024 * 1024)}</r>`,
  };
  it.each(Object.entries(HURTFUL))('%s: one fault, before the parser has it', (_, xml) => {
    for (const vendor of ['hikvision', 'onvif'] as const) {
      const reading = FORMATS[vendor](wordMessage(xml, 'application/xml'), PAKISTAN);
      expect(reading).toMatchObject({ kind: 'faults', faults: [{ path: '' }] });
      expect(JSON.stringify(reading).length).toBeLessThan(400);
    }
  });

  it.each([
    ['rekor', JSON.stringify({ data_type: 'alpr_group', epoch_start: 1, candidates: Array.from({ length: 200_000 }, () => ({ plate: {} })) })],
    ['plate-recognizer', JSON.stringify({ data: { timestamp: '2026-11-03T01:15:02Z', results: Array.from({ length: 200_000 }, () => ({ plate: 1 })) } })],
    ['fiware', JSON.stringify(Array.from({ length: 200_000 }, () => ({ type: 'AnprFlowObserved' })))],
    ['onvif', `${'{"Data":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
    ['dahua', opened('Events[0].TrafficCar.x=1\n', 20_000)],
  ] as const)('%s tells of a list without end in a few faults', (vendor, text) => {
    const reading = FORMATS[vendor](wordMessage(text), PAKISTAN);
    expect(reading.kind).toBe('faults');
    inOrder(reading);
  });

  it('names what it holds as its own: a field called __proto__ changes no other', () => {
    FORMATS.fiware(wordMessage('{"type":"AnprFlowObserved","__proto__":{"polluted":1},"id":"a","dateObserved":"2026-11-03T01:15:02Z"}'), PAKISTAN);
    FORMATS.onvif(wordMessage('<Frame UtcTime="2026-11-03T01:15:02Z"><__proto__><polluted>1</polluted></__proto__><constructor/></Frame>', 'application/xml'), PAKISTAN);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
