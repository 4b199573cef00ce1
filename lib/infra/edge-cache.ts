import { needsToken } from '../api/access/access-policy.ts';
import { createCors } from '../api/answer/cors.ts';
import { routes } from '../api/routes.ts';
import type { StageSettings } from '../stages.ts';

/** Answers that the edge keeps, and what two calls must have alike to get the same one. */
export interface EdgeCache {
  /** Of a route, without path parameters. */
  readonly path: string;
  /**
   * `all`: every parameter as it was sent, also one that the route does not know or that is given twice; it would
   * otherwise be answered instead of refused. `none`: of a page, which ignores its query.
   */
  readonly query: 'all' | 'none';
  /** `Accept-Encoding` is always among them, in the form to which CloudFront brings it. */
  readonly headers: readonly string[];
}

/** What the edge of a stage keeps: answers that need no token and that shared caches may keep (`Route.shared`). */
export function edgeCaches(settings: StageSettings): readonly EdgeCache[] {
  const byOrigin = createCors(settings.http.corsOrigins).varies ? ['Origin'] : [];
  return routes.flatMap(({ path, query, scope, shared }) =>
    shared === undefined || needsToken(scope, settings)
      ? []
      : { path, query: query === 'any' ? 'none' : 'all', headers: [...shared, ...byOrigin] },
  );
}
