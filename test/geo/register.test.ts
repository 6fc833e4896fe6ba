import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cameraAt, knowsCamera, readRegister, type Register, type RegisterFault } from '../../src/geo/register.ts';

const SHIPPED = JSON.parse(readFileSync(new URL('../../fixtures/quetta.json', import.meta.url), 'utf8')) as RegisterJson;

interface RegisterJson {
  city: { boundary: { type: string; coordinates: number[][][] }; boundaryToleranceMetres: number; [name: string]: unknown };
  sites: Record<string, unknown>[];
  cameras: Record<string, unknown>[];
}

/** A square city of about 11 km around the equator's crossing with Greenwich, with a gate in the middle of its west side. */
function square(): RegisterJson {
  return {
    city: {
      name: 'Square',
      timeZone: 'Asia/Karachi',
      boundaryToleranceMetres: 100,
      boundary: {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [0.1, 0],
            [0.1, 0.1],
            [0, 0.1],
            [0, 0],
          ],
        ],
      },
    },
    sites: [
      { id: 'gate', name: 'West gate', lat: 0.05, lon: 0, kind: 'boundary' },
      { id: 'market', name: 'Market', lat: 0.05, lon: 0.05, kind: 'city' },
    ],
    cameras: [
      { id: 'gate-in', site: 'gate', direction: 'in', trigger: 'vehicle', grade: 'anpr' },
      { id: 'gate-out', site: 'gate', direction: 'out', trigger: 'vehicle', grade: 'anpr' },
      { id: 'market-1', site: 'market', direction: 'unknown', trigger: 'continuous', grade: 'opportunistic' },
    ],
  };
}

function changed(change: (file: RegisterJson) => void): RegisterJson {
  const file = square();
  change(file);
  return file;
}

function faultsOf(json: unknown): readonly RegisterFault[] {
  const reading = readRegister(json);
  return reading.kind === 'faults' ? reading.faults : [];
}

function registerOf(json: unknown): Register {
  const reading = readRegister(json);
  if (reading.kind === 'faults') throw new Error(reading.faults.map((f) => `${f.path} ${f.message}`).join('\n'));
  return reading.register;
}

const pathsOf = (json: unknown): string[] => faultsOf(json).map((f) => f.path);

describe('the register of the example city', () => {
  const register = registerOf(SHIPPED);

  it('is accepted', () => {
    expect(register.city).toMatchObject({ name: 'Quetta', timeZone: 'Asia/Karachi' });
  });

  it('has six entry points with a camera in and a camera out each', () => {
    const gates = register.sites.filter((s) => s.kind === 'boundary').map((s) => s.id);
    expect(gates.toSorted()).toEqual(['baleli', 'eastern-bypass', 'hanna-urak', 'lak-pass', 'spezand', 'western-bypass']);
    for (const gate of gates) {
      expect(cameraAt(register, `${gate}-in-1`, 0)).toMatchObject({ siteId: gate, direction: 'in', boundary: true });
      expect(cameraAt(register, `${gate}-out-1`, 0)).toMatchObject({ siteId: gate, direction: 'out', boundary: true });
    }
  });

  it('has a checkpoint and city cameras inside', () => {
    expect(cameraAt(register, 'mian-ghundi-chk-1', 0)).toMatchObject({ boundary: false, site: { kind: 'checkpoint' } });
    for (const id of ['hazarganji-1', 'sariab-1', 'airport-road-1'])
      expect(cameraAt(register, id, 0)).toMatchObject({ boundary: false, direction: 'unknown' });
  });

  it('says that its coordinates are approximate', () => {
    expect(String(SHIPPED.city['note'])).toMatch(/approximate.*survey/s);
  });
});

describe('the shape of a register file', () => {
  it('names every fault at once, by its path', () => {
    const paths = pathsOf(
      changed((f) => {
        f.sites[0]!['lat'] = 95;
        f.sites[1]!['kind'] = 'village';
        f.cameras[1]!['direction'] = 'north';
        delete f.cameras[2]!['trigger'];
        f.city['timeZone'] = 'Asia/Quetta';
      }),
    );
    expect(paths).toEqual(expect.arrayContaining(['sites[0].lat', 'sites[1].kind', 'cameras[1].direction', 'cameras[2].trigger', 'city.timeZone']));
    expect(paths).toHaveLength(5);
  });

  it.each([null, undefined, 3, 'register', [], {}, { city: {} }, { sites: [], cameras: [] }])('refuses %j without throwing', (json) => {
    expect(faultsOf(json).length).toBeGreaterThan(0);
  });

  it('refuses a key that it does not know, because it is mostly a misspelt one', () => {
    const [fault] = faultsOf(
      changed((f) => {
        f.cameras[0]!['validfrom'] = '2026-01-01T00:00:00+05:00';
      }),
    );
    expect(fault?.path).toBe('cameras[0]');
    expect(fault?.message).toContain('validfrom');
  });

  it('refuses a time without an offset', () => {
    const [fault] = faultsOf(
      changed((f) => {
        f.cameras[0]!['validFrom'] = '2026-01-01T00:00:00';
      }),
    );
    expect(fault).toMatchObject({ path: 'cameras[0].validFrom', message: expect.stringContaining('offset') });
  });

  it('takes remarks at the city, a site and a camera', () => {
    expect(
      readRegister(
        changed((f) => {
          f.city['note'] = 'a';
          f.sites[0]!['note'] = 'b';
          f.cameras[0]!['note'] = 'c';
        }),
      ).kind,
    ).toBe('ok');
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(['ok', 'faults']).toContain(readRegister(json).kind);
      }),
      { numRuns: 200 },
    );
  });

  it('never throws when any one value of a good file is replaced by anything', () => {
    const places: [string, number | null, string][] = [
      ['city', null, 'boundary'],
      ['city', null, 'boundaryToleranceMetres'],
      ['city', null, 'timeZone'],
      ['sites', 0, 'lat'],
      ['sites', 0, 'id'],
      ['cameras', 0, 'site'],
      ['cameras', 1, 'validFrom'],
      ['cameras', 2, 'lon'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), ([room, index, key], value) => {
        const file = square() as unknown as Record<string, unknown>;
        const holder = (index === null ? file[room] : (file[room] as unknown[])[index]) as Record<string, unknown>;
        holder[key] = value;
        expect(['ok', 'faults']).toContain(readRegister(file).kind);
      }),
      { numRuns: 300 },
    );
  });
});

const ring = (positions: number[][]): RegisterJson =>
  changed((f) => {
    f.city.boundary.coordinates = [positions];
  });

describe('the city boundary', () => {
  it('must be closed', () => {
    expect(
      faultsOf(
        ring([
          [0, 0],
          [0.1, 0],
          [0.1, 0.1],
          [0, 0.1],
        ]),
      )[0],
    ).toMatchObject({ path: 'city.boundary.coordinates[0]', message: expect.stringContaining('not closed') });
  });

  it('must not cross itself, and the message says where', () => {
    const [fault] = faultsOf(
      ring([
        [0, 0],
        [0.1, 0.1],
        [0.1, 0],
        [0, 0.1],
        [0, 0],
      ]),
    );
    expect(fault?.message).toMatch(/crosses itself near 0\.05\d*, 0\.05/);
  });

  it('must have at least three corners', () => {
    expect(
      faultsOf(
        ring([
          [0, 0],
          [0.1, 0],
          [0, 0],
        ]),
      )[0]?.message,
    ).toContain('at least 4');
  });

  it('must not name a corner twice', () => {
    expect(
      faultsOf(
        ring([
          [0, 0],
          [0.1, 0],
          [0.1, 0.1],
          [0.1, 0],
          [0, 0.1],
          [0, 0],
        ]),
      )[0]?.message,
    ).toContain('twice');
  });

  it('must be one ring', () => {
    const json = changed((f) => {
      f.city.boundary.coordinates = [
        ...f.city.boundary.coordinates,
        [
          [0.04, 0.04],
          [0.06, 0.04],
          [0.06, 0.06],
          [0.04, 0.04],
        ],
      ];
    });
    expect(faultsOf(json)[0]?.message).toContain('2 rings');
  });

  it('must use degrees', () => {
    expect(
      pathsOf(
        ring([
          [0, 0],
          [200, 0],
          [0.1, 0.1],
          [0, 0],
        ]),
      ),
    ).toEqual(['city.boundary.coordinates[0][1][0]']);
  });

  it('being wrong does not hide the other faults', () => {
    const json = changed((f) => {
      f.city.boundary.coordinates = [
        [
          [0, 0],
          [0.1, 0],
          [0.1, 0.1],
          [0, 0.1],
        ],
      ];
      f.cameras[0]!['site'] = 'nowhere';
    });
    expect(pathsOf(json)).toEqual(['city.boundary.coordinates[0]', 'cameras[0].site']);
  });
});

describe('a camera that counts vehicles in or out', () => {
  it('must lie on the edge of the boundary within the tolerance', () => {
    // 0.002 degrees of longitude at the equator are 223 m.
    const [fault, second] = faultsOf(
      changed((f) => {
        f.sites[0]!['lon'] = 0.002;
      }),
    );
    expect(fault).toMatchObject({ path: 'cameras[0]', message: expect.stringMatching(/"gate-in".*22\d m from.*tolerance 100 m/) });
    expect(second?.path).toBe('cameras[1]');
  });

  it('may lie off it by less than the tolerance, on either side', () => {
    for (const lon of [0.0008, -0.0008])
      expect(
        readRegister(
          changed((f) => {
            f.sites[0]!['lon'] = lon;
          }),
        ).kind,
      ).toBe('ok');
  });

  it('is held against its own place where it has one', () => {
    const json = changed((f) => {
      Object.assign(f.cameras[0]!, { lat: 0.05, lon: 0.01 });
    });
    expect(pathsOf(json)).toEqual(['cameras[0]']);
    expect(
      registerOf(
        changed((f) => {
          Object.assign(f.cameras[0]!, { lat: 0.0501, lon: 0 });
        }),
      ).cameras[0],
    ).toMatchObject({ lat: 0.0501, lon: 0 });
  });

  it('may stand anywhere when its direction is unknown', () => {
    const json = changed((f) => {
      f.sites[0]!['lon'] = -0.01;
      for (const camera of f.cameras) camera['direction'] = 'unknown';
    });
    expect(readRegister(json).kind).toBe('ok');
  });

  it('does not stand on the edge merely by being inside the city', () => {
    expect(
      faultsOf(
        changed((f) => {
          f.sites[0]!['lon'] = 0.05;
        }),
      )[0]?.message,
    ).toMatch(/5\.\d km/);
  });
});

describe('sites', () => {
  it('inside the city must lie inside the boundary', () => {
    const [fault] = faultsOf(
      changed((f) => {
        f.sites[1]!['lon'] = 0.2;
      }),
    );
    expect(fault).toMatchObject({ path: 'sites[1]', message: expect.stringMatching(/"market".*11\.\d km outside/) });
  });

  it('must have ids of their own', () => {
    expect(
      pathsOf(
        changed((f) => {
          f.sites[1]!['id'] = 'gate';
        }),
      ),
    ).toContain('sites[1].id');
  });
});

describe('a triggered camera', () => {
  it('sends at least one frame per vehicle, or as many as the register says', () => {
    expect(
      registerOf(
        changed((f) => {
          f.cameras[1]!['burstFrames'] = 3;
        }),
      ).cameras.map((c) => c.burstFrames),
    ).toEqual([1, 3, 1]);
  });

  it.each([0, 1.5, -2, '2'])('does not send %j', (burstFrames) => {
    expect(
      pathsOf(
        changed((f) => {
          f.cameras[0]!['burstFrames'] = burstFrames;
        }),
      ),
    ).toEqual(['cameras[0].burstFrames']);
  });
});

describe('references', () => {
  it('of a camera must name a site', () => {
    expect(
      faultsOf(
        changed((f) => {
          f.cameras[2]!['site'] = 'bazaar';
        }),
      ),
    ).toEqual([{ path: 'cameras[2].site', message: expect.stringContaining('"bazaar"') }]);
  });

  it('need both coordinates of a camera or none', () => {
    expect(
      pathsOf(
        changed((f) => {
          f.cameras[2]!['lat'] = 0.05;
        }),
      ),
    ).toEqual(['cameras[2]']);
  });
});

/** The camera into the city is turned round: a first version to `to`, a second from `from`. */
const turned = (from: string | undefined, to: string | undefined): RegisterJson =>
  changed((f) => {
    f.cameras.push({ ...f.cameras[0], direction: 'out', ...(from === undefined ? {} : { validFrom: from }) });
    if (to !== undefined) f.cameras[0]!['validTo'] = to;
  });
const dayOfMarch = (day: number): string => `2026-03-${String(day).padStart(2, '0')}T00:00:00Z`;

describe('versions of a camera in time', () => {
  const turn = Date.parse('2026-06-01T00:00:00+05:00');

  it('hold one after the other', () => {
    const register = registerOf(turned('2026-06-01T00:00:00+05:00', '2026-06-01T00:00:00+05:00'));
    expect(cameraAt(register, 'gate-in', turn - 1)?.direction).toBe('in');
    expect(cameraAt(register, 'gate-in', turn)?.direction).toBe('out');
  });

  it('may leave a time in which there was no camera', () => {
    const register = registerOf(turned('2026-07-01T00:00:00+05:00', '2026-06-01T00:00:00+05:00'));
    expect(cameraAt(register, 'gate-in', turn)).toBeNull();
    expect(knowsCamera(register, 'gate-in')).toBe(true);
  });

  it('must not overlap', () => {
    const [fault] = faultsOf(turned('2026-05-31T23:59:59+05:00', '2026-06-01T00:00:00+05:00'));
    expect(fault).toMatchObject({ path: 'cameras[3].id', message: expect.stringContaining('cameras[0]') });
  });

  it('without periods are two cameras of one id', () => {
    expect(pathsOf(turned(undefined, undefined))).toEqual(['cameras[3].id']);
  });

  it('must end after they begin', () => {
    expect(
      pathsOf(
        changed((f) => {
          Object.assign(f.cameras[0]!, { validFrom: '2026-06-01T00:00:00+05:00', validTo: '2026-06-01T00:00:00+05:00' });
        }),
      ),
    ).toEqual(['cameras[0].validTo']);
  });

  it('never answer twice for one instant, whatever the periods', () => {
    const day = fc.integer({ min: 1, max: 28 });
    fc.assert(
      fc.property(fc.array(fc.tuple(day, day), { minLength: 1, maxLength: 4 }), day, (periods, at) => {
        const json = changed((f) => {
          f.cameras = periods.map(([from, to]) => ({ ...f.cameras[0], validFrom: dayOfMarch(from), validTo: dayOfMarch(to) }));
        });
        const reading = readRegister(json);
        const holding = periods.filter(([from, to]) => from <= at && at < to).length;
        const answered = reading.kind === 'faults' ? holding : Number(cameraAt(reading.register, 'gate-in', Date.parse(dayOfMarch(at))) !== null);
        const sound = periods.every(([from, to], i) => from < to && periods.every(([f, t], j) => i === j || t <= from || to <= f));
        expect([reading.kind === 'ok', answered]).toEqual([sound, holding]);
      }),
    );
  });

  it('of an unknown camera are none', () => {
    const register = registerOf(square());
    expect(cameraAt(register, 'nothing', 0)).toBeNull();
    expect(knowsCamera(register, 'nothing')).toBe(false);
  });
});

describe('roads between sites', () => {
  const withRoads = (...roads: readonly Record<string, unknown>[]): unknown => ({ ...square(), roads });

  it('are none where the file names none', () => {
    expect(registerOf(square()).roads).toEqual([]);
  });

  it('go both ways unless they say otherwise', () => {
    expect(registerOf(withRoads({ from: 'gate', to: 'market', km: 6.2, minutes: 9 })).roads).toEqual([{ from: 'gate', to: 'market', km: 6.2, minutes: 9, oneWay: false }]);
    expect(registerOf(withRoads({ from: 'gate', to: 'market', km: 6, oneWay: true }, { from: 'market', to: 'gate', km: 7, oneWay: true })).roads).toHaveLength(2);
  });

  it('must begin and end at sites of the register, at two of them', () => {
    expect(pathsOf(withRoads({ from: 'gat', to: 'bazaar', km: 6 }))).toEqual(['roads[0].from', 'roads[0].to']);
    expect(pathsOf(withRoads({ from: 'gate', to: 'gate', km: 6 }))).toEqual(['roads[0].to']);
  });

  it('must not stand there twice', () => {
    const [fault, ...more] = faultsOf(withRoads({ from: 'gate', to: 'market', km: 6 }, { from: 'market', to: 'gate', km: 7 }));
    expect(fault).toEqual({ path: 'roads[1]', message: expect.stringContaining('roads[0]') });
    expect(more).toEqual([]);
    expect(pathsOf(withRoads({ from: 'gate', to: 'market', km: 6 }, { from: 'market', to: 'gate', km: 7, oneWay: true }))).toEqual(['roads[1]']);
  });

  it('must not be shorter than the straight line: 0.05 degrees of longitude at the equator are 5.6 km', () => {
    const [fault] = faultsOf(withRoads({ from: 'gate', to: 'market', km: 5.2 }));
    expect(fault).toEqual({ path: 'roads[0].km', message: expect.stringMatching(/5\.2 km.*5\.6 km/) });
    expect(readRegister(withRoads({ from: 'gate', to: 'market', km: 5.5 })).kind).toBe('ok');
  });

  it.each([{ km: 0 }, { km: -3 }, { km: 2001 }, { km: '6' }, { km: 6, minutes: 0 }, { km: 6, kmh: 50 }])('refuses %j', (given) => {
    expect(pathsOf(withRoads({ from: 'gate', to: 'market', ...given }))[0]).toMatch(/^roads\[0\]/);
  });
});
