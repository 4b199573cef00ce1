import type { HttpCall } from '../../support/http-connection.ts';
import type { Prng } from '../../support/prng.ts';
import { bodyOf, contentOf, type AdStory } from '../ledger/ad-story.ts';

/** A write of an ad that never ends, until it is settled. */
export interface AdWrite {
  readonly type: 'create' | 'change' | 'delete';
  readonly story: AdStory;
  readonly call: HttpCall;
  /** Of the new version; '' if there is none. */
  readonly title: string;
  /** On condition of a version that the ad never had: must be refused. */
  readonly forbidden: boolean;
  /** Sent again until it is answered. */
  readonly repeat: boolean;
  tries: number;
  /** Answered 404 where the ad may only not be there yet: it is read with its token before the next try. */
  doubted: boolean;
}

const neverReached = 1_000_000_000;
export const startAt = '2026-01-01T00:00:00.000Z';
export const endAt = '2100-01-01T00:00:00.000Z';

/**
 * Draws how a write is sent: with this Idempotency-Key and until answered, or once; waiting for the outcome
 * or not.
 */
function drawManner(prng: Prng, key: string): { repeat: boolean; headers: Record<string, string> } {
  const repeat = prng.chance(0.75);
  const headers = { ...(repeat && { 'Idempotency-Key': key }), ...drawWait(prng) };
  return { repeat, headers };
}

function drawWait(prng: Prng): Record<string, string> {
  return prng.chance(0.4) ? { Prefer: 'wait=5' } : {};
}

export function drawCreate(prng: Prng, story: AdStory, key: string): AdWrite {
  const { repeat, headers } = drawManner(prng, key);
  const title = story.nextTitle();
  story.sending(title);
  story.ends.push(Date.parse(endAt));
  // Before all others, so that it is reached before the ad goes.
  const goal = { goal: { impressions: { total: prng.int(1, 20) }, pacing: 'asap' }, priority: 1 };
  const body = bodyOf(title, startAt, endAt, prng.chance(0.6) ? goal : {});
  const call = { method: 'POST', path: '/api/v1/ad', headers, body };
  return { type: 'create', story, call, title, repeat, forbidden: false, tries: 0, doubted: false };
}

export function drawChange(prng: Prng, story: AdStory, key: string): AdWrite {
  const { repeat, headers } = drawManner(prng, key);
  const title = story.nextTitle();
  const conditional = story.versionKnown && prng.chance(0.3);
  const forbidden = conditional && prng.chance(0.3);
  if (!forbidden) story.sending(title);
  const version = story.version + (forbidden ? neverReached : 0);
  const body = JSON.stringify({ title, content: contentOf(title) });
  const condition = conditional ? { 'If-Match': `"${version}"` } : {};
  const call = { method: 'PATCH', path: pathOf(story), headers: { ...headers, ...condition }, body };
  return { type: 'change', story, call, title, repeat, forbidden, tries: 0, doubted: false };
}

/** A DELETE takes no key and is sent again without: that the ad is gone already is as good. */
export function drawDelete(prng: Prng, story: AdStory): AdWrite {
  const call = { method: 'DELETE', path: pathOf(story), headers: drawWait(prng) };
  return { type: 'delete', story, call, title: '', repeat: true, forbidden: false, tries: 0, doubted: false };
}

export function pathOf({ id = '' }: AdStory): string {
  return `/api/v1/ad/${id}`;
}

export function expectedStatuses({ type }: AdWrite): readonly number[] {
  switch (type) {
    case 'create':
      return [201, 202];
    case 'change':
      return [200, 202, 404, 412];
    case 'delete':
      return [202, 204, 404];
  }
}
