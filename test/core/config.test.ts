import { describe, expect, it } from 'vitest';
import { isSecret, readConfig, SETTINGS, type SettingName } from '../../src/core/config.ts';

describe('settings', () => {
  it('have a default, so that nothing must be set', () => {
    expect(readConfig({})).toMatchObject({ PORT: 8080, DARWAZA_DATA_DIR: 'data', DARWAZA_READER: 'darwaza', DARWAZA_UTC_OFFSET_MINUTES: 300 });
    expect(readConfig({}).DATABASE_URL).toBeUndefined();
  });

  it('come from the environment; an empty one counts as not set', () => {
    expect(readConfig({ PORT: '0', DARWAZA_THREADS: '3', DARWAZA_LOG: '' })).toMatchObject({ PORT: 0, DARWAZA_THREADS: 3, DARWAZA_LOG: 'warn' });
  });

  it.each([['PORT', '70000'], ['PORT', 'eighty'], ['PORT', '80.5'], ['DARWAZA_THREADS', '0'], ['DARWAZA_LOG', 'loud'], ['DATABASE_URL', 'mysql://root:geheim@db']])(
    '%s=%s is refused with its name and rule, and never its value',
    (name, value) => {
      const read = () => readConfig({ [name]: value });
      expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }));
      expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining(value) }));
    },
  );

  it('that do not exist are refused, because a misspelt one would silently do nothing', () => {
    expect(() => readConfig({ DARWAZA_THREAD: '2' })).toThrow(/DARWAZA_THREAD is not usable: there is no such setting/);
  });

  it('of other programs are left alone', () => expect(() => readConfig({ HOME: '/x', DATABASE: 'y' })).not.toThrow());

  it.each(Object.keys(SETTINGS) as SettingName[])('%s says what it is', (name) => expect(SETTINGS[name].help.length).toBeGreaterThan(20));

  it('hide the database address, which holds a password', () => {
    expect(isSecret('DATABASE_URL')).toBe(true);
    expect(isSecret('PORT')).toBe(false);
  });
});
