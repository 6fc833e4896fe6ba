import { describe, expect, it } from 'vitest';
import { sitesOnTheWay } from '../../src/geo/on-the-way.ts';
import type { Register } from '../../src/geo/register.ts';
import { quetta } from '../support/passes.ts';

const register = quetta(), boundary = register.sites.filter((s) => s.kind === 'boundary').map((s) => s.id);

describe('the sites on the way', () => {
  it('are those by which the roads lead from one site to another', () => {
    // Hazarganji is the shortest way, Sariab Road a detour of a seventh.
    expect(sitesOnTheWay(register, 'western-bypass', 'mian-ghundi')).toEqual(['hazarganji', 'mian-ghundi', 'sariab', 'western-bypass']);
  });

  it('leave out what nobody drives by', () => {
    const way = sitesOnTheWay(register, 'mian-ghundi', 'lak-pass');
    expect(way).toEqual(['lak-pass', 'mian-ghundi']);
  });

  it('are the same both ways where no road is one-way', () => {
    for (const a of register.sites) for (const b of register.sites) expect(sitesOnTheWay(register, a.id, b.id)).toEqual(sitesOnTheWay(register, b.id, a.id).length > 0 && a === b ? sitesOnTheWay(register, a.id, null) : sitesOnTheWay(register, b.id, a.id));
  });

  it('always hold both ends', () => {
    for (const a of register.sites) for (const b of register.sites) expect(sitesOnTheWay(register, a.id, b.id)).toEqual(expect.arrayContaining([a.id, b.id]));
  });

  it('heed one-way roads', () => {
    const round: Register = { ...register, roads: [
      { from: 'baleli', to: 'sariab', km: 20, minutes: null, oneWay: true }, { from: 'sariab', to: 'hazarganji', km: 6, minutes: null, oneWay: true }, { from: 'hazarganji', to: 'baleli', km: 20, minutes: null, oneWay: true },
    ] };
    expect(sitesOnTheWay(round, 'baleli', 'hazarganji')).toEqual(['baleli', 'hazarganji', 'sariab']);
    expect(sitesOnTheWay(round, 'hazarganji', 'baleli')).toEqual(['baleli', 'hazarganji']);
  });

  it('go by the straight line where no road is known', () => {
    const way = sitesOnTheWay({ ...register, roads: [] }, 'western-bypass', 'lak-pass');
    expect(way).toEqual(expect.arrayContaining(['western-bypass', 'hazarganji', 'mian-ghundi', 'lak-pass']));
    expect(way).not.toContain('hanna-urak');
  });

  it('of a vehicle that was seen twice at one site, or not again, are the sites next to it and the whole boundary', () => {
    const around = sitesOnTheWay(register, 'hazarganji', null);
    expect(around).toEqual([...new Set([...boundary, 'hazarganji', 'sariab', 'mian-ghundi'])].sort());
    expect(sitesOnTheWay(register, 'hazarganji', 'hazarganji')).toEqual(around);
  });

  it('of a site that the register does not know are none', () => {
    expect(sitesOnTheWay(register, 'nowhere', 'sariab')).toEqual([]);
    expect(sitesOnTheWay(register, 'sariab', 'nowhere')).toEqual([]);
  });
});
