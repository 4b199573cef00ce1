import { createCors, exposedHeaders } from '../answer/cors.ts';
import { addVary, toEvery, type Edge } from './edge.ts';

/** Lets the pages of the stage's origins read the answers. */
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
