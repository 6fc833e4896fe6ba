// Serves the API over a database as it is shipped, compiled, without what reads pictures: only exports and what they need. Says on stdout
// where, until it is killed. Arguments: database URL, camera register.
import { readFileSync } from 'node:fs';
import { readConfig } from '../../dist/core/config.js';
import { createLog } from '../../dist/core/log.js';
import { readRegister } from '../../dist/geo/register.js';
import { startServer } from '../../dist/http/server.js';
import { openDatabase } from '../../dist/store/database.js';

const [url, registerFile] = process.argv.slice(2);
const database = await openDatabase({ url, dataDir: '' }), { register } = readRegister(JSON.parse(readFileSync(registerFile, 'utf8')));
const server = await startServer(
  { database, register, config: readConfig({}), clock: Date.now, log: createLog('error'), engine: null, evidence: null, feed: { hangUp: () => undefined } }, { host: '127.0.0.1', port: 0 },
);
process.stdout.write(`${server.url}\n`);
