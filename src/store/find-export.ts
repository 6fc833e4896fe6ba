import { asc, sql } from 'drizzle-orm';
import type { AuditRow } from './audit-log.ts';
import type { Database } from './database.ts';
import { atStore } from './failure.ts';
import { auditLog, exportOfAudit } from './schema.ts';

/** Rows of the audit log that speak of one export: its beginning and, once it is over, its end. */
export async function auditOfExport(db: Database, id: string): Promise<AuditRow[]> {
  return atStore(db, () => db.orm.select().from(auditLog).where(sql`${exportOfAudit} = ${id}`).orderBy(asc(auditLog.sequence)).limit(2));
}
