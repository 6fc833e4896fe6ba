import { once } from 'node:events';
import type { Config } from '../core/config.ts';
import { startServer, type RunningServer } from '../http/server.ts';
import { openInstance, type Instance } from './instance.ts';
import type { Output } from './output.ts';

/** `darwaza serve`: the API until SIGINT or SIGTERM. */
export async function serveCommand(config: Config, output: Output): Promise<number> {
  const instance = await openInstance(config);
  const server = await serve(instance);
  announce(server, output);
  output.line('Make a key with: darwaza key create --role analyst --name "…". Stop with Ctrl-C.');
  await untilStopped();
  await stop(server, instance, output);
  return 0;
}

/** Opens the port; when that fails nothing is left open. @throws PORT_IN_USE, PORT_NOT_ALLOWED */
export async function serve(instance: Instance): Promise<RunningServer> {
  try {
    return await startServer(instance, { host: instance.config.DARWAZA_HOST, port: instance.config.PORT });
  } catch (cause) {
    await instance.close();
    throw cause;
  }
}

export function announce(server: RunningServer, output: Output): void {
  if (output.json) output.object({ api: `${server.url}/api/v1`, documentation: `${server.url}/api/v1/docs` });
  output.line(`API: ${server.url}/api/v1`);
  output.line(`API documentation: ${server.url}/api/v1/docs`);
}

export async function untilStopped(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

/** Takes no more requests, finishes what was taken, closes the database. A second signal ends at once: nothing acknowledged is lost by it. */
export async function stop(server: RunningServer, instance: Instance, output: Output): Promise<void> {
  output.note('Stopping …');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await server.close();
  await instance.close();
}
