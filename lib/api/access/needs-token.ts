import type { StageSettings } from '../../stages.ts';
import type { RouteScope } from '../route.ts';

/** Does a call of this scope need a token in this stage? */
export function needsToken(scope: RouteScope, { http }: Pick<StageSettings, 'http'>): boolean {
  return scope !== 'none' && !(scope === 'ads:read' && http.publicReads);
}
