import { createTrackWriter, type TrackedEvent } from '../../lib/app/delivery/track-writer.ts';
import { deliveryKey } from '../../lib/core/delivery/delivery-key.ts';
import type { Prng } from '../support/prng.ts';
import { readTracked } from './audit/counter-ledger.ts';
import { demand } from './audit/demand.ts';
import { hex } from './clients/increment-operation.ts';
import type { Kernel } from './kernel.ts';
import { runCommand } from './operators/operator-runs.ts';
import type { Platform } from './platform.ts';
import type { Services } from './services.ts';

export interface BeaconsOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** In so many seeds ads are shown. */
const share = 0.7;

const batchesMax = 6;
const eventsMax = 30;
/** At times more events of one ad at once than a transaction has room for claims. */
const burstShare = 0.05;
const burstEvents = 130;
/** So many past events may be sent again. */
const pastKept = 60;

const ads = ['1', '2', '3'].map((n) => `01890a5d-ac96-774b-bcce-${n.padStart(12, '0')}`);

/**
 * Pages that report impressions and clicks: mostly one each, at times again, late, by a bot, or of a decision of
 * another generation. Each container of track-ads is a machine of its own and may fail at any call. What they
 * acknowledge must be in the log; what becomes of it, the counter auditor predicts.
 */
export class Beacons {
  readonly #options: BeaconsOptions;
  readonly #prng: Prng;
  readonly #isOn: boolean;
  readonly #past: TrackedEvent[] = [];
  readonly #accepted: TrackedEvent[] = [];

  constructor(options: BeaconsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('beacons');
    this.#isOn = this.#prng.chance(share);
  }

  async run(): Promise<void> {
    if (!this.#isOn) return;
    for (let batches = this.#prng.int(1, batchesMax); batches > 0; batches -= 1) {
      await this.#send();
      if (this.#prng.chance(0.2)) await this.#poison();
      await this.#options.kernel.sleep(this.#prng.int(20, 1500));
    }
  }

  /** An acknowledged event is in a log. */
  atRest(): Promise<void> {
    const logged = new Set(
      this.#options.services.increments.flatMap(({ records }) =>
        records.flatMap((record) => {
          const event = readTracked(record);
          return event === undefined ? [] : [`${event.counter} ${event.id} ${event.invalid}`];
        }),
      ),
    );
    for (const event of this.#accepted) {
      const name = `${deliveryKey(event.ad, event.kind)} ${event.id} ${event.invalid}`;
      demand(logged.has(name), 'G1', 'an acknowledged event is not in the log', () => ({ event }));
    }
    return Promise.resolve();
  }

  facts(): Record<string, number> {
    return { trackedAccepted: this.#accepted.length };
  }

  async #send(): Promise<void> {
    const { kernel, platform } = this.#options;
    const events = this.#draw();
    const ports = platform.operatorPorts();
    const result = await runCommand({ kernel, pending: platform.pending }, () =>
      createTrackWriter(ports).append(events),
    );
    if (result === undefined || result.status === 'unavailable') return;
    const failed = new Set(result.status === 'partial' ? result.failed.map(({ index }) => index) : []);
    this.#accepted.push(...events.filter((_, index) => !failed.has(index)));
  }

  #draw(): readonly TrackedEvent[] {
    const prng = this.#prng;
    const isBurst = prng.chance(burstShare);
    const only = isBurst ? prng.pick(ads) : undefined;
    return Array.from({ length: isBurst ? burstEvents : prng.int(1, eventsMax) }, () => {
      const again = this.#past.length > 0 && prng.chance(0.25) ? prng.pick(this.#past) : undefined;
      const at = Math.floor(this.#options.kernel.nowMs());
      const event = again === undefined ? this.#drawNew(only ?? prng.pick(ads), at) : { ...again, at };
      this.#past.push(event);
      this.#past.splice(0, this.#past.length - pastKept);
      return event;
    });
  }

  #drawNew(ad: string, at: number): TrackedEvent {
    const prng = this.#prng;
    const reasons = ['bot', 'prefetch', 'no-user-agent'] as const;
    return {
      ...{ id: hex(prng, 4), ad, at, epoch: Math.floor(at / 60_000) * 4 },
      kind: prng.chance(0.7) ? 'impression' : 'click',
      generation: prng.chance(0.04) ? 1 : 0,
      ...(prng.chance(0.15) && { invalid: prng.pick(reasons) }),
    };
  }

  /** What no release of track-ads writes, under the key of an ad. */
  async #poison(): Promise<void> {
    const prng = this.#prng;
    const log = prng.pick(this.#options.services.increments);
    const ad = prng.pick(ads);
    const event = { v: 1, type: 'Tracked', ...this.#drawNew(ad, Math.floor(this.#options.kernel.nowMs())) };
    const body = prng.pick<unknown>([
      { ...event, v: 2 },
      { ...event, id: 'x' },
      { ...event, ad: `${ad.slice(0, -1)}f` },
      { ...event, kind: 'view' },
      { ...event, invalid: 'bored' },
      'not an event',
    ]);
    const key = `\u0001${prng.pick(['i', 'c'])}#${ad}`;
    await log.append([{ partitionKey: key, data: Buffer.from(JSON.stringify(body)) }]);
  }
}
