import type { StageSettings } from '../../stages.ts';
import { toEvery, type Edge } from './edge.ts';

/** Browsers must not run, frame or sniff any answer; pages have their own policy. */
const contentPolicy = "default-src 'none'; frame-ancestors 'none'";

export function securityHeaders({ stage }: Pick<StageSettings, 'stage'>): Edge {
  const transportSecurity = stage === 'local' ? undefined : 'max-age=63072000';
  return toEvery((_request, { headers }) => {
    headers['X-Content-Type-Options'] = 'nosniff';
    headers['Content-Security-Policy'] ??= contentPolicy;
    if (transportSecurity !== undefined) headers['Strict-Transport-Security'] = transportSecurity;
  });
}
