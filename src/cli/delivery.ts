import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Log } from '../core/log.ts';
import { createHitFeed, type HitFeed } from '../hit/hit-feed.ts';
import { createRelay } from '../hit/relay.ts';
import { createWebhookSender } from '../hit/webhook-sender.ts';
import { hitAnswer } from '../http/hits.ts';
import type { Database } from '../store/database.ts';
import type { HitRecord } from '../store/hit-record.ts';

/** All ways by which a hit leaves this process: the streams of the API, the webhooks, the relay. */
export interface Delivery {
  readonly feed: HitFeed;
  close(): Promise<void>;
}

export interface DeliveryParts { readonly config: Config; readonly database: Database; readonly clock: Clock; readonly log: Log }

/** Begins with what happens from now on; the webhooks with what the outbox still holds. @throws DATABASE_UNAVAILABLE */
export async function openDelivery({ config, database, clock, log }: DeliveryParts): Promise<Delivery> {
  const offsetMinutes = config.DARWAZA_UTC_OFFSET_MINUTES, describe = (hit: HitRecord) => hitAnswer(hit, offsetMinutes);
  const feed = await createHitFeed({ database, clock, log });
  const relay = await createRelay({
    feed, command: config.DARWAZA_RELAY_COMMAND, file: config.DARWAZA_RELAY_FILE, sites: config.DARWAZA_RELAY_SITES?.split(','), describe, offsetMinutes, clock, log,
  });
  const sender = createWebhookSender({ database, clock, log, describe, offsetMinutes });
  const deaf = feed.onNews(() => sender.wake());
  sender.start();
  return {
    feed,
    async close() {
      deaf();
      await Promise.all([relay?.close(), sender.close()]);
      await feed.close();
    },
  };
}
