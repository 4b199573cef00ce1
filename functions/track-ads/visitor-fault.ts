import type { RequestVisitor } from '../../lib/api/request/api-request.ts';
import type { InvalidReason } from '../../lib/core/delivery/tracked-event.ts';

/**
 * Why a beacon or a click of this visitor is kept apart and not counted; undefined: it counts. It finds those who say
 * what they are, and no one else.
 */
export function createVisitorFault(
  bots: readonly string[],
): (visitor: RequestVisitor) => InvalidReason | undefined {
  const names = bots.map((name) => name.toLowerCase());
  return (visitor) => {
    if (visitor.isPrefetch) return 'prefetch';
    const agent = visitor.userAgent?.toLowerCase();
    if (agent === undefined) return 'no-user-agent';
    return names.some((name) => agent.includes(name)) ? 'bot' : undefined;
  };
}
