import { createHmac } from 'node:crypto';
import type { Prng } from '../../support/prng.ts';
import type { ClientWorld } from './client.ts';
import { hex } from './increment-operation.ts';

/** An ad on a page, and what reports it. */
export interface ShownAd {
  readonly adId: string;
  readonly token: string;
  /** Path and query of its click; undefined: it leads nowhere. */
  readonly click?: string;
}

/** A decision that may be asked for again. */
export interface KeyedDecision {
  readonly key: string;
  readonly body: string;
  /** The trace of all its tries. */
  readonly trace: string;
  readonly atMs: number;
}

/** What the pages of one world share: ads that were shown, and tokens of reports that were accepted. */
export interface ViewerNotes {
  /** The newest last. */
  readonly shown: ShownAd[];
  readonly tokens: { readonly token: string; readonly atMs: number }[];
  readonly keyed: KeyedDecision[];
}

type Sending = Pick<ClientWorld, 'prng' | 'request' | 'sleep' | 'now'>;

const tokensKept = 20;
/** An honest page sends again what failed. */
const triesMax = 3;
/** One that has to count is sent until outages of seconds are over. */
const seenTriesMax = 8;

const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36',
];
const robots = [
  'Googlebot/2.1 (+http://www.google.com/bot.html)',
  'facebookexternalhit/1.1',
  'HeadlessChrome',
];

/** Reports an impression or a click of one ad, in one of the ways there are. */
export async function report(world: Sending, notes: ViewerNotes, shown: ShownAd): Promise<void> {
  const { prng } = world;
  // Few ads lead anywhere; those that do are clicked.
  if (shown.click !== undefined && prng.chance(0.5)) {
    await send(world, prng.chance(0.9) ? 'GET' : 'HEAD', drawClick(prng, shown.click));
    return;
  }
  const kind = prng.int(1, 20);
  if (kind <= 2) await reportAll(world, notes, [shown]);
  else if (kind <= 5) await send(world, 'HEAD', pixelOf(shown.token) + drawNoise(prng));
  else if (kind <= 10) await send(world, prng.pick(['GET', 'POST']), pixelOf(forge(prng, shown.token)));
  else await send(world, prng.pick(['GET', 'GET', 'POST']), pixelOf(shown.token) + drawNoise(prng));
}

/** A page that works: it reports an impression once, and sends it again as long as nothing is acknowledged. */
export async function reportSeen(world: Sending, { token }: ShownAd): Promise<void> {
  const { prng } = world;
  const trace = hex(prng, 4);
  for (let tries = 0; tries < seenTriesMax; tries += 1) {
    const answer = await world.request({
      method: 'GET',
      target: pixelOf(token),
      headers: { 'user-agent': prng.pick(agents), traceparent: `00-${trace}-${hex(prng, 2)}-01` },
    });
    if (answer !== 'gave-up' && answer.status < 500) return;
    await world.sleep(prng.int(100, 2000));
  }
}

/** Reports many at once, some twice, some forged. */
export async function reportAll(
  world: Sending,
  notes: ViewerNotes,
  shown: readonly ShownAd[],
): Promise<void> {
  const { prng } = world;
  if (shown.length === 0) return;
  const events = shown.map(({ token }) => ({
    token: prng.chance(0.1) ? forge(prng, token) : token,
    type: prng.chance(0.7) ? 'impression' : 'click',
  }));
  const trace = hex(prng, 4);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const answer = await world.request({
      method: 'POST',
      target: '/api/v1/events',
      headers: { 'content-type': 'application/json', traceparent: `00-${trace}-${hex(prng, 2)}-01` },
      body: JSON.stringify({ events }),
    });
    if (answer !== 'gave-up') note(notes, answer.headers['consistency-token'], world.now());
    const isDone = answer !== 'gave-up' && answer.status < 500 && answer.status !== 207;
    if (isDone || prng.chance(0.3)) return;
    await world.sleep(prng.int(10, 2000));
  }
}

async function send(world: Sending, method: string, target: string): Promise<void> {
  const { prng } = world;
  const trace = hex(prng, 4);
  const headers = drawVisitor(prng);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const answer = await world.request(
      {
        ...{ method, target },
        headers: { ...headers, traceparent: `00-${trace}-${hex(prng, 2)}-01` },
        ...(method === 'POST' && { body: '' }),
      },
      prng.chance(0.05) ? { patienceMs: prng.int(10, 2000) } : {},
    );
    const isDone = answer !== 'gave-up' && answer.status < 500;
    // One that lost the answer sends again, and some send again what was answered.
    if (prng.chance(isDone ? 0.85 : 0.3)) return;
    await world.sleep(prng.int(10, 2000));
  }
}

/** People mostly; some say that they are none. */
function drawVisitor(prng: Prng): Readonly<Record<string, string>> {
  const kind = prng.int(1, 20);
  if (kind === 1) return { 'user-agent': prng.pick(robots) };
  if (kind === 2) return prng.chance(0.5) ? {} : { 'user-agent': '' };
  const person = { 'user-agent': prng.pick(agents) };
  if (kind === 3) return { ...person, 'sec-purpose': prng.pick(['prefetch', 'prefetch;prerender']) };
  if (kind === 4) return { ...person, ...prng.pick([{ purpose: 'prefetch' }, { 'x-moz': 'prefetch' }]) };
  if (kind === 5 && prng.chance(0.3)) return { ...person, 'if-match': '"1"' };
  return person;
}

/** What caches and other people's programs add to an address. */
function drawNoise(prng: Prng): string {
  return prng.chance(0.7)
    ? ''
    : prng.pick(['?', '?cb=123', '?u=https%3A%2F%2Fevil.example%2F', '?a=%E0%A4%A&a']);
}

/** A click as it was given, with parameters that somebody added, or with another address or signature. */
function drawClick(prng: Prng, click: string): string {
  const kind = prng.int(1, 10);
  if (kind <= 6) return click;
  if (kind === 7) return `${click}&utm_source=mail&gclid=1`;
  const [path = '', search = ''] = click.split('?');
  const query = new URLSearchParams(search);
  const [, , , text = ''] = path.split('/');
  if (kind === 8)
    query.set('u', prng.pick(['https://evil.example/', `${query.get('u') ?? ''}/x`, 'javascript:1']));
  else if (kind === 9) query.set('s', prng.pick([`A${(query.get('s') ?? '').slice(1)}`, 'short', '']));
  else return `/t/c/${forge(prng, text)}?${query.toString()}`;
  return `${path}?${query.toString()}`;
}

const macBytes = 16;
/** Where the parts of a token begin: the number of its key, its ad, its epoch, what is random in it. */
const parts = [1, 5, 25, 29] as const;

/** A token that nobody signed: one bit is another, or a key that was made up has signed it. */
function forge(prng: Prng, token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const kind = prng.int(1, 5);
  if (kind === 1) return prng.pick(['x', `${token}A`, token.slice(0, -2), token.slice(1), '-'.repeat(80)]);
  if (kind === 2) {
    // The last digit has bits that belong to no byte; without such bits it is another byte.
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return token.slice(0, -1) + digits.charAt(digits.indexOf(token.slice(-1)) ^ 1);
  }
  const at = kind === 3 ? bytes.length - 1 - prng.int(0, macBytes - 1) : prng.pick(parts) + prng.int(0, 3);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.int(0, 7));
  if (kind === 5) {
    const signed = bytes.subarray(0, bytes.length - macBytes);
    createHmac('sha256', 'a guess').update(signed).digest().copy(bytes, signed.length, 0, macBytes);
  }
  return bytes.toString('base64url');
}

function pixelOf(token: string): string {
  return `/t/i/${token}`;
}

function note({ tokens }: ViewerNotes, token: string | undefined, atMs: number): void {
  if (token === undefined) return;
  tokens.push({ token, atMs });
  tokens.splice(0, tokens.length - tokensKept);
}
