import { drawQuery } from '../workload/draws.ts';
import { bearerHeaders } from '../workload/open-client.ts';
import { Prng } from '../../support/prng.ts';
import { kinds, type Kind, type Pair, type Plan } from './plan.ts';

export interface LoadRequest {
  readonly kind: Kind;
  readonly bytes: Buffer;
  /** What it adds to which counters. */
  readonly increments: readonly Pair[];
}

/** Different requests of a kind are drawn up to here, and then come again. */
const differentMax = 4096;
/** Batches are larger. */
const differentBatchesMax = 64;
const keysPerReadMax = 20;

/**
 * Draws the requests of a plan, by its weights. They are made as bytes beforehand: what is measured is the
 * server.
 */
export class RequestPool {
  readonly #prng: Prng;
  readonly #requests: readonly (readonly LoadRequest[])[];
  /** Rising up to 1. */
  readonly #shares: readonly number[];
  #beaconsDrawn = 0;

  constructor(plan: Plan) {
    this.#prng = new Prng(plan.seed);
    const weights = kinds.map((kind) => plan.mix[kind] ?? 0);
    const sum = weights.reduce((a, b) => a + b, 0);
    if (!(sum > 0)) throw new RangeError('the mix is empty');
    let passed = 0;
    this.#shares = weights.map((weight) => (passed += weight) / sum);
    this.#requests = kinds.map((kind, i) => ((weights[i] ?? 0) > 0 ? this.#make(kind, plan) : []));
  }

  draw(): LoadRequest {
    const point = this.#prng.float();
    const kind = this.#shares.findIndex((share) => point < share);
    if (kinds[kind] === 'beacon') return this.#nextBeacon(this.#requests[kind] ?? []);
    return this.#prng.pick(this.#requests[kind] ?? []);
  }

  #nextBeacon(beacons: readonly LoadRequest[]): LoadRequest {
    const beacon = beacons[this.#beaconsDrawn];
    if (beacon === undefined)
      throw new RangeError(`all ${beacons.length} beacons are sent; make more of them`);
    this.#beaconsDrawn += 1;
    return beacon;
  }

  #make(kind: Kind, plan: Plan): LoadRequest[] {
    const counts: Readonly<Partial<Record<Kind, number>>> = {
      batch: differentBatchesMax,
      beacon: plan.beacons?.length ?? 0,
    };
    const count = counts[kind] ?? Math.max(differentMax, plan.keys);
    const { host } = new URL(plan.url);
    const headers = Object.entries({ Host: host, ...bearerHeaders(plan.token) });
    const common = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return Array.from({ length: count }, (_, i) => this.#makeOne(kind, plan, i, common));
  }

  #makeOne(kind: Kind, plan: Plan, i: number, headers: string): LoadRequest {
    const prng = this.#prng;
    const key = i % plan.keys;
    const name = (number: number): string => `${plan.keyPrefix}-${number}`;
    switch (kind) {
      case 'ads': {
        const asked = Object.entries(drawQuery(() => prng.float()));
        const query = asked.map(([name, value]) => `${name}=${value}`).join('&');
        return { kind, bytes: get(`/api/v1/ad?${query}`, headers), increments: [] };
      }
      case 'decision': {
        const { age, country } = drawQuery(() => prng.float());
        const body = JSON.stringify({ age, country, placements: [{ id: 'article/top' }] });
        return { kind, bytes: post('/api/v1/decisions', body, headers), increments: [] };
      }
      case 'beacon':
        return { kind, bytes: get(plan.beacons?.[i] ?? '', headers), increments: [] };
      case 'counter': {
        // One half reads one counter, the other half several.
        const several = Array.from(
          { length: Math.min(keysPerReadMax, plan.keys) },
          (_, n) => (key + n) % plan.keys,
        );
        const path =
          i % 2 === 0
            ? `/increment/${name(key)}`
            : `/api/v1/counters?${several.map((n) => `key=${name(n)}`).join('&')}`;
        return { kind, bytes: get(path, headers), increments: [] };
      }
      case 'single': {
        const value = prng.int(1, 9);
        const body = JSON.stringify({ key: name(key), value });
        return { kind, bytes: post('/increment', body, headers), increments: [[key, value]] };
      }
      case 'batch': {
        const increments = Array.from({ length: plan.batchSize }, (): Pair => [
          prng.int(0, plan.keys - 1),
          prng.int(1, 9),
        ]);
        const sent = increments.map(([number, value]) => ({ key: name(number), value }));
        const body = JSON.stringify({ increments: sent });
        return { kind, bytes: post('/api/v1/increments', body, headers), increments };
      }
    }
  }
}

function get(path: string, headers: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${headers}User-Agent: adtally-load\r\nAccept: */*\r\n\r\n`);
}

function post(path: string, body: string, headers: string): Buffer {
  const head = `POST ${path} HTTP/1.1\r\n${headers}User-Agent: adtally-load\r\nContent-Type: application/json\r\n`;
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
