import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { Aedes } from 'aedes';
import * as fc from 'fast-check';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MessageSource } from '../../src/camera/attach-stream.ts';
import { createBroker, topicFits } from '../../src/camera/broker.ts';
import type { MqttSource } from '../../src/camera/stream-sources.ts';
import { DarwazaError } from '../../src/core/errors.ts';
import { makeCertificate } from '../support/certificates.ts';

const soon = { timeout: 15_000, interval: 20 };
const TOPIC = 'gate/1/onvif-ej/RuleEngine/LicensePlate';

describe('a message broker', () => {
  let broker: Aedes, server: Server, url: string, publisher: MqttClient;
  const open: MessageSource[] = [], got: { camera: string; topic: string | null; text: string; mediaType: string }[] = [], logged: string[] = [], sockets = new Set<Socket>();
  const log = { warn: (what: object) => void logged.push(JSON.stringify(what)), error: (what: object) => void logged.push(JSON.stringify(what)) } as never;
  const take = async (camera: string, { topic, parts }: { topic: string | null; parts: readonly { bytes: Buffer }[] }, mediaType: string): Promise<void> => void got.push({ camera, topic, text: String(parts[0]?.bytes), mediaType });

  const listen = (port = 0): Promise<void> => new Promise((done) => {
    server = createServer((socket) => {
      sockets.add(socket);
      broker.handle(socket);
    });
    server.listen(port, '127.0.0.1', done);
  });
  const fallOver = async (): Promise<number> => {
    const { port } = server.address() as AddressInfo;
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
    return port;
  };
  const source = (camera: string, topic: string, login: MqttSource['login'] = null): MqttSource => ({ kind: 'onvif-mqtt', camera, url, topic, login });
  const listenTo = (sources: [MqttSource, ...MqttSource[]], deliver = take): MessageSource => {
    const opened = createBroker(sources, { clock: Date.now, log, random: () => 0, reconnectMs: 200, deliver });
    open.push(opened);
    return opened;
  };
  const running = (of: MessageSource) => vi.waitFor(() => expect(of.state()).toMatchObject({ state: 'running', fault: null }), soon);
  const publish = (topic: string, text: string) => publisher.publishAsync(topic, text, { qos: 1 });
  const subscribed = (n: number) => vi.waitFor(async () => expect((broker as unknown as { connectedClients: number }).connectedClients).toBe(n), soon);

  beforeEach(async () => {
    broker = await Aedes.createBroker();
    await listen();
    url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
    publisher = await connectAsync(url, { reconnectPeriod: 100 });
    for (const list of [got, logged]) list.length = 0;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await publisher.endAsync(true);
    await fallOver();
    await new Promise<void>((done) => broker.close(done));
  });

  it('hands over what cameras publish, each to the camera whose topic it is', async () => {
    const listening = listenTo([source('one', 'gate/1/#'), source('two', 'gate/2/#')]);
    await running(listening);
    await subscribed(2);
    await new Promise((done) => setTimeout(done, 100));
    await publish(TOPIC, '{"a":1}');
    await publish('gate/2/onvif-ej/x', '<tt:MetadataStream/>');
    await publish('gate/3/x', '{}');
    await vi.waitFor(() => expect(got).toEqual([
      { camera: 'one', topic: TOPIC, text: '{"a":1}', mediaType: 'application/json' }, { camera: 'two', topic: 'gate/2/onvif-ej/x', text: '<tt:MetadataStream/>', mediaType: 'application/xml' },
    ]), soon);
    expect(listening.state()).toMatchObject({ messages: 2, waiting: 0, dropped: 0 });
    expect(listening.cameras).toEqual(['one', 'two']);
  });

  it('acknowledges what is durable and nothing else: a listener that ended before gets it again', async () => {
    let isAway = true;
    const first = listenTo([source('one', 'gate/1/#')], async () => {
      if (isAway) throw new DarwazaError('DATABASE_UNAVAILABLE', { host: 'x', reason: 'gone' });
    });
    await running(first);
    await new Promise((done) => setTimeout(done, 150));
    await publish(TOPIC, '{"kept":true}');
    await vi.waitFor(() => expect(first.state().waiting).toBe(1), soon);
    open.splice(0);
    await first.close();
    isAway = false;
    await publish(TOPIC, '{"while":"away"}');
    await running(listenTo([source('one', 'gate/1/#')]));
    await vi.waitFor(() => expect(got.map((message) => message.text).toSorted()).toEqual(['{"kept":true}', '{"while":"away"}']), soon);
  });

  it('that falls over is connected to again', async () => {
    const listening = listenTo([source('one', 'gate/1/#')]);
    await running(listening);
    const port = await fallOver();
    await vi.waitFor(() => expect(listening.state()).toMatchObject({ state: 'waiting' }), soon);
    await listen(port);
    await running(listening);
    await vi.waitFor(() => expect(publisher.connected).toBe(true), soon);
    await new Promise((done) => setTimeout(done, 150));
    await publish(TOPIC, '{"back":1}');
    await vi.waitFor(() => expect(got.map((message) => message.text)).toEqual(['{"back":1}']), soon);
    expect(listening.state().reconnects).toBeGreaterThan(0);
  });

  describe('over TLS', () => {
    const own = makeCertificate();
    let front: Server, secureUrl: string, asked = 0;
    beforeEach(async () => {
      asked = 0;
      front = createSecureServer({ cert: own.cert, key: own.key }, (socket) => {
        socket.on('error', () => undefined).once('readable', () => void asked++);
        sockets.add(socket);
        broker.handle(socket);
      });
      front.on('tlsClientError', () => undefined);
      await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
      secureUrl = `mqtts://127.0.0.1:${(front.address() as AddressInfo).port}`;
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
      await new Promise((done) => front.close(done));
    });
    const secure = (certificate?: MqttSource['certificate']): MqttSource => ({ ...source('lak-pass-in-1', TOPIC), url: secureUrl, login: { username: 'u', password: () => 'geheim' }, certificate });

    it.each([['its fingerprint', { kind: 'pinned', sha256: own.sha256 }], ['a file', { kind: 'authority', certificates: [own.cert] }]] as const)('hands over what comes when it is known by %s', async (_, certificate) => {
      await running(listenTo([secure(certificate)]));
      await vi.waitFor(async () => {
        await publish(TOPIC, '{"a":1}');
        expect(got.length).toBeGreaterThan(0);
      }, soon);
      expect(got[0]).toMatchObject({ camera: 'lak-pass-in-1', text: '{"a":1}' });
    });

    it('is told nothing, no login either, while nobody vouches for it; it says which certificate it showed', async () => {
      const opened = listenTo([secure()]);
      await vi.waitFor(() => expect(opened.state().fault).toContain(own.sha256), soon);
      await vi.waitFor(() => expect(opened.state().reconnects).toBeGreaterThan(1), soon);
      expect([asked, logged.join(' ').includes('geheim')]).toEqual([0, false]);
    });
  });

  it('that refuses the login, or listening, is said to, without the password', async () => {
    broker.authenticate = (_client, username, password, done) => done(null, username === undefined || username === null || String(password) === 'right');
    const refused = listenTo([source('one', '#', { username: 'gate', password: () => 'wr0ng-secret' })]);
    await vi.waitFor(() => expect(refused.state().fault).toMatch(/refuses the login|lost|reached/), soon);
    expect(`${logged.join('')}${refused.state().fault ?? ''}`).not.toMatch(/wr0ng/);
    await running(listenTo([source('one', '#', { username: 'gate', password: () => 'right' })]));
  });
});

describe('a topic', () => {
  it.each([
    ['a/b', 'a/b', true], ['a/+', 'a/b', true], ['a/+', 'a/b/c', false], ['a/#', 'a', true], ['a/#', 'a/b/c', true], ['#', 'a/b', true], ['#', '$SYS/x', false], ['+/x', '$SYS/x', false], ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false], ['$share/group/a/+', 'a/b', true],
  ])('of the filter %s: %s is %s', (filter, topic, fits) => expect(topicFits(filter, topic)).toBe(fits));

  it('fits itself, and itself with any level left open', () => {
    fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-z0-9]{1,4}$/), { minLength: 1, maxLength: 5 }), fc.nat(4), (levels, at) => {
      const topic = levels.join('/');
      expect([topicFits(topic, topic), topicFits(levels.with(at % levels.length, '+').join('/'), topic), topicFits([...levels.slice(0, at % levels.length), '#'].join('/'), topic)]).toEqual([true, true, true]);
    }));
  });
});
