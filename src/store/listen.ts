import { Client } from 'pg';

/** What listening needs of a connection to the server. */
export interface ListenOptions {
  readonly url: string;
  readonly channel: string;
  /** Called for every notice, and once after a connection that was lost is back: notices of the time between are gone. */
  readonly onNotice: () => void;
  /** How long an answer may take before the connection counts as cut; milliseconds. */
  readonly silenceMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_WAIT_MS = 250, LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 10_000, GOODBYE_MS = 1_000;

/**
 * Listens on a channel of a PostgreSQL server with a connection of its own, and comes back by itself when that is lost. Gives what ends it.
 * @throws what pg throws when the first connection cannot be made
 */
export async function listenOnServer(options: ListenOptions): Promise<() => Promise<void>> {
  const { silenceMs = SILENCE_MS } = options;
  let client: Client | null = null, ended = false, waitMs = FIRST_WAIT_MS, retry: NodeJS.Timeout | undefined;
  const lost = (which: Client): void => {
    if (client !== which) return;
    client = null;
    which.end().catch(() => undefined);
    if (!ended) retry = setTimeout(() => void again(), waitMs).unref();
  };
  const again = async (): Promise<void> => {
    try {
      await open();
      waitMs = FIRST_WAIT_MS;
      options.onNotice();
    } catch {
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      if (!ended) retry = setTimeout(() => void again(), waitMs).unref();
    }
  };
  const open = async (): Promise<void> => {
    const next = await connected(options);
    if (ended) return next.end();
    client = next;
    next.on('end', () => lost(next)).on('error', () => lost(next));
  };
  await open();
  const pulse = setInterval(() => {
    const asked = client;
    if (asked !== null) answersWithin(asked, silenceMs).catch(() => lost(asked));
  }, silenceMs).unref();
  return async () => {
    ended = true;
    clearInterval(pulse);
    clearTimeout(retry);
    const last = client;
    client = null;
    if (last !== null) await closed(last);
  };
}

async function connected({ url, channel, onNotice }: ListenOptions): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'darwaza listen', keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // Without a listener a lost connection would end the process.
  client.on('error', () => undefined);
  client.on('notification', () => onNotice());
  try {
    await client.connect();
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
}

/** Says goodbye; a server that does not answer is not waited for. */
async function closed(client: Client): Promise<void> {
  const timer = setTimeout(() => streamOf(client).destroy(), GOODBYE_MS);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}

function streamOf(client: Client): import('node:net').Socket {
  return (client as Client & { readonly connection: { readonly stream: import('node:net').Socket } }).connection.stream;
}

/** A cut network sends no end of the connection, and a listener sends nothing that would find it out: it is asked now and then. */
async function answersWithin(client: Client, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      streamOf(client).destroy();
      reject(new Error('no answer'));
    }, ms).unref();
  });
  try {
    await Promise.race([client.query('select 1'), silence]);
  } finally {
    clearTimeout(timer);
  }
}
