import type { Defect } from '../defect.ts';

export const rateDefects: readonly Defect[] = [
  {
    name: 'lease-of-an-old-window',
    file: 'lib/app/rate/leased-rate.ts',
    find: '  if (known?.window === window) return known;',
    replace: '  if (known !== undefined) return known;',
    breaks:
      'Once a token has used up a window, its lease stays exhausted in all later windows: every call of it is refused with 429 until the container ends.',
  },
  {
    name: 'lease-of-a-fiftieth',
    file: 'lib/app/rate/leased-rate.ts',
    find: '  return Math.max(Math.ceil(quota / leasesPerWindowMax), Math.floor(wanted) - coming);',
    replace: '  return Math.max(1, Math.floor(quota / 50)) + 0 * (wanted + coming);',
    breaks:
      'A container that is called once keeps 20 calls to itself: 50 containers use up a window, and a token that is within its limit gets 429.',
  },
  {
    name: 'lease-that-ignores-what-is-coming',
    file: 'lib/app/rate/leased-rate.ts',
    find: '  return Math.max(Math.ceil(quota / leasesPerWindowMax), Math.floor(wanted) - coming);',
    replace: '  return Math.max(Math.ceil(quota / leasesPerWindowMax), Math.floor(wanted) - 0 * coming);',
    breaks:
      'A container that works on many calls at once leases for each of them what it should lease for all, and the others are refused within the limit.',
  },
  {
    name: 'bucket-without-a-cap',
    file: 'lib/embedded/access/rate-limiter.ts',
    find: '    bucket.calls = Math.min(burst, bucket.calls + ((nowMs - bucket.atMs) / 1000) * ratePerSecond);',
    replace: '    bucket.calls += ((nowMs - bucket.atMs) / 1000) * ratePerSecond;',
    breaks:
      'A token that was idle overnight has saved up millions of calls and may flood the server far beyond its burst.',
  },
  {
    name: 'stage-rate-caps-every-token',
    file: 'lib/app/rate/token-rate.ts',
    find: `  const { ratePerSecond = own.ratePerSecond, burst = own.burst } = rateCeiling;`,
    replace: `  const { ratePerSecond, burst } = { ...rate, ...rateCeiling };`,
    breaks: 'A token with a higher rate of its own is refused beyond the rate of the stage.',
  },
  {
    name: 'lease-replaces-what-is-left',
    file: 'lib/app/rate/leased-rate.ts',
    find: '      lease.left += answer.granted;',
    replace: '      lease.left = answer.granted;',
    breaks:
      'In a container that works on many calls at a time, the answer to one lease throws away what others had left, so a token is refused below its limit.',
  },
];
