// Serves the API over a real engine with everything that tells of hits, and says on stdout where, until it is killed.
// Arguments: database URL (or '-'), data folder, how far its clock is ahead (ms).
import { openDelivery } from '../../src/cli/delivery.ts';
import { readConfig } from '../../src/core/config.ts';
import { createLog } from '../../src/core/log.ts';
import { createHitClock } from '../../src/hit/hit-clock.ts';
import { startServer } from '../../src/http/server.ts';
import { createCameraClocks } from '../../src/pipeline/camera-clocks.ts';
import { createCameraHealth } from '../../src/pipeline/camera-health.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { startPayloadSources } from '../../src/pipeline/payload-sources.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { literalVision } from './literal-vision.ts';
import { quetta } from './passes.ts';
import { matcherOn } from './recorder.ts';
import { markedVision } from './vendor-pushes.ts';

const [url = '-', dataDir = '', ahead = '0'] = process.argv.slice(2);
const config = readConfig({ DARWAZA_DATA_DIR: dataDir, DARWAZA_THREADS: '1' }), log = createLog('error'), clock = (): number => Date.now() + Number(ahead);
const database = await openDatabase({ url: url === '-' ? null : url, dataDir });
// Pictures of other cameras are real ones; what is to be read in them stands behind their end.
const literal = literalVision(), marked = markedVision(), vision: typeof literal = { ...literal, read: (bytes, options) => (bytes[0] === 0xff && bytes[1] === 0xd8 ? marked : literal).read(bytes, options) };
const register = quetta(), evidence = await openEvidence(dataDir);
const { feed } = await openDelivery({ config, database, clock, log });
const clocks = createCameraClocks({ database, clock, log }), health = createCameraHealth({ database, register, clock, log });
const engine = await createEngine({ config, register, database, evidence, vision, clock, log, matcher: matcherOn(database, clock), clocks, health });
createHitClock({ database, clock, log }).start();
const payloadSources = startPayloadSources({ database, evidence, register, engine, vision, clocks, config, clock, log });
const server = await startServer({ database, engine, register, config, clock, log, evidence, feed, clocks, health, payloads: payloadSources.intake, payloadSources }, { host: '127.0.0.1', port: 0 });
process.stdout.write(`${server.url}\n`);
