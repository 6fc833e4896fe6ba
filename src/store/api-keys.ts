import { createHash, randomBytes } from 'node:crypto';
import { and, asc, eq, gt, isNull, or, type SQL } from 'drizzle-orm';
import { ROLES, type Permission, type Purpose, type Role } from '../core/permission.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { apiKeys } from './schema.ts';

export interface ApiKey {
  /** Public name of the key, in logs and the audit log: k_ and 16 hex digits. */
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  readonly permissions: readonly Permission[];
  /** Used when a request names no purpose; only the trial key has one. */
  readonly defaultPurpose: Purpose | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly withdrawnAt: number | null;
}

export interface NewApiKey {
  readonly label: string;
  readonly role: Role;
  /** Without it, those of the role. */
  readonly permissions?: readonly Permission[] | undefined;
  readonly defaultPurpose?: Purpose | null | undefined;
  readonly expiresAt?: number | null | undefined;
}

const SECRET_SHAPE = /^dz_[A-Za-z0-9_-]{43}$/;

/** `secret` (dz_ and 256 random bits) is shown once; only its SHA-256 is kept. */
export async function createApiKey(db: Database, given: NewApiKey, now: number): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  const secret = `dz_${randomBytes(32).toString('base64url')}`;
  const key: ApiKey = {
    id: `k_${randomBytes(8).toString('hex')}`, label: given.label, role: given.role, permissions: given.permissions ?? ROLES[given.role],
    defaultPurpose: given.defaultPurpose ?? null, createdAt: now, expiresAt: given.expiresAt ?? null, withdrawnAt: null,
  };
  await atStore(db, () => db.orm.insert(apiKeys).values({ ...key, permissions: [...key.permissions], hash: hashOf(secret) }));
  return { key, secret };
}

/** The key that this secret belongs to, or null when unknown, expired or withdrawn at `now`. */
export async function findApiKey(db: Database, secret: string, now: number): Promise<ApiKey | null> {
  if (!SECRET_SHAPE.test(secret)) return null;
  const [row] = await atStore(db, () => db.orm.select().from(apiKeys).where(and(eq(apiKeys.hash, hashOf(secret)), inForceAt(now))).limit(1));
  return row === undefined ? null : keyOf(row);
}

/** Whether the key of this id can still be used: for what stays open long after the secret was shown. */
export async function isApiKeyInForce(db: Database, id: string, now: number): Promise<boolean> {
  const rows = await atStore(db, () => db.orm.select({ id: apiKeys.id }).from(apiKeys).where(and(eq(apiKeys.id, id), inForceAt(now))).limit(1));
  return rows.length > 0;
}

function inForceAt(now: number): SQL | undefined {
  return and(or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)), or(isNull(apiKeys.withdrawnAt), gt(apiKeys.withdrawnAt, now)));
}

/** False: there is no such key, or it was withdrawn before. */
export async function withdrawApiKey(db: Database, id: string, now: number): Promise<boolean> {
  const rows = await atStore(db, () => db.orm.update(apiKeys).set({ withdrawnAt: now }).where(and(eq(apiKeys.id, id), isNull(apiKeys.withdrawnAt))).returning({ id: apiKeys.id }));
  return rows.length > 0;
}

/** Oldest first, withdrawn and expired ones too. */
export async function listApiKeys(db: Database): Promise<ApiKey[]> {
  return (await atStore(db, () => db.orm.select().from(apiKeys).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id)))).map(keyOf);
}

/** One round of SHA-256 is enough: nobody guesses 256 random bits, and each request looks one up. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function keyOf(row: typeof apiKeys.$inferSelect): ApiKey {
  return {
    id: row.id, label: row.label, role: row.role as Role, permissions: row.permissions as Permission[], defaultPurpose: row.defaultPurpose as Purpose | null,
    createdAt: row.createdAt, expiresAt: row.expiresAt, withdrawnAt: row.withdrawnAt,
  };
}
