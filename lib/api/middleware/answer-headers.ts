import type { StageSettings } from '../../stages.ts';
import { createCors, exposedHeaders } from '../answer/cors.ts';
import { answerSecurity } from '../answer/answer-security.ts';
import { addVary, toEvery, type Edge } from './edge.ts';

/** Pages have a content policy of their own. */
export function securityHeaders({ stage }: Pick<StageSettings, 'stage'>): Edge {
  const always = answerSecurity(stage);
  return toEvery((_request, answer) => {
    const { 'Content-Security-Policy': own } = answer.headers;
    Object.assign(answer.headers, always, own !== undefined && { 'Content-Security-Policy': own });
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
