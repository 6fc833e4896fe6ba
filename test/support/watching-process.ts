// Watches a video as so many cameras until it is killed. Says on stdout each vehicle that is known (provisional ID MARK) and each pass stored (pass ID MARK CAMERA).
// Arguments: database URL (or '-'), data folder, video file, number of cameras, epoch milliseconds at which the film begins.
import { createLog } from '../../src/core/log.ts';
import { readConfig } from '../../src/core/config.ts';
import { FRAME_SETTINGS } from '../../src/camera/stream-sources.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import { createLiveCameras } from '../../src/pipeline/live-cameras.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEvidence } from '../../src/store/evidence.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createVision } from '../../src/vision/vision-pool.ts';
import { quetta } from './passes.ts';
import { matcherOn } from './recorder.ts';

const [url = '-', dataDir = '', film = '', count = '8', startsAt = '0'] = process.argv.slice(2);
const database = await openDatabase({ url: url === '-' ? null : url, dataDir }), log = createLog('silent'), clock = Date.now;
await migrate(database);
const vision = await createVision({ threads: 2 }), matcher = matcherOn(database, clock), evidence = await openEvidence(dataDir);
const engine = await createEngine({ config: readConfig({ DARWAZA_DATA_DIR: dataDir }), database, register: quetta(), evidence, vision, clock, log, matcher });
const say = (...words: string[]): void => void process.stdout.write(`${words.join(' ')}\n`);
const live = createLiveCameras({ engine, database, vision, clock, log });
engine.onRecorded(({ stored }) => {
  for (const pass of stored) say('pass', pass.id, pass.rawText, pass.cameraId);
});
const sources = Array.from({ length: Number(count) }, (_, i) => ({ ...FRAME_SETTINGS, kind: 'video' as const, camera: `killed-${i + 1}`, path: film, startsAt: Number(startsAt), pace: 'free' as const }));
await live.recover(sources);
say('recovered');
for (const source of sources) live.open(source);
await live.finished();
await live.close();
await engine.close();
await matcher.close();
await vision.close();
await database.close();
say('finished');
