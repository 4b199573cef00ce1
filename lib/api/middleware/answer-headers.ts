import type { StageSettings } from '../../stages.ts';
import { createCors, exposedHeaders } from '../answer/cors.ts';
import { addVary, toEvery, type Edge } from './edge.ts';

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

/** Lets pages of the stage's allowed origins read the answers. */
export function corsHeaders(origins: readonly string[]): Edge {
  const cors = createCors(origins);
  return toEvery(({ event }, { headers }) => {
    const origin = cors.allowOrigin(event);
    if (origin !== undefined) {
      headers['Access-Control-Allow-Origin'] = origin;
      headers['Access-Control-Expose-Headers'] = exposedHeaders;
    }
    if (cors.varies) addVary(headers, 'Origin');
  });
}
