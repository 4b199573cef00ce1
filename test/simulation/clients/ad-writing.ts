import type { HttpAnswer } from '../audit/auditor.ts';
import { drawAd, drawPatch, spoil, type AdBody } from './ad-bodies.ts';
import { note, noteIn, pickNote, type AdNotebook } from './ad-notebook.ts';
import type { ClientWorld } from './client.ts';
import { hex } from './increment-operation.ts';

/** One write that a client retries until it is done. */
export interface Wish {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly target: string;
  readonly body?: AdBody;
  readonly headers: Readonly<Record<string, string>>;
}

const triesMax = 5;

export async function createAd(world: ClientWorld, notes: AdNotebook, large: boolean): Promise<void> {
  const { prng } = world;
  const sound = drawAd(prng, world.now(), { large, goals: world.goals });
  const body = prng.chance(0.05) ? spoil(prng, sound) : sound;
  await fulfil(world, notes, {
    method: 'POST',
    target: '/api/v1/ad',
    body,
    headers: drawHeaders(world, notes, true),
  });
}

export async function changeAd(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const { prng } = world;
  const wish = drawChange(world, notes, prng.chance(0.2) ? 'DELETE' : 'PATCH');
  if (wish !== undefined) await fulfil(world, notes, wish);
}

/** Several editors who all saw the same version of an ad. */
export async function raceForAd(world: ClientWorld, notes: AdNotebook): Promise<void> {
  const { prng } = world;
  const adId = pickNote(prng, notes.ads);
  if (adId === undefined) return;
  const target = `/api/v1/ad/${adId}`;
  const seen = await world.request({ method: 'GET', target });
  const etag = seen === 'gave-up' ? undefined : seen.headers.etag;
  if (etag === undefined) return;
  const racers = Array.from({ length: prng.int(2, 4) }, async () => {
    const method = prng.chance(0.15) ? 'DELETE' : 'PATCH';
    const body = { ...drawPatch(prng, world.now(), world), title: `ad ${hex(prng, 2)}` };
    const headers = { ...drawHeaders(world, notes, method === 'PATCH'), 'if-match': etag };
    const wish = { method, target, headers, ...(method === 'PATCH' && { body }) } as const;
    await world.sleep(prng.int(0, 50));
    await fulfil(world, notes, wish);
  });
  await Promise.all(racers);
}

function drawChange(world: ClientWorld, notes: AdNotebook, method: 'PATCH' | 'DELETE'): Wish | undefined {
  const { prng } = world;
  const adId = prng.chance(0.03)
    ? `019aa3d0-0000-7000-8000-${hex(prng, 2).slice(0, 12)}`
    : pickNote(prng, notes.ads);
  if (adId === undefined) return undefined;
  const sound = drawPatch(prng, world.now(), world);
  const known = notes.versions.get(adId);
  const headers = {
    ...drawHeaders(world, notes, method === 'PATCH'),
    ...(known !== undefined &&
      prng.chance(0.4) && { 'if-match': prng.pick([known, known, `"1", ${known}`, '*']) }),
  };
  const body = prng.chance(0.05) ? spoil(prng, sound) : sound;
  return { method, target: `/api/v1/ad/${adId}`, headers, ...(method === 'PATCH' && { body }) };
}

function drawHeaders(world: ClientWorld, notes: AdNotebook, keyed: boolean): Record<string, string> {
  const { prng } = world;
  const headers: Record<string, string> = {};
  if (prng.chance(0.5))
    headers.prefer = prng.pick(['wait=1', 'wait=2', 'respond-async, wait=5', 'wait=10', 'wait=soon']);
  if (!keyed || prng.chance(0.3)) return headers;
  const used = world.strikes('key-with-other-body') ? pickNote(prng, notes.usedKeys) : undefined;
  headers['idempotency-key'] = used ?? hex(prng, 4);
  note(notes.usedKeys, headers['idempotency-key']);
  return headers;
}

/** Does what it wants; what was refused under a key may be followed by something else under that key. */
export async function fulfil(world: ClientWorld, notes: AdNotebook, wish: Wish): Promise<void> {
  const { prng } = world;
  const answer = await insist(world, notes, wish);
  const isRefused = answer !== undefined && [404, 412, 507].includes(answer.status);
  if (isRefused && wish.headers['idempotency-key'] !== undefined && prng.chance(0.5)) {
    const headers = Object.fromEntries(Object.entries(wish.headers).filter(([name]) => name !== 'if-match'));
    const body = wish.body === undefined ? {} : { body: { ...wish.body, title: `ad ${hex(prng, 2)}` } };
    await insist(world, notes, { ...wish, ...body, headers });
  }
  if (prng.chance(0.4)) await readOwn(world, notes, wish);
}

/** Sends it until it is answered; without a key only once, because nobody knows what became of the first. */
async function insist(world: ClientWorld, notes: AdNotebook, wish: Wish): Promise<HttpAnswer | undefined> {
  const { prng } = world;
  let last: HttpAnswer | undefined;
  const trace = hex(prng, 4);
  const isKeyed = wish.headers['idempotency-key'] !== undefined;
  const triesAtMost = isKeyed ? prng.int(1, triesMax) : 1;
  for (let tries = 1; tries <= triesAtMost && world.open; tries += 1) {
    if (tries > 1) await world.sleep(prng.int(1, 400) * 2 ** tries);
    const answer = await send(world, wish, trace);
    if (answer === 'gave-up') continue;
    learn(notes, wish, answer);
    last = answer;
    // One who lost the answer among other papers asks again.
    if (answer.status < 500 && !prng.chance(0.1)) break;
  }
  return last;
}

function send(world: ClientWorld, wish: Wish, trace: string): Promise<HttpAnswer | 'gave-up'> {
  const { prng } = world;
  const { method, target, body } = wish;
  const mediaType =
    method === 'PATCH' && prng.chance(0.5) ? 'application/merge-patch+json' : 'application/json';
  const headers = {
    ...wish.headers,
    ...(body !== undefined && { 'content-type': mediaType }),
    traceparent: `00-${trace}-${hex(prng, 2)}-01`,
  };
  const patience = prng.chance(0.05) ? { patienceMs: prng.int(10, 3000) } : {};
  return world.request(
    { method, target, headers, ...(body !== undefined && { body: JSON.stringify(body) }) },
    patience,
  );
}

function learn(notes: AdNotebook, { method, target }: Wish, { status, headers }: HttpAnswer): void {
  if (status >= 300) return;
  const adId = (method === 'POST' ? headers.location : target)?.split('/').at(-1);
  if (adId === undefined) return;
  if (method === 'POST' && !notes.ads.includes(adId)) note(notes.ads, adId);
  noteIn(notes.versions, adId, headers.etag);
  note(notes.tokens, headers['consistency-token']);
}

/** Reads its own write, in one of the ways there are. */
async function readOwn(world: ClientWorld, notes: AdNotebook, wish: Wish): Promise<void> {
  const token = notes.tokens.at(-1);
  const adId = wish.method === 'POST' ? notes.ads.at(-1) : wish.target.split('/').at(-1);
  if (token === undefined || adId === undefined) return;
  const target = world.prng.pick([`/api/v1/ad/${adId}`, '/api/v1/ad?limit=100', '/api/v1/ads?limit=100']);
  await world.request({ method: 'GET', target, headers: { 'consistency-token': token } });
}
