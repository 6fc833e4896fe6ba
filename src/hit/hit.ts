import type { HitRecord } from '../store/hit-record.ts';

/** A pass that matches an entry of a list. */
export type Hit = HitRecord;
