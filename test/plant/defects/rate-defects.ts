import type { Defect } from '../defect.ts';

export const rateDefects: readonly Defect[] = [
  {
    name: 'lease-of-an-old-window',
    file: 'lib/app/rate/leased-rate.ts',
    find: '    const lease = known?.window === window ? known : { window, left: 0, exhausted: false };',
    replace: '    const lease = known ?? { window, left: 0, exhausted: false };',
    breaks:
      'Once a token has used up a window, its lease stays exhausted in all later windows: every call of it is refused with 429 until the container ends.',
  },
  {
    name: 'bucket-without-a-cap',
    file: 'lib/embedded/access/rate-limiter.ts',
    find: '    bucket.calls = Math.min(burst, bucket.calls + ((nowMs - bucket.atMs) / 1000) * ratePerSecond);',
    replace: '    bucket.calls += ((nowMs - bucket.atMs) / 1000) * ratePerSecond;',
    breaks:
      'A token that was idle overnight has saved up millions of calls and may flood the server far beyond its burst.',
  },
];
