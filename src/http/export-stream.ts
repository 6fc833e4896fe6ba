import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ExportWriter } from './export-formats.ts';

/** How an export ended. `bytes` and `sha256` are of what was written, whole or not. */
export interface ExportEnd {
  readonly outcome: 'complete' | 'cut';
  /** Why it was cut: the client went away, took nothing for too long, may ask no more, or the rows could not be read. */
  readonly reason: 'client' | 'stalled' | 'key' | 'failed' | null;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ExportStreamOptions<T> {
  readonly writer: ExportWriter<T>;
  readonly head: object;
  readonly pages: AsyncGenerator<readonly T[]>;
  /** Asked between pages: false ends the export. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Told once, before the last piece leaves: what nobody can account for is not said to be whole. For a cut export, when it was cut. */
  readonly onEnd: (end: ExportEnd) => Promise<void>;
  /** A reader that takes nothing for so long is cut; null: it may take its time. */
  readonly stalledAfterMs: number | null;
}

/**
 * An export as a stream that makes its next page only when the one before is taken: memory stays the same whatever the size. One page is
 * read ahead. It fails, and with it the answer, when it is cut: a client notices it by the missing end.
 */
export class ExportStream<T> extends Readable {
  readonly #options: ExportStreamOptions<T>;
  readonly #hash = createHash('sha256');
  #rows = 0;
  #bytes = 0;
  #begun = false;
  #next: Promise<IteratorResult<readonly T[], unknown>> | null = null;
  #stall: NodeJS.Timeout | null = null;
  #reason: ExportEnd['reason'] = null;
  #ended = false;

  constructor(options: ExportStreamOptions<T>) {
    // One piece at a time: what waits here is memory.
    super({ highWaterMark: 1 });
    this.#options = options;
  }

  override _read(): void {
    if (this.#stall !== null) clearTimeout(this.#stall);
    void this.#advance();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#stall !== null) clearTimeout(this.#stall);
    void this.#settle();
    done(error);
  }

  async #advance(): Promise<void> {
    try {
      const piece = await this.#piece();
      if (this.destroyed) return;
      const { stalledAfterMs } = this.#options;
      if (!this.#ended && stalledAfterMs !== null) this.#stall = setTimeout(() => this.#cut('stalled', 'the reader took nothing'), stalledAfterMs).unref();
      this.push(piece);
      if (this.#ended) this.push(null);
    } catch (error) {
      this.#reason ??= 'failed';
      this.destroy(error as Error);
    }
  }

  async #settle(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      // It is in the log already that this could not be written.
      await this.#options.onEnd(this.#end('cut', this.#reason ?? 'client')).catch(() => undefined);
    }
    // The statement under way is short: nothing more is asked after it.
    await this.#options.pages.return(undefined).catch(() => undefined);
  }

  #cut(reason: ExportEnd['reason'], message: string): void {
    this.#reason = reason;
    this.destroy(new Error(`export cut: ${message}`));
  }

  async #piece(): Promise<Buffer> {
    const { writer, head, pages, mayGoOn, onEnd } = this.#options;
    if (!this.#begun) {
      this.#begun = true;
      this.#readAhead();
      return this.#counted(writer.head(head));
    }
    const { done, value } = await (this.#next ?? pages.next());
    if (this.destroyed) return Buffer.alloc(0);
    if (!(await mayGoOn())) {
      this.#reason = 'key';
      throw new Error('export cut: its key is in force no more');
    }
    if (done !== true) {
      this.#readAhead();
      const piece = this.#counted(writer.rows(value, this.#rows));
      this.#rows += value.length;
      return piece;
    }
    const piece = this.#counted(writer.end(this.#rows));
    this.#ended = true;
    await onEnd(this.#end('complete', null));
    return piece;
  }

  #readAhead(): void {
    this.#next = this.#options.pages.next();
    // Told when it is its turn; meanwhile nobody listens.
    this.#next.catch(() => undefined);
  }

  #counted(text: string): Buffer {
    const piece = Buffer.from(text, 'utf8');
    this.#hash.update(piece);
    this.#bytes += piece.length;
    return piece;
  }

  /** Of what was written until now. */
  soFar(): Pick<ExportEnd, 'rows' | 'bytes' | 'sha256'> {
    return { rows: this.#rows, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }

  #end(outcome: ExportEnd['outcome'], reason: ExportEnd['reason']): ExportEnd {
    return { outcome, reason, ...this.soFar() };
  }
}
