import { isSecret, SETTINGS, type Config, type SettingName } from '../core/config.ts';
import { columns, type Output } from './output.ts';

/** `darwaza config`: settings in force, secrets masked. */
export async function configCommand(config: Config, output: Output): Promise<number> {
  const names = Object.keys(SETTINGS) as SettingName[];
  const shown = names.map((name) => ({ name, value: shownValue(config, name), help: SETTINGS[name].help }));
  for (const setting of shown) if (output.json) output.object(setting);
  for (const line of columns([['setting', 'value', 'what it is'], ...shown.map((s) => [s.name, String(s.value ?? '(not set)'), s.help])])) output.line(line);
  return 0;
}

function shownValue(config: Config, name: SettingName): string | number | null {
  const value = config[name];
  if (value === undefined) return null;
  return isSecret(name) ? '(set, hidden)' : value;
}
