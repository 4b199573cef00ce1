import type { Defect } from '../defect.ts';

const userCaps = 'lib/app/delivery/user-caps.ts';
const choosing = 'lib/app/delivery/choose-ads.ts';
const windows = 'lib/core/delivery/caps/cap-windows.ts';

/** Frequency caps: passed, counted for the wrong thing or the wrong time, or lost in a failure. */
export const capDefects: readonly Defect[] = [
  {
    name: 'cap-read-then-written',
    file: userCaps,
    find: `        const results = await state.writeEach(actions);`,
    replace: `        const counts = await state.getMany(actions.map(({ key }) => key));
        const results = await state.writeEach(
          actions.map((action, index) => ({
            ...action,
            condition: {
              op: 'all' as const,
              of: Number(counts[index]?.['n'] ?? 0n) < windowOf(rows[index]!, nowMs).max
                ? []
                : [{ op: 'absent' as const, attribute: 'expires_at' }],
            },
          })),
        );`,
    breaks: 'Two requests that read the count at once both take the last place.',
  },
  {
    name: 'cap-one-too-many',
    file: userCaps,
    find: `        { op: '<', attribute, value: BigInt(window.max) },`,
    replace: `        { op: '<=', attribute, value: BigInt(window.max) },`,
    breaks: 'Everybody gets each ad once more than its cap allows.',
  },
  {
    name: 'campaign-cap-counted-by-ad',
    file: windows,
    find: 'return { thing: `c${campaignId}`, max,',
    replace: 'return { thing: `a${id}`, max,',
    breaks: 'A campaign of ten ads is shown ten times as often as its cap allows.',
  },
  {
    name: 'cap-window-of-an-hour',
    file: windows,
    find: `  const startMs = Math.floor(atMs / periodMs) * periodMs;`,
    replace: `  periodMs = Math.min(periodMs, 3_600_000);
  const startMs = Math.floor(atMs / periodMs) * periodMs;`,
    breaks: 'A cap of three a day is one of three an hour.',
  },
  {
    name: 'cap-windows-that-slide-together',
    file: 'lib/app/state-keys.ts',
    find: "  return `${capSeconds(endMs)}#${String(periodMs / 60_000).padStart(5, '0')}#${thing}`;",
    replace: "  return `${capSeconds(endMs)}#${String(0 * periodMs).padStart(5, '0')}#${thing}`;",
    breaks: 'An hour and a day that end at midnight share a count, so the day ends early.',
  },
  {
    name: 'anonymous-gets-capped-ads',
    file: choosing,
    find: `drawFrom([], (row) => !row.servesAnonymous),`,
    replace: `drawFrom([], () => false),`,
    breaks: 'Somebody who signs out gets the ad without end.',
  },
  {
    name: 'no-answer-taken-for-leave',
    file: choosing,
    find: `      if (taken[index] === 'taken') return;`,
    replace: `      if (taken[index] !== 'full') return;`,
    breaks: 'While the store fails, no cap holds.',
  },
  {
    name: 'caps-wait-for-a-hanging-store',
    file: 'lib/app/delivery/request-waits.ts',
    find: `export const waitsMsMax = 100;`,
    replace: `export const waitsMsMax = 100_000;`,
    breaks: 'A store that hangs holds up every page that shows ads.',
  },
  {
    name: 'degraded-decision-says-nothing',
    file: 'functions/decide-ads/decide-ads.ts',
    find: `degraded.length === 0 ? usual : {`,
    replace: `degraded.length >= 0 ? usual : {`,
    breaks: 'Nobody learns that capped ads are not shown because a store fails.',
  },
  {
    name: 'caps-hashed-with-the-newest-key',
    file: userCaps,
    find: `            const settled = window.startMs - settledMs;`,
    replace: `            const settled = nowMs;`,
    breaks: 'A rotation of the keys begins every cap anew.',
  },
  {
    name: 'refused-ads-leave-their-places-empty',
    file: choosing,
    find: `  const all = [...counted, ...(await drawFrom(counted, (row) => row.capped))];`,
    replace: `  const all = counted;`,
    breaks: 'A user who has had an ad often enough gets an empty place, though other ads wait.',
  },
  {
    name: 'served-decision-counted-at-each-run',
    file: 'functions/decide-ads/decide-ads.ts',
    find: `    if (isServed && identity.drafted !== undefined) return answerServed(identity.drafted, traceparent);`,
    replace: ``,
    breaks: 'A request that is repeated after a failure uses up caps for ads that nobody sees.',
  },
  {
    name: 'user-stored-as-it-is',
    file: userCaps,
    find: "  return Buffer.from(hmacSha256(secret, `user:${user}`), 'latin1').toString('hex', 0, 16);",
    replace: "  return secret.type === 'secret' ? user : hmacSha256(secret, user);",
    breaks: 'The table holds the names of people.',
  },
  {
    name: 'cap-items-gone-with-their-window',
    file: userCaps,
    find: `const keptMs = 3_600_000;`,
    replace: `const keptMs = 0;`,
    breaks: 'A container whose clock is late counts a window anew that the store has removed.',
  },
];
