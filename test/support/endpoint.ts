import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One POST as a receiver of webhooks got it. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
  readonly path: string;
}

/** A receiver of webhooks: a real HTTP server that answers as the test wants. */
export interface Endpoint {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many requests wait for their answer. */
  readonly open: () => number;
  /** A status, or what is done with the answer. */
  answer: number | ((got: Received, res: ServerResponse) => void);
  close(): Promise<void>;
}

export async function startEndpoint(answer: Endpoint['answer'] = 204): Promise<Endpoint> {
  const received: Received[] = [];
  let open = 0;
  const take = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await bodyOf(req), got: Received = { headers: req.headers, body, json: JSON.parse(body), path: req.url ?? '' };
    received.push(got);
    if (typeof endpoint.answer === 'number') res.writeHead(endpoint.answer).end();
    else endpoint.answer(got, res);
  };
  const server = createServer((req, res) => {
    open += 1;
    res.once('close', () => (open -= 1));
    // A sender that is killed sends half a body.
    take(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hits`, received, open: () => open, answer,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return endpoint;
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
