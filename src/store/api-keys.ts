import type { Permission, Purpose, Role } from '../core/permission.ts';
import type { Database } from './database.ts';

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

/** `secret` (dz_ and 256 random bits) is shown once; only its SHA-256 is kept. */
export async function createApiKey(_db: Database, _given: NewApiKey, _now: number): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  throw new Error('not built yet');
}

/** The key that this secret belongs to, or null when unknown, expired or withdrawn at `now`. */
export async function findApiKey(_db: Database, _secret: string, _now: number): Promise<ApiKey | null> {
  throw new Error('not built yet');
}

/** False: there is no such key, or it was withdrawn before. */
export async function withdrawApiKey(_db: Database, _id: string, _now: number): Promise<boolean> {
  throw new Error('not built yet');
}

/** Oldest first, withdrawn and expired ones too. */
export async function listApiKeys(_db: Database): Promise<ApiKey[]> {
  throw new Error('not built yet');
}
