import { headerValues, type Answer } from './answer-parser.ts';
import type { FuzzRequest } from './draft.ts';
import { preferences } from './header-values.ts';

/**
 * Checks that an answer names exactly the preferences that it applied and the request had; undefined: it
 * does.
 */
export function preferenceFault({ headers }: FuzzRequest, answer: Answer): string | undefined {
  const sent = headerValues(headers, 'prefer');
  const known = preferences.find(({ text }) => sent.length === 1 && sent[0] === text);
  const replayed = headerValues(answer.headers, 'idempotent-replayed').length > 0;
  if (replayed || (known === undefined && sent.length > 0)) return undefined;
  const applied = headerValues(answer.headers, 'preference-applied')[0];
  const seconds = /\bwait=(\d+)/.exec(applied ?? '')?.[1];
  const isRight = seconds === undefined || Number(seconds) === known?.waitSeconds;
  return isRight ? undefined : `applied ${applied ?? ''} to Prefer: ${sent[0] ?? ''}`;
}
