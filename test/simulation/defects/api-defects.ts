import type { SimulatedDefect } from '../../plant/defect.ts';

const jsonBody = 'lib/api/request/json-body.ts';

/** The edge: what is let in, and what is answered. */
export const apiDefects: readonly SimulatedDefect[] = [
  {
    name: 'truncated-body-completed',
    file: jsonBody,
    find: `    if (error instanceof SyntaxError) return malformed('The body is not JSON.');`,
    replace: `    try {
      return { ok: true, value: JSON.parse(\`\${text}}\`) };
    } catch {
      if (error instanceof SyntaxError) return malformed('The body is not JSON.');
    }`,
    breaks: 'A body cut off in the middle of a number is counted with the rest of the number.',
    expects: ['G1', 'G8', 'I10'],
    needs: ['body-truncated'],
  },
  {
    name: 'too-large-let-in',
    file: 'lib/api/middleware/request-body.ts',
    find: `  if (body === null || body.length * 3 <= bodyBytesMax) return false;`,
    replace: `  if (body === null || body.length > bodyBytesMax) return false;`,
    breaks: 'A body over the limit is processed.',
    expects: ['G8', 'G9', 'I10'],
    needs: ['body-oversize'],
  },
  {
    name: 'content-type-not-looked-at',
    file: 'lib/api/request/media-type.ts',
    find: `  return name !== undefined && allowed.includes(name.toLowerCase());`,
    replace: `  return name === undefined || allowed.length > 0;`,
    breaks: 'A form post of another site is taken for JSON.',
    expects: ['G8', 'I10'],
    needs: ['wrong-content-type'],
  },
  {
    name: 'unknown-fields-ignored',
    file: 'lib/api/counter-schemas.ts',
    find: `  return z.strictObject({ key, value }, { error: 'must be an object' });`,
    replace: `  return z.object({ key, value }, { error: 'must be an object' });`,
    breaks: 'A misspelt field is ignored instead of being named.',
    expects: ['G8', 'I10'],
  },
  {
    name: 'values-of-any-size',
    file: 'lib/api/counter-schemas.ts',
    find: `  .min(1, { error: valueMessage })`,
    replace: `  .min(0, { error: valueMessage })`,
    breaks: 'An increment of 0 passes the schema and ends as a 500.',
    expects: ['G8', 'I10'],
  },
  {
    name: 'store-failures-answered-500',
    file: 'lib/api/middleware/failures.ts',
    find: `      case 'state-throttled':
      case 'state-conflict':
        return`,
    replace: `      case 'state-throttled':
        return undefined;
      case 'state-conflict':
        return`,
    breaks: 'A throttled store is answered as a bug, and clients do not retry.',
    expects: ['I10'],
    needs: ['state-throttled'],
  },
  {
    name: 'retry-after-left-out',
    file: 'lib/api/answer/answer.ts',
    find: `retryAfterSeconds !== undefined && {`,
    replace: `retryAfterSeconds !== undefined && status !== 503 && {`,
    breaks: 'A client that gets a 503 does not know when to retry.',
    expects: ['I10', 'G7'],
  },
  {
    name: 'log-failure-answered-accepted',
    file: 'functions/ingest-ads/ingest-ads.ts',
    find: `    assert(result.status !== 'removed', 'a change does not remove');`,
    replace: `    assert(result.status !== 'removed', 'a change does not remove');
    if (result.status === 'log-unavailable' && result.ambiguous) return { status: 202, body: adWritten(path.id, patch) };`,
    breaks: 'A write that may not be in the log is answered 202.',
    expects: ['I3', 'I10', 'G7'],
    needs: ['append-lost', 'append-unconfirmed', 'append-entry-failed'],
  },
  {
    name: 'outcome-looked-up-after-the-checks',
    file: 'lib/app/ads/ad-writer.ts',
    find: `  const answered = await answerFromBefore(deps, event, options);
  if (answered !== undefined) return answered;
  if (found.status === 'not-yet')`,
    replace: `  const refusedNow = found.status === 'live' ? refuseChange(event, found.ad) : 'not-found';
  const answered = refusedNow === undefined ? await answerFromBefore(deps, event, options) : undefined;
  if (answered !== undefined) return answered;
  if (found.status === 'not-yet')`,
    breaks: 'The retry of an edit that took effect gets 412, because of its own effect.',
    expects: ['G1', 'I10'],
    needs: ['client-gives-up', 'duplicate-request', 'crash-after-append'],
  },
  {
    name: 'waiting-shown-another-change',
    file: 'lib/app/ads/ad-writer.ts',
    find: `      return outcome && (await answer(deps, event, outcome, token));`,
    replace: `      return outcome && (await answer(deps, event, { status: 'applied', version: 1 }, token));`,
    breaks: 'A client that waits gets another change than its own.',
    expects: ['G3', 'G7', 'I10'],
  },
  {
    name: 'not-caught-up-answered-404',
    file: 'lib/app/ads/ad-writer.ts',
    find: `  if (found.status === 'not-yet') return { status: 'not-caught-up' };
  const refusal`,
    replace: `  if (found.status === 'not-yet') return refused('not-found');
  const refusal`,
    breaks: 'A change of an ad that was accepted a moment ago is answered 404.',
    expects: ['G7', 'I10'],
  },
];
