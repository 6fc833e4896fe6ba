import { DarwazaError } from '../core/errors.ts';
import type { Services } from './services.ts';

const RETRY_AFTER_S = 2;

/**
 * Pictures on their way in lie in memory until they are whole. No more of them at once than may wait for a reader: a thousand cameras that
 * come back after a cut would otherwise send a thousand pictures before the first is refused.
 */
export class Uploads {
  #running = 0;

  /** @throws BUSY before anything of the body is read */
  async hold<T>({ engine }: Pick<Services, 'engine'>, work: () => Promise<T>): Promise<T> {
    const { waiting, limit } = engine.queue();
    if (waiting >= limit || this.#running >= limit) throw new DarwazaError('BUSY', { waiting: waiting + this.#running, seconds: RETRY_AFTER_S });
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }
}
