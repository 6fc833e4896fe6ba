// The program as it ships, in a process of its own: the compiled parts of `darwaza serve`, without the TypeScript loader and the memory of the bench, whose messages it answers (site.ts).
// Plain JavaScript, because a loader would be measured with it. Settings come through the environment, as those of the program do.
import { FRAME_SETTINGS } from '../../dist/camera/stream-sources.js';
import { serve } from '../../dist/cli/serve.js';
import { openInstance } from '../../dist/cli/instance.js';
import { readConfig } from '../../dist/core/config.js';
import { createLiveCameras } from '../../dist/pipeline/live-cameras.js';

/** @type {import('../../src/cli/instance.ts').Instance} */
const instance = await openInstance(readConfig(process.env));
const server = await serve(instance);

// A film's clock runs from when it was asked for, not from when ffmpeg was ready: that is no delay of the program. A camera's stream is timed by its arrival.
const lag = new Map(), nothing = () => undefined;
const watcher = { frameCame: (camera, at) => void lag.set(camera, Math.min(lag.get(camera) ?? Infinity, instance.clock() - at)), frameRead: nothing, dropped: nothing, failed: nothing, streamState: nothing };
let provisionalMs = [], passes = 0;
instance.engine.onRecorded(({ stored }) => void (passes += stored.length));
// Beside the instance's own, which have no source: these tell of the vehicles in view.
const live = createLiveCameras({ ...instance, watcher, onProvisional: (pass, latencyMs) => provisionalMs.push(latencyMs - (lag.get(pass.cameraId) ?? 0)) });

/** Counts since the start; latencies since the last question. */
function figures() {
  const cameras = live.cameras(), sum = (of) => cameras.reduce((total, camera) => total + of(camera), 0);
  const told = { offered: sum(({ stream }) => stream.frames + stream.dropped), dropped: sum(({ stream, figures: f }) => f.dropped + stream.dropped), read: sum(({ figures: f }) => f.read), passes, provisionalMs, jsMb: process.memoryUsage().heapUsed / 1e6 };
  provisionalMs = [];
  return told;
}

async function answerOf({ kind, camera, clip }) {
  if (kind === 'add') live.open({ ...FRAME_SETTINGS, kind: 'video', camera, path: clip, startsAt: instance.clock(), pace: 'real' });
  if (kind === 'remove') await live.stop(camera);
  if (kind === 'figures') return figures();
  if (kind !== 'close') return null;
  await live.close();
  await server.close();
  await instance.close();
  return null;
}

async function reply({ id, ...asked }) {
  try {
    process.send({ id, answer: await answerOf(asked), fault: null });
  } catch (cause) {
    process.send({ id, answer: null, fault: String(cause?.stack ?? cause) });
  }
  if (asked.kind === 'close') process.disconnect();
}

process.on('message', (message) => void reply(message));
process.send({ id: 0, answer: null, fault: null });
