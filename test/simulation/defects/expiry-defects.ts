import type { SimulatedDefect } from '../../plant/defect.ts';

const decide = 'lib/core/ads/decide.ts';
const expirer = 'lib/app/ads/ad-expirer.ts';

/** The end of an ad, on record. */
export const expiryDefects: readonly SimulatedDefect[] = [
  {
    name: 'expiry-without-the-end-check',
    file: decide,
    find: `  if (ad.endAt > event.endAt || ad.endAt > event.at) return refused('not-due');`,
    replace: `  if (event.endAt > event.at) return refused('not-due');`,
    breaks: 'An ad whose end was moved is deleted when the schedule of its old end fires.',
    expects: ['G4', 'I8', 'I9', 'G3'],
    needs: ['schedule-unreliable'],
  },
  {
    name: 'expiry-of-any-newer-end',
    file: decide,
    find: `  if (ad.endAt > event.endAt || ad.endAt > event.at) return refused('not-due');`,
    replace: `  if (ad.endAt > event.endAt && ad.endAt > event.at + 60_000) return refused('not-due');`,
    breaks: 'A container whose clock is ahead, or an old schedule, ends an ad a minute early.',
    expects: ['G3', 'G4', 'I8', 'I9'],
  },
  {
    name: 'expiry-by-the-wall-clock',
    file: expirer,
    find: `      if (nowMs < endAtMs) return;
      const event = expiredEvent(['schedule', adId, endAtMs], { adId, endAt: endAtMs, at: nowMs });`,
    replace: `      const endAt = Math.max(nowMs, endAtMs);
      const event = expiredEvent(['schedule', adId, endAtMs], { adId, endAt: Math.max(endAt, nowMs + 300_000), at: nowMs + 300_000 });`,
    breaks: 'A late schedule ends an ad even if its end has been moved.',
    expects: ['G3', 'G4', 'I8', 'I9'],
    needs: ['schedule-unreliable'],
  },
  {
    name: 'sweep-comes-too-early',
    file: expirer,
    find: `follower.endedBefore(nowMs - sweptAfterMs)`,
    replace: `follower.endedBefore(nowMs + sweptAfterMs)`,
    breaks: 'The sweep logs the end of ads that still run; refused once, it never logs it again.',
    expects: ['I8', 'I14', 'G4'],
  },
  {
    name: 'sweep-trusts-its-memory',
    file: expirer,
    find: `      try {
        await bringUpTo(deps, parseHead(await deps.state.get(headKey)), follower);
      } finally {`,
    replace: `      try {
        if (follower.version === 0) await bringUpTo(deps, parseHead(await deps.state.get(headKey)), follower);
      } finally {`,
    breaks:
      'A warm sweep knows only the ads of its first run; other ads that no schedule ended stay for ever.',
    expects: ['I8', 'I14'],
    needs: ['schedule-unreliable'],
  },
  {
    name: 'sweep-ends-at-its-own-time',
    file: expirer,
    find: `      expiredEvent(['sweep', adId, endAt, version], { adId, endAt, at: nowMs }),`,
    replace: `      expiredEvent(['sweep', adId, endAt, version], { adId, endAt: nowMs + 86_400_000, at: nowMs + 86_400_000 }),`,
    breaks: 'An ad whose end is moved while a sweep runs is ended by it.',
    expects: ['G3', 'G4', 'I8', 'I9'],
  },
  {
    name: 'ended-ads-live-on',
    file: decide,
    find: `  if (ad === undefined) return refused('not-found');
  // A schedule`,
    replace: `  if (ad === undefined || event.at - ad.endAt > 60_000) return refused('not-found');
  // A schedule`,
    breaks: 'A late expiry is refused, so an ad whose schedule was late is never removed.',
    expects: ['G3', 'I8', 'I14'],
    needs: ['schedule-unreliable'],
  },
];
