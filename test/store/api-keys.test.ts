import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { ROLES } from '../../src/core/permission.ts';
import { createApiKey, findApiKey, listApiKeys, withdrawApiKey } from '../../src/store/api-keys.ts';
import type { Database } from '../../src/store/database.ts';
import { rowsOf } from '../../src/store/query.ts';
import { onBothDatabases } from '../support/databases.ts';
import { HOUR, MORNING } from '../support/passes.ts';

onBothDatabases('API keys', (database) => {
  let db: Database;
  beforeEach(async () => {
    ({ db } = database());
    await database().clear();
  });

  test('are found by their secret, with the permissions of their role', async () => {
    const { key, secret } = await createApiKey(db, { label: 'Baleli screen', role: 'checkpoint' }, MORNING);
    expect(secret).toMatch(/^dz_[\w-]{43}$/);
    expect(key).toEqual({
      id: expect.stringMatching(/^k_[0-9a-f]{16}$/) as string, label: 'Baleli screen', role: 'checkpoint', permissions: ROLES.checkpoint, defaultPurpose: null,
      createdAt: MORNING, expiresAt: null, withdrawnAt: null,
    });
    expect(await findApiKey(db, secret, MORNING)).toEqual(key);
  });

  test('can hold permissions of their own, a purpose and an end', async () => {
    const { key, secret } = await createApiKey(db, { label: 'x', role: 'trial', permissions: ['hits:read'], defaultPurpose: 'trial', expiresAt: MORNING + HOUR }, MORNING);
    expect(key).toMatchObject({ permissions: ['hits:read'], defaultPurpose: 'trial', expiresAt: MORNING + HOUR });
    expect(await findApiKey(db, secret, MORNING + HOUR - 1)).toEqual(key);
    expect(await findApiKey(db, secret, MORNING + HOUR)).toBeNull();
  });

  test('are good until they are withdrawn, and withdrawn once', async () => {
    const { key, secret } = await createApiKey(db, { label: 'x', role: 'analyst' }, MORNING);
    expect(await withdrawApiKey(db, key.id, MORNING + 1)).toBe(true);
    expect(await withdrawApiKey(db, key.id, MORNING + 2)).toBe(false);
    expect(await withdrawApiKey(db, 'k_none', MORNING)).toBe(false);
    expect(await findApiKey(db, secret, MORNING + 1)).toBeNull();
    expect((await listApiKeys(db)).map((k) => k.withdrawnAt)).toEqual([MORNING + 1]);
  });

  test('two never have the same secret, and are listed oldest first', async () => {
    const made = [await createApiKey(db, { label: 'b', role: 'trial' }, MORNING + 1), await createApiKey(db, { label: 'a', role: 'trial' }, MORNING)];
    expect(new Set(made.map((m) => m.secret)).size).toBe(2);
    expect((await listApiKeys(db)).map((k) => k.label)).toEqual(['a', 'b']);
  });

  test('the secret stands nowhere in the database', async () => {
    const { secret } = await createApiKey(db, { label: 'x', role: 'trial' }, MORNING);
    const rows = await rowsOf(db.orm, sql`select * from api_keys`);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(3, 20));
  });

  test.each(['', 'dz_', `dz_${'A'.repeat(43)}`, `dz_${'A'.repeat(42)}'`, "' or '1'='1", 'dz_\0'])('%j is no key', async (secret) => {
    await createApiKey(db, { label: 'x', role: 'trial' }, MORNING);
    expect(await findApiKey(db, secret, MORNING)).toBeNull();
  });

  test('the hash of a secret does not open anything', async () => {
    await createApiKey(db, { label: 'x', role: 'trial' }, MORNING);
    const [row] = await rowsOf<{ hash: string }>(db.orm, sql`select hash from api_keys`);
    expect(await findApiKey(db, row?.hash ?? '', MORNING)).toBeNull();
    expect(await findApiKey(db, `dz_${row?.hash.slice(0, 43)}`, MORNING)).toBeNull();
  });
});
