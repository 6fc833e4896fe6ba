import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { DarwazaError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Purpose, Role } from '../core/permission.ts';
import { createApiKey, listApiKeys, withdrawApiKey, type ApiKey } from '../store/api-keys.ts';
import { openStore } from './instance.ts';
import { columns, type Output } from './output.ts';

const DAY = 86_400_000;

/** `darwaza key create`: the only time that the key itself is shown. */
export async function createKeyCommand(options: { name: string; role: Role; purpose?: Purpose; days: number }, config: Config, output: Output): Promise<number> {
  const database = await openStore(config);
  try {
    const now = systemClock();
    const { key, secret } = await createApiKey(database, { label: options.name, role: options.role, defaultPurpose: options.purpose ?? null, expiresAt: now + options.days * DAY }, now);
    if (output.json) output.object({ ...shownKey(key, config), key: secret });
    output.line(`API key: ${secret}`);
    output.line(`It is ${key.id}, for "${key.label}" as ${key.role}, good for ${options.days} days. It is not shown again: keep it where others cannot read it.`);
    return 0;
  } finally {
    await database.close();
  }
}

/** `darwaza key list`. */
export async function listKeysCommand(config: Config, output: Output): Promise<number> {
  const database = await openStore(config);
  try {
    const keys = (await listApiKeys(database)).map((k) => shownKey(k, config));
    for (const key of keys) if (output.json) output.object(key);
    for (const line of columns([['id', 'name', 'role', 'state', 'expires'], ...keys.map((k) => [k.id, k.name, k.role, k.state, k.expires ?? 'never'])])) output.line(line);
    return 0;
  } finally {
    await database.close();
  }
}

/** `darwaza key withdraw`. */
export async function withdrawKeyCommand(id: string, config: Config, output: Output): Promise<number> {
  const database = await openStore(config);
  try {
    if (!(await withdrawApiKey(database, id, systemClock()))) throw new DarwazaError('ARGUMENT_INVALID', { name: 'id', reason: 'there is no such key in force; "darwaza key list" shows them' });
    if (output.json) output.object({ id, withdrawn: true });
    output.line(`${id} is withdrawn and refused from now on.`);
    return 0;
  } finally {
    await database.close();
  }
}

function shownKey(key: ApiKey, config: Config): { id: string; name: string; role: string; state: string; created: string; expires: string | null } {
  const time = (at: number): string => formatInstant(at, config.DARWAZA_UTC_OFFSET_MINUTES);
  const state = key.withdrawnAt !== null ? 'withdrawn' : key.expiresAt !== null && key.expiresAt <= systemClock() ? 'expired' : 'in force';
  return { id: key.id, name: key.label, role: key.role, state, created: time(key.createdAt), expires: key.expiresAt === null ? null : time(key.expiresAt) };
}
