import type { Config } from '../core/config.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import type { Output } from './output.ts';

/** `darwaza migrate`: brings the schema up to date. */
export async function migrateCommand(config: Config, output: Output): Promise<number> {
  const database = await openDatabase({ url: config.DATABASE_URL, dataDir: config.DARWAZA_DATA_DIR });
  try {
    const report = await migrate(database);
    if (output.json) output.object({ database: database.host, ...report });
    output.line(report.applied.length > 0 ? `Applied ${report.applied.join(', ')}.` : 'Nothing to apply.');
    output.line(`${database.host} is at schema version ${report.version}.`);
    return 0;
  } finally {
    await database.close();
  }
}
