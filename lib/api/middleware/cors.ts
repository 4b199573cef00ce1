import { createCors, exposedHeaders } from '../answer/cors.ts';
import { addVary, toEvery, type Edge } from './edge.ts';

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
