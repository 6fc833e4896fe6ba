import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../src/http/server.ts';
import { startTestServer, type TestServer } from '../support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

describe('opening the port', () => {
  it('that another program has fails with the port named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      await expect(startServer(server.services, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(port)) });
    } finally {
      other.close();
    }
  });

  it('at an address that is not this machine\'s fails with the setting named', async () => {
    await expect(startServer(server.services, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { name: 'DARWAZA_HOST' } });
    await expect(startServer(server.services, { host: 'no-such-host.invalid', port: 0 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('0 takes a free one and says which', async () => {
    const running = await startServer(server.services, { host: '127.0.0.1', port: 0 });
    expect(running.port).toBeGreaterThan(0);
    expect(running.url).toBe(`http://127.0.0.1:${running.port}`);
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    await running.close();
  });
});

describe('closing', () => {
  it('lets a running request end, and takes no new one', async () => {
    const held = new EventEmitter();
    const { database } = server.services, asked = once(held, 'asked');
    const check = async (): Promise<void> => {
      held.emit('asked');
      await once(held, 'release');
    };
    const running = await startServer({ ...server.services, database: { ...database, check } }, { host: '127.0.0.1', port: 0 });
    const answer = fetch(`${running.url}/healthz`);
    await asked;
    const closed = running.close(5000);
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow('fetch failed');
    held.emit('release');
    expect((await answer).status).toBe(200);
    await closed;
  });

  it('does not wait for a client that never finishes', async () => {
    const running = await startServer(server.services, { host: '127.0.0.1', port: 0 });
    const socket = connect(running.port, '127.0.0.1', () => socket.write('POST /api/v1/passes HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n'));
    const cut = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await running.close(50);
    await expect(cut).resolves.toBeDefined();
  });

  it('twice is once', async () => {
    const running = await startServer(server.services, { host: '127.0.0.1', port: 0 });
    await expect(Promise.all([running.close(), running.close()])).resolves.toEqual([undefined, undefined]);
  });
});
