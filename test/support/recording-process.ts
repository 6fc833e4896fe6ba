// Records passes without end and says on stdout which batch is done, until it is killed. Arguments: database URL (or '-'), data folder, seed.
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { endlessPasses } from './endless-passes.ts';
import { MORNING } from './passes.ts';
import { recorderOn } from './recorder.ts';

const [url = '-', dataDir = '', seed = '0'] = process.argv.slice(2);
const database = await openDatabase({ url: url === '-' ? null : url, dataDir });
await migrate(database);
const recorder = recorderOn(database, () => MORNING);
let batchNumber = 0;
for (const batch of endlessPasses(Number(seed))) {
  await recorder.record(batch);
  process.stdout.write(`${batchNumber++}\n`);
}
