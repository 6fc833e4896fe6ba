import { get, type IncomingMessage } from 'node:http';

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
  /** When its last byte was read, by the monotonic clock; milliseconds. */
  readonly at: number;
}

/** A client of server-sent events, as the HTML standard parses them. */
export interface EventStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** All events so far; `next` takes none away. */
  readonly events: readonly StreamEvent[];
  /** What came, byte for byte. */
  readonly text: () => string;
  /** The id to come back with: also of events without data. */
  readonly lastEventId: () => string;
  /** Waits until there are so many events; gives them. */
  until(count: number, withinMs?: number): Promise<readonly StreamEvent[]>;
  /** Resolves when the server has ended the stream or the connection. */
  readonly ended: Promise<void>;
  /** Ends the connection without a word. */
  cut(): void;
  /** Reads no more, as a client that hangs. */
  stall(): void;
}

export interface StreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly onEvent?: (event: StreamEvent) => void;
}

export function openStream(url: string, { headers, onEvent }: StreamOptions): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false }, (response) => resolve(follow(response, onEvent)));
    request.once('error', reject);
  });
}

function follow(response: IncomingMessage, onEvent: StreamOptions['onEvent']): EventStream {
  const events: StreamEvent[] = [], waiting = new Set<() => void>();
  let text = '', rest = '', lastEventId = '', over = false;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').filter((line) => !line.startsWith(':')).map((line) => /^([^:]*):? ?(.*)$/s.exec(line) as unknown as [string, string, string]);
      const of = (name: string): string | undefined => fields.findLast(([, field]) => field === name)?.[2];
      lastEventId = of('id') ?? lastEventId;
      const data = of('data');
      if (data === undefined) continue;
      const event: StreamEvent = { id: of('id') ?? null, event: of('event') ?? 'message', data: JSON.parse(data), at: performance.now() };
      events.push(event);
      onEvent?.(event);
    }
    for (const wake of waiting) wake();
  });
  const ended = new Promise<void>((resolve) => response.once('close', () => {
    over = true;
    resolve();
    for (const wake of waiting) wake();
  }));
  response.on('error', () => undefined);
  return {
    status: response.statusCode ?? 0, headers: response.headers, events, text: () => text, lastEventId: () => lastEventId, ended,
    cut: () => void response.destroy(), stall: () => void response.pause(),
    async until(count, withinMs = 15_000) {
      const end = performance.now() + withinMs;
      while (events.length < count) {
        if (over || performance.now() > end) throw new Error(`${events.length} of ${count} events came${over ? ' before the stream ended' : ''}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), Math.max(1, end - performance.now()));
          const wake = (): void => {
            clearTimeout(timer);
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
      return events.slice(0, count);
    },
  };
}
