import { mkdir, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { administer, startOwnServer, type RunningServer } from '../../test/support/postgres-server.ts';

/** What docs/operations.md advises for a machine of two cores and 8 GB or more. */
const MEMORY = [
  'shared_buffers=2GB', 'effective_cache_size=12GB', 'work_mem=64MB', 'maintenance_work_mem=1GB', 'random_page_cost=1.1', 'max_wal_size=8GB', 'checkpoint_timeout=15min', 'wal_compression=on',
  'shared_preload_libraries=pg_stat_statements', 'track_io_timing=on',
];
/** Nothing of a load need outlive a crash: it is started again. */
const LOADING = ['fsync=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0', 'autovacuum=off'];
/** As a server is run: an acknowledged pass is on the disk. */
const SERVING = ['fsync=on', 'full_page_writes=on', 'autovacuum=on'];

/** A PostgreSQL of the bench alone: stopped and started as often as the bench needs it, its folder stays. */
export class StoreServer {
  readonly #folder: string;
  #running: RunningServer | null = null;
  /** False once the system has refused to drop its cache. */
  dropsCache = true;

  constructor(folder: string) {
    this.#folder = join(folder, 'server');
  }

  async start(mode: 'loading' | 'serving'): Promise<void> {
    await this.stop();
    await mkdir(this.#folder, { recursive: true, mode: 0o755 });
    this.#running = await startOwnServer({ folder: this.#folder, settings: [...MEMORY, ...(mode === 'loading' ? LOADING : SERVING)] });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = null;
  }

  /** Starts again with nothing in memory: neither the server's own nor, where the system allows it, the cache of the files. */
  async startCold(): Promise<void> {
    await this.stop();
    try {
      execFileSync('sync');
      await writeFile('/proc/sys/vm/drop_caches', '3');
    } catch {
      this.dropsCache = false;
    }
    await this.start('serving');
  }

  /** Makes the database anew, with the tables of the product. */
  async create(name: string): Promise<Database> {
    const { adminUrl } = this.#started();
    await administer(adminUrl, `drop database if exists ${name} with (force)`);
    await administer(adminUrl, `create database ${name} template template0 encoding 'UTF8'`);
    const db = await this.open(name);
    await migrate(db);
    return db;
  }

  open(name: string): Promise<Database> {
    const url = new URL(this.#started().adminUrl);
    url.pathname = `/${name}`;
    return openDatabase({ url: url.href, dataDir: '' });
  }

  #started(): RunningServer {
    if (this.#running === null) throw new Error('the server of the bench is not running');
    return this.#running;
  }
}
