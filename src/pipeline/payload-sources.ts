import { createAttachStream, type MessageSource, type MessageSourceState } from '../camera/attach-stream.ts';
import { createBroker } from '../camera/broker.ts';
import { describeSource, type CameraSource, type EventStreamSource, type MqttSource } from '../camera/stream-sources.ts';
import type { Vendor, VendorMessage } from '../camera/vendor-event.ts';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Vision } from '../vision/vision-pool.ts';
import type { Engine } from './engine-interface.ts';
import { createPayloadIntake, type PayloadIntake, type PayloadParts } from './payloads.ts';
import { createSecondReadings, type SecondReadings } from './second-readings.ts';

export interface PayloadSourceParts extends Omit<PayloadParts, 'engine' | 'config' | 'onReadingDue'> {
  readonly engine: Pick<Engine, 'recordPasses' | 'queue'>;
  readonly vision: Pick<Vision, 'read'>;
  readonly config: Pick<Config, 'DARWAZA_UTC_OFFSET_MINUTES' | 'DARWAZA_MAX_FRAME_MB' | 'DARWAZA_READER'>;
  /** Those of other kinds are left alone. */
  readonly sources?: readonly CameraSource[];
  /** 0..1; default: Math.random. */
  readonly random?: () => number;
}

/** A stream or broker that is listened to, told without secrets. */
export interface PayloadSourceState extends MessageSourceState {
  /** What it is and where; without user, password or query. */
  readonly source: string;
  /** Those that it speaks for; of a broker more than one. */
  readonly cameras: readonly string[];
  /** Epoch milliseconds since when nothing can come of it, to about ten seconds; null: it is listened to. */
  readonly downSince: number | null;
}

/** Everything that takes in what other cameras read. */
export interface PayloadSources {
  readonly intake: PayloadIntake;
  readonly readings: SecondReadings;
  /** Streams and brokers that are listened to. */
  states(): readonly PayloadSourceState[];
  close(): Promise<void>;
}

/** Starts the intake, our own reading of the pictures, and the event streams and brokers among the sources. */
export function startPayloadSources(parts: PayloadSourceParts): PayloadSources {
  const { sources = [], random = Math.random, database, evidence, engine, vision, config, clock, log } = parts;
  const readings = createSecondReadings({ database, evidence, vision, engine, reader: config.DARWAZA_READER, clock, log });
  const intake = createPayloadIntake({ ...parts, onReadingDue: () => readings.poke() });
  const take = async (cameraId: string, vendor: Vendor, message: VendorMessage, mediaType: string): Promise<void> => {
    const { outcome, faults, payload } = await intake.take({ cameraId, vendor, message, mediaType, receivedAt: clock() });
    if (outcome === 'refused') log.warn({ camera: cameraId, vendor, payload, faults: faults.slice(0, 5).map((f) => f.path) }, 'a message of a camera is refused');
  };
  const streams = sources.filter((s): s is EventStreamSource => s.kind === 'hikvision' || s.kind === 'dahua').map((source) => ({
    name: describeSource(source),
    opened: createAttachStream(source, { clock, log, random, partBytes: config.DARWAZA_MAX_FRAME_MB * 1_000_000, deliver: (message, mediaType) => take(source.camera, source.kind, message, mediaType) }),
  }));
  const brokers = byBroker(sources).map((group) => ({ name: describeSource(group[0]), opened: createBroker(group, { clock, log, random, deliver: (cameraId, message, mediaType) => take(cameraId, 'onvif', message, mediaType) }) }));
  const open: readonly { readonly name: string; readonly opened: MessageSource }[] = [...streams, ...brokers];
  const states = statesOf(open, clock), looking = setInterval(states, LOOK_EVERY_MS).unref();
  intake.start();
  readings.start();
  return {
    intake, readings, states,
    async close() {
      clearInterval(looking);
      await Promise.all(open.map(({ opened }) => opened.close()));
      await intake.close();
      await readings.close();
    },
  };
}

/** A connection that is lost and there again between two looks is none that anybody has to hear of. */
const LOOK_EVERY_MS = 10_000;

/** Tells how sources stand; whoever calls it often enough hears since when one is down. */
function statesOf(open: readonly { readonly name: string; readonly opened: MessageSource }[], clock: Clock): () => PayloadSourceState[] {
  const downSince = new Map<MessageSource, number>();
  return () => open.map(({ name, opened }) => {
    const state = opened.state();
    // A broker may be there and refuse to be listened to.
    if (state.state === 'running' && state.fault === null) downSince.delete(opened);
    else if (!downSince.has(opened)) downSince.set(opened, clock());
    return { ...state, source: name, cameras: opened.cameras, downSince: downSince.get(opened) ?? null };
  });
}

/** One connection to each broker, however many cameras publish there. */
function byBroker(sources: readonly CameraSource[]): [MqttSource, ...MqttSource[]][] {
  const groups = new Map<string, [MqttSource, ...MqttSource[]]>();
  for (const source of sources) {
    if (source.kind !== 'onvif-mqtt') continue;
    const name = `${source.url} ${source.login?.username ?? ''} ${JSON.stringify(source.certificate ?? null)}`, group = groups.get(name);
    if (group === undefined) groups.set(name, [source]);
    else group.push(source);
  }
  return [...groups.values()];
}
