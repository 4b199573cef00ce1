import type { Defect } from '../defect.ts';

export const tokensDefects: readonly Defect[] = [
  {
    name: 'server-open-after-last-token',
    file: 'lib/app/tokens/token-store.ts',
    find: '  if ((await state.get(tokenMadeKey)) !== undefined) return true;',
    replace: '',
    breaks:
      'When the last token was revoked (or has expired and was deleted), the next start requires no token at all: anyone who reaches the port may do anything.',
  },
  {
    name: 'ads-write-covers-counters-read',
    file: 'lib/core/scopes.ts',
    find: `  return needed === 'ads:read' && granted.includes('ads:write');`,
    replace: `  return needed.endsWith(':read') && granted.some((scope) => scope.endsWith(':write'));`,
    breaks:
      'A token of an advertiser with ads:write may read all counters, and one with counters:write all ads.',
  },
  {
    name: 'rotation-makes-a-new-principal',
    file: 'lib/app/tokens/token-store.ts',
    find: '      const made = await put({ name, scopes, rate, expiresAt }, principal);',
    replace: '      const made = await put({ name, scopes, rate, expiresAt });',
    breaks:
      'A request repeated with the same Idempotency-Key after a rotation is a new request and takes effect twice, and old and new token have a rate limit each.',
  },
  {
    name: 'grace-outlives-expiry',
    file: 'lib/app/tokens/token-store.ts',
    find: "condition: { op: 'all', of: [{ op: 'item-present' }, endsAfter(graceEnd)] },",
    replace: "condition: { op: 'all', of: [{ op: 'item-present' }, endsAfter(0n)] },",
    breaks:
      'Rotating a token that ends within the grace, or that another operator has rotated with a shorter one, lets it live longer.',
  },
  {
    name: 'refusal-remembered-by-a-clock-set-back',
    file: 'lib/app/tokens/refused-tokens.ts',
    find: '      return atMs !== undefined && Math.abs(clock.nowMs() - atMs) < rememberedMs;',
    replace: '      return atMs !== undefined && clock.nowMs() - atMs < rememberedMs;',
    breaks:
      'After the clock of a machine was set back by an hour, a token that a restored table has again stays refused for that hour.',
  },
  {
    name: 'guard-decides-alone',
    file: 'lib/app/tokens/authorize.ts',
    find: 'const mayExist = guard === undefined ? !token.hasChecksum && !(await areGuardsComplete()) : passes;',
    replace:
      'const mayExist = guard === undefined ? !token.hasChecksum && !(await areGuardsComplete()) : true;',
    breaks:
      'Guesses with the id of a known token read the partition of all tokens, and enough of them lock every caller out.',
  },
  {
    name: 'guards-complete-though-another-release-made-a-token',
    file: 'lib/app/tokens/token-guards.ts',
    find: '    condition: unchanged,\n',
    replace: '',
    breaks:
      'A token that an earlier release makes while guards are made is refused for good, though its holder has just got it.',
  },
  {
    name: 'checksum-without-leading-zeros',
    file: 'lib/app/tokens/token-text.ts',
    find: "  return crc32(text).toString(16).padStart(checksumDigits, '0');",
    replace: '  return crc32(text).toString(16);',
    breaks: 'One token in sixteen is made too short, and never works.',
  },
];
