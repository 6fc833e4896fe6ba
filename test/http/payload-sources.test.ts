import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CameraSource } from '../../src/camera/stream-sources.ts';
import { NOW, startTestServer, type TestServer } from '../support/http-server.ts';

const MINUTE = 60_000, soon = { timeout: 20_000, interval: 50 }, [AT_BROKER, BESIDE, AT_STREAM, PUSHING] = ['baleli-in-1', 'baleli-out-1', 'lak-pass-in-1', 'lak-pass-out-1'] as const;
const SECRETS = ['darwaza-user', 'hunter2', 'token=abc'];

describe('event streams and brokers', () => {
  let server: TestServer, aedes: Aedes, listener: Server, port: number;
  const sockets = new Set<Socket>();
  const listen = (at: number): Promise<void> => new Promise((done) => {
    listener = createServer((socket) => {
      sockets.add(socket);
      aedes.handle(socket);
    });
    listener.listen(at, '127.0.0.1', done);
  });
  const fallOver = async (): Promise<void> => {
    const closed = new Promise((done) => listener.close(done));
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  const login = { username: SECRETS[0] as string, password: () => SECRETS[1] as string };
  const health = async (camera: string) => (await server.ask(`/api/v1/cameras/${camera}/health`, { key: 'operator' })).json;
  const alarms = async () => ((await server.ask('/api/v1/alarms', { key: 'operator' })).json.items as { kind: string; subject: string; since: string; message: string }[]).filter((alarm) => alarm.kind === 'source-down');
  const metrics = async (): Promise<string> => (await server.ask('/metrics', { key: 'operator' })).bytes.toString();

  beforeAll(async () => {
    aedes = await Aedes.createBroker();
    await listen(0);
    ({ port } = listener.address() as AddressInfo);
    const mqtt = (camera: string, topic: string): CameraSource => ({ kind: 'onvif-mqtt', camera, url: `mqtt://127.0.0.1:${port}`, topic, login });
    // Nobody listens at port 9 (discard) of a machine of today.
    const stream: CameraSource = { kind: 'dahua', camera: AT_STREAM, url: 'http://127.0.0.1:9/cgi-bin/x?token=abc', login };
    server = await startTestServer({ sources: [mqtt(AT_BROKER, 'gate/1/#'), mqtt(BESIDE, 'gate/2/#'), stream] });
  }, 60_000);
  afterAll(async () => {
    await server?.close();
    await fallOver();
    await new Promise<void>((done) => aedes.close(done));
  });

  it('stand beside their cameras, a broker beside all of its own; a camera that pushes has none', async () => {
    await vi.waitFor(async () => expect((await health(AT_BROKER)).sources).toMatchObject([{ source: `onvif-mqtt mqtt://127.0.0.1:${port} gate/1/#`, state: 'running', fault: null, downSince: null, lastAt: null, messages: 0 }]), soon);
    expect((await health(BESIDE)).sources).toEqual((await health(AT_BROKER)).sources);
    expect((await health(PUSHING)).sources).toEqual([]);
    const all = (await server.ask('/api/v1/cameras/health', { key: 'operator' })).json.items as { camera: string; sources: unknown[] }[];
    expect(all.filter((one) => one.sources.length > 0).map((one) => one.camera)).toEqual([AT_BROKER, BESIDE, AT_STREAM]);
  });

  it('tell what came and when', async () => {
    const publisher = await connectAsync(`mqtt://127.0.0.1:${port}`);
    await vi.waitFor(async () => {
      await publisher.publishAsync('gate/2/heartbeat', '{}', { qos: 1 });
      expect((await health(AT_BROKER)).sources[0].messages).toBeGreaterThan(0);
    }, soon);
    await publisher.endAsync(true);
    expect((await health(AT_BROKER)).sources).toMatchObject([{ lastAt: '2026-11-03T12:00:00.000+05:00', dropped: 0 }]);
    expect(await metrics()).toMatch(new RegExp(String.raw`darwaza_source_last_message_timestamp_seconds\{source="onvif-mqtt [^"]*"\} ${NOW / 1000}\n`));
  });

  it('tell why nothing comes and since when, are an alarm after five minutes, and none once they are back', async () => {
    await fallOver();
    await vi.waitFor(async () => expect((await health(AT_BROKER)).sources).toMatchObject([{ state: 'waiting', fault: expect.stringMatching(/broker/), downSince: '2026-11-03T12:00:00.000+05:00' }]), soon);
    server.time.now = NOW + 5 * MINUTE - 1;
    expect(await alarms()).toEqual([]);
    server.time.now = NOW + 5 * MINUTE;
    const [one, other] = (await alarms()).toSorted((a, b) => b.subject.localeCompare(a.subject));
    expect(one).toMatchObject({ subject: `onvif-mqtt mqtt://127.0.0.1:${port} gate/1/#`, since: '2026-11-03T12:00:00.000+05:00', message: expect.stringMatching(/for 5 min.*2 cameras \(baleli-in-1, …\)/) });
    expect(other).toMatchObject({ subject: 'dahua http://127.0.0.1:9/cgi-bin/x', message: expect.stringMatching(/camera lak-pass-in-1 are missing/) });
    expect(await metrics()).toContain('darwaza_alarms{kind="source-down"} 2');
    expect(await metrics()).toMatch(/darwaza_source_connected\{source="onvif-mqtt [^"]*"\} 0/);
    await listen(port);
    await vi.waitFor(async () => expect((await alarms()).map((alarm) => alarm.subject)).toEqual(['dahua http://127.0.0.1:9/cgi-bin/x']), soon);
    expect(await metrics()).toMatch(/darwaza_source_connected\{source="onvif-mqtt [^"]*"\} 1/);
  }, 60_000);

  it('show nobody their logins', async () => {
    const told = [await metrics(), JSON.stringify(await alarms()), JSON.stringify(await health(AT_STREAM)), JSON.stringify(await health(AT_BROKER))].join('\n');
    expect(told).toContain('dahua');
    for (const secret of SECRETS) expect(told).not.toContain(secret);
  });
});
