import { describe, expect, it } from 'vitest';
import type { Mark, PlateCues } from '../../src/plate/mark.ts';
import { parsePlate } from '../../src/plate/parse.ts';
import { shippedSeries } from '../../src/plate/series.ts';

// Every documented example of every series; * (seen on a real plate) is left out.
const DOCUMENTED = `
PB-Y: LEH-07-5789 LE-18-8902 GA-10-124 FDA-13-651 LEB-17-4201A MNF-17-679 RI-11-769
PB-O: RIZ3725 MNE6762 LXR-8545 FSO-1123 LRO-47 LWK-4549 JMD-7017
PB-O1: L-4521 LE-7730 R-2210 MN-1187 FD-904
PB-U: ABH-041 AAC-118 AFN-902 ANZ-377 BCE-550
PB-UM: AMK-7121 HXC-2716 AFD-3408 BTK-9012 CAN-1175
PB-G: GBA-609 GAA-101 GAB-774 GAC-230 GAD-1184
PB-GY: STT-07-6663 LEG-09-1121 MNG-12-310 RIG-08-77 FDG-15-4402
SD-1: C-8649 R-8501 U-4250 B-1027 M-7714
SD-2: AC-4903 BD-3452 BF-0867 CS-7534 CK-4744 JU-2281
SD-3: BCS-036 ARB-073 AUH-9 BGC-771 AFR-420 BFF-029
SD-M: KAB-1234 KDG-7781 KFT-3090 KHL-4415 KMN-0072
SD-G: GSE-062 GS-9921 GP-1184 SPD-330 HC-41
SD-T: TD-483-C TD-102-A TC-774-B TD-951-C TA-205-D
SD-V: A-1 A-786 B-7 K-100 S-55
IS-1: B-3237 C-1180 D-7741 F-902 G-4417
IS-D: IDK-9453 IDH-7401 IDA-1187 IDM-220 IDL-7715
IS-2: YT-539 NF-517 ZB-450 HS-896 PA-851 FK-728
IS-3: AMD-868 AAD-908 AFE-948 ACK-092 AFB-769
IS-M: BEM-432 AGU-332 RKA-118 BKC-7090 AQM-441
KP-1: D-8103 A-1214 AA-4521 C-770 AB-9013
KP-3: PRA-1180 ABT-4420 AAB-771 BNU-902 KHT-3315
BA-1: QA-4412 QAB-771 QTA-2290 LSA-118 PSN-640
BA-M: QAM-4417 QMB-0083 QR-7712 LSM-2201 PSM-9140
BA-G: GB-112 GBA-417 BGA-90 QG-331 GAQ-1204
AJ-1: AJK-4410 AJ-771 MDA-118 MRA-3021 AJKA-90
GB-1: GLT-4410 GLTA-118 GB-771 SKD-302 GBA-90
DIP: CD-27-041 CC-14-203 UN-12-34 CD-64-7 X-27-118
AFG: KDR-41180 KBL-77120 HLM-3021 ZBL-908 NMZ-1187
IRN: 12B34567 45D11895 71S90285 33M44195 88T12385`;

const examples = DOCUMENTED.trim().split('\n').flatMap((line) => {
  const [series = '', list = ''] = line.split(': ');
  return list.split(' ').map((text) => ({ series, text }));
});

const asText = (parse: ReturnType<typeof parsePlate>): string[] => (parse.kind === 'mark' ? parse.candidates.map((one) => one.mark.series ?? '?') : [parse.kind]);

const firstMark = (text: string, cues: PlateCues = {}): Mark | null => {
  const parse = parsePlate(text, cues);
  return parse.kind === 'mark' ? parse.candidates[0].mark : null;
};

describe('the documented formats', () => {
  it.each(examples)('$text is possibly $series', ({ series, text }) => {
    expect(asText(parsePlate(text))).toContain(series);
  });

  it.each(examples)('$text read without its separators is possibly $series', ({ series, text }) => {
    expect(asText(parsePlate(text.replaceAll('-', '')))).toContain(series);
  });

  it.each(examples)('$text ($series) is of its jurisdiction once that is known', ({ series, text }) => {
    const jurisdiction = shippedSeries().series.find((one) => one.id === series)?.jurisdiction ?? null;
    expect(firstMark(text, { jurisdiction })).toMatchObject({ jurisdiction });
  });

  it.each(['09-A-1234', '12-BM-3456', '97-C-22118', '18-N-4410', '05-D-771'])('%s has the form of a military plate and is not parsed', (text) => {
    expect(parsePlate(text)).toEqual({ kind: 'official', raw: text, series: 'MIL' });
    expect(parsePlate(text.replaceAll('-', ''))).toMatchObject({ kind: 'official', series: 'MIL' });
  });

  it('PAF-12345 fits no civil series as it is cut, and is official', () => {
    expect(parsePlate('PAF-12345')).toEqual({ kind: 'official', raw: 'PAF-12345', series: 'MIL-F' });
  });

  it.each(['PN-4410', 'FC-771', 'ASF-118', 'PR-2201'])('%s may be a force\'s plate or a civil mark: both are told, none is chosen', (text) => {
    const parse = parsePlate(text);
    expect(asText(parse)).toContain('MIL-F');
    expect(asText(parse).filter((id) => id !== 'MIL-F' && id !== '?').length).toBeGreaterThan(1);
  });

  it.each([['FC-771', 'FRONTIER CORPS'], ['ASF-118', 'ASF'], ['PN-4410', 'PAK NAVY']])('%s beside the words %s is official', (text, word) => {
    expect(parsePlate(text, { words: [word] })).toMatchObject({ kind: 'official', series: 'MIL-F' });
  });

  it.each(['AFR', 'APPLIED FOR', 'APPLIEDFOR', 'AFR-2007', 'AFR 2012', 'APL-2013', 'APP-2019', 'AF', 'A/F', 'applied for', 'APPL1ED FOR', 'اپلائیڈ فار'])(
    '%s is the "applied for" legend', (text) => {
      expect(parsePlate(text)).toEqual({ kind: 'applied-for', raw: text });
    });

  it.each([['MNA', 'MNA'], ['MPA', 'MPA'], ['PRESS', 'PRESS'], ['KHAN1', 'KHAN'], ['AFRIDI1', 'AFRIDI'], ['ADVOCATE', 'ADVOCATE'], ['WAZIR-1', 'WAZIR']])(
    '%s is a fancy plate', (text, word) => {
      expect(parsePlate(text)).toMatchObject({ kind: 'fancy', raw: text, words: [word] });
    });

  it.each([['LEH-07-5789', 'LEH', '07', '5789', null], ['A-1', 'A', null, '1', null], ['BCS-036', 'BCS', null, '036', null], ['TD-483-C', 'TD', null, '483', 'C'], ['AJKA-90', 'AJKA', null, '90', null]])(
    'the general shape takes %s apart', (text, letters, year, number, suffix) => {
      expect(firstMark(text)).toMatchObject({ letters, year, number, suffix });
    });

  it('ships every documented series', () => {
    const shipped = new Set(shippedSeries().series.map((one) => one.id));
    expect(examples.map((one) => one.series).filter((id) => !shipped.has(id))).toEqual([]);
  });
});
