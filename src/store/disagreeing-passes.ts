import { sql } from 'drizzle-orm';
import { passes } from './schema.ts';

/** Of a row of `passes`: whether another reader read it otherwise. */
export const DISAGREES = sql`(${passes.capturedAt}, ${passes.id}) in (select g.captured_at, g.pass_id from pass_readings g where not g.agrees)`;
