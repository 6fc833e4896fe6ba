// Runs the retention until it is killed, and says on stdout before each step what comes. Arguments: database URL, data folder, now (epoch milliseconds).
import { openDatabase } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { retentionOn } from './retention.ts';

const [url = '', dataDir = '', now = '0'] = process.argv.slice(2);
const database = await openDatabase({ url: url === '-' ? null : url, dataDir });
const evidence = await openEvidence(dataDir);
const retention = retentionOn(database, evidence, () => Number(now), { onStep: (name) => void process.stdout.write(`${name}\n`) });
await retention.run({ actor: 'schedule' });
process.stdout.write('done\n');
await database.close();
