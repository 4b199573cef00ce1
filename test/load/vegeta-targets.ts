import { RequestPool } from './generator/request-pool.ts';
import type { LoadOptions } from './options.ts';

const urlDefault = new URL('http://127.0.0.1:3333');

/**
 * For those who use vegeta: so many requests of the mix, one JSON object a line. vegeta goes through them in
 * a circle, at a steady rate whatever the answers take. It cannot tell whether all was counted; `npm run
 * load` can.
 */
export function* vegetaTargets(options: LoadOptions, count: number): Generator<string> {
  const { url = urlDefault, token, seed } = options;
  const keyPrefix = vegetaKeyPrefix(seed);
  const access = token === undefined ? {} : { Authorization: [`Bearer ${token}`] };
  const pool = new RequestPool({ ...options, url: url.href, keyPrefix, ratePerSecond: 1, durationMs: 1 });
  for (let i = 0; i < count; i++) {
    const [head = '', body = ''] = pool.draw().bytes.toString().split('\r\n\r\n');
    const [method = '', path = ''] = head.split(' ', 2);
    const target = { method, url: new URL(path, url).href };
    const header = { ...access, ...(body !== '' && { 'Content-Type': ['application/json'] }) };
    yield JSON.stringify({
      ...target,
      ...(Object.keys(header).length > 0 && { header }),
      ...(body !== '' && { body: Buffer.from(body).toString('base64') }),
    });
  }
}

/** Their counters are called `<prefix>-0` and so on. */
export function vegetaKeyPrefix(seed: number): string {
  return `vegeta-${seed.toString(36)}`;
}
