import { readConfig } from '../../src/core/config.ts';
import { createLog } from '../../src/core/log.ts';
import { createEngine } from '../../src/pipeline/engine.ts';
import type { Engine } from '../../src/pipeline/engine-interface.ts';
import { startPayloadSources, type PayloadSources } from '../../src/pipeline/payload-sources.ts';
import type { Delivery } from '../../src/pipeline/payloads.ts';
import type { Database } from '../../src/store/database.ts';
import type { EvidenceStore } from '../../src/store/evidence.ts';
import { partsOf } from '../../src/camera/parts.ts';
import { quetta } from './passes.ts';
import { matcherOn } from './recorder.ts';
import { hikvisionPush, markedVision, type Pushed } from './vendor-pushes.ts';

/** A process that takes messages, as far as it concerns them. */
export interface Taking { readonly engine: Engine; readonly sources: PayloadSources; close(): Promise<void> }

type RecordingEngine = Pick<Engine, 'recordPasses' | 'queue'>;

/** `engineOf` may put something between the messages and the engine. */
export async function taking(db: Database, evidence: EvidenceStore, clock: () => number, engineOf: (engine: Engine) => RecordingEngine = (e) => e): Promise<Taking> {
  const log = createLog('silent'), register = quetta(), config = readConfig({}), vision = markedVision();
  const engine = await createEngine({ config, register, database: db, evidence, vision, clock, log, matcher: matcherOn(db, clock) });
  const clocks = { measured: () => undefined, correct: (_camera: string, claimedAt: number) => ({ capturedAt: claimedAt, correctionMs: null }) };
  const sources = startPayloadSources({ database: db, evidence, register, engine: engineOf(engine), vision, clocks, config, clock, log });
  return {
    engine, sources,
    async close() {
      await sources.close();
      await engine.close();
    },
  };
}

/** What a Hikvision camera pushed, as the intake gets it. */
export function pushedTo(cameraId: string, pushed: Pushed, receivedAt: number): Delivery {
  const { body, contentType } = hikvisionPush(pushed);
  return { cameraId, vendor: 'hikvision', receivedAt, mediaType: contentType, message: { topic: null, parts: partsOf(body, contentType, { parts: 64, partBytes: 1e7 }) } };
}
