import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { connect, MqttClient, type IClientOptions, type IPublishPacket } from 'mqtt';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { MessageSource, MessageSourceState } from './attach-stream.ts';
import { CertificateFault, TrustedStream } from './certificate-trust.ts';
import { createMessageQueue } from './message-queue.ts';
import { createBackOff } from './reconnect.ts';
import { describeSource, type MqttSource } from './stream-sources.ts';
import type { VendorMessage } from './vendor-event.ts';

export interface BrokerParts {
  readonly clock: Clock;
  readonly log: Log;
  /** 0..1. */
  readonly random: () => number;
  /** Durable once resolved. */
  readonly deliver: (cameraId: string, message: VendorMessage, mediaType: string) => Promise<void>;
  /** Milliseconds between two trials to connect; 5,000 when not given. */
  readonly reconnectMs?: number;
}

const RECONNECT_MS = 5_000, CONNECT_MS = 20_000;

/**
 * Reads what cameras publish at a broker (ONVIF Profile M over MQTT). All sources have the same address and login. A message is acknowledged when
 * it is durable, and the broker keeps the session: what comes while this process is away is delivered later.
 */
export function createBroker(sources: readonly [MqttSource, ...MqttSource[]], parts: BrokerParts): MessageSource {
  return new Broker(sources, parts);
}

class Broker implements MessageSource {
  readonly cameras: readonly string[];
  readonly #sources: readonly MqttSource[];
  readonly #parts: BrokerParts;
  readonly #client: MqttClient;
  readonly #queue;
  #state: MessageSourceState['state'] = 'connecting';
  #lastAt: number | null = null;
  #messages = 0;
  #reconnects = 0;
  #fault: string | null = null;

  constructor(sources: readonly [MqttSource, ...MqttSource[]], parts: BrokerParts) {
    const [{ url, login, certificate }] = sources, { reconnectMs = RECONNECT_MS } = parts;
    this.cameras = [...new Set(sources.map((s) => s.camera))];
    this.#sources = sources;
    this.#parts = parts;
    this.#queue = createMessageQueue<{ packet: IPublishPacket; done: () => void }>({
      deliver: async ({ packet, done }) => {
        await this.#take(packet);
        done();
      },
      backOff: createBackOff(parts.random), log: parts.log, camera: this.cameras.join(', '),
    });
    const options: IClientOptions = {
      // A session of its own, the same after a restart: what was not acknowledged comes again.
      clientId: `darwaza-${createHash('sha256').update(`${hostname()} ${url} ${login?.username ?? ''}`).digest('hex').slice(0, 12)}`, clean: false, manualConnect: false,
      reconnectPeriod: Math.round(reconnectMs * (0.5 + parts.random() / 2)), connectTimeout: CONNECT_MS, resubscribe: true, ...(login !== null && { username: login.username, password: login.password() }),
    };
    this.#client = url.startsWith('mqtts:') ? new MqttClient((client) => secureStream(url, certificate, client), options) : connect(url, options);
    // The acknowledgement waits for this: the packet is answered when the callback is called.
    this.#client.handleMessage = (packet, done) => void this.#queue.add({ packet, done: () => done() }, packet.payload.length);
    this.#listen();
  }

  state(): MessageSourceState {
    return { state: this.#state, lastAt: this.#lastAt, messages: this.#messages, waiting: this.#queue.waiting, dropped: this.#queue.dropped, reconnects: this.#reconnects, fault: this.#fault };
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#queue.close();
    await this.#queue.settled();
    await this.#client.endAsync(true);
  }

  #listen(): void {
    const client = this.#client, topics = [...new Set(this.#sources.map((s) => s.topic))], [first] = this.#sources;
    const to = (state: MessageSourceState['state'], fault: string | null): void => {
      if (this.#state === 'closed') return;
      this.#state = state;
      this.#fault = fault;
    };
    client.on('connect', () => {
      to('running', null);
      client.subscribe(topics, { qos: 1 }, (error, granted) => {
        const refused = granted?.filter((one) => one.qos >= 128).map((one) => one.topic) ?? [];
        if (error !== null || refused.length > 0) to('running', `the broker refuses to be listened to: ${refused.join(', ') || topics.join(', ')}`);
      });
    });
    client.on('reconnect', () => void this.#reconnects++);
    client.on('close', () => to('waiting', this.#fault ?? 'the connection to the broker is lost'));
    client.on('error', (error) => {
      if (error instanceof CertificateFault) to('waiting', `the broker is not known: ${error.message}`);
      else to('waiting', 'code' in error && error.code !== undefined ? `the broker cannot be reached or refuses the login (${String(error.code)})` : 'the broker cannot be reached');
      this.#parts.log.warn({ source: first === undefined ? '' : describeSource(first), fault: this.#fault }, 'a message broker is not there; connecting again');
    });
  }

  async #take({ topic, payload }: IPublishPacket): Promise<void> {
    this.#lastAt = this.#parts.clock();
    this.#messages++;
    const bytes = Buffer.from(payload), mediaType = bytes.subarray(0, 64).toString('latin1').trimStart().startsWith('<') ? 'application/xml' : 'application/json';
    for (const source of this.#sources) {
      if (topicFits(source.topic, topic)) await this.#parts.deliver(source.camera, { topic, parts: [{ name: null, fileName: null, mediaType, bytes }] }, mediaType);
    }
  }
}

function secureStream(address: string, certificate: MqttSource['certificate'], client: MqttClient): TrustedStream {
  const url = new URL(address), stream = new TrustedStream({ url, port: Number(url.port || 8883), timeoutMs: CONNECT_MS }, certificate);
  // The client tells of a stream's error only where it knows its code.
  return stream.once('error', (error) => void (error instanceof CertificateFault && client.emit('error', error)));
}

/** Whether a topic is one of those that a filter names: `+` is one level, `#` all that follow (MQTT 5.0 §4.7). */
export function topicFits(filter: string, topic: string): boolean {
  const asked = filter.replace(/^\$share\/[^/]+\//, '').split('/'), levels = topic.split('/');
  if (/^[+#]/.test(filter) && topic.startsWith('$')) return false;
  for (const [i, level] of asked.entries()) {
    if (level === '#') return true;
    if (levels[i] === undefined || (level !== '+' && level !== levels[i])) return false;
  }
  return asked.length === levels.length;
}
