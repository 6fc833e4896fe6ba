// What one would write: every row into an array, the array into one answer. Says on stdout where it answers. Argument: database URL.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 1 });
const server = createServer((_request, response) => {
  void pool.query('select * from passes order by captured_at desc, id desc').then(({ rows }) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(rows)));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
