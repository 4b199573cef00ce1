import type { Operation } from '../../lib/api/operation.ts';
import { operation } from '../../lib/api/operation.ts';
import { encodeCursor } from '../../lib/api/request/cursor.ts';
import { usageRoutes } from '../../lib/api/usage-routes.ts';
import { callersPerPageDefault, usageDaysDefault } from '../../lib/api/usage-schemas.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createUsageReader, type UsageSums } from '../../lib/app/usage/usage-reader.ts';
import { dayOf, startOfDayMs } from '../../lib/core/counters/usage-key.ts';

const neverStored = { 'Cache-Control': 'no-store' };

/** Reads of what callers have used: each its own, and an administrator everybody's. */
export function usageOperations(deps: Pick<Ports, 'state' | 'clock'>): readonly Operation<'read-counters'>[] {
  const reader = createUsageReader(deps);
  const today = (): number => startOfDayMs(deps.clock.nowMs());

  const getUsage = operation(usageRoutes.getUsage, async ({ query, principal }) => {
    const { to = today(), days = usageDaysDefault } = query;
    const found = await reader.ofCaller(principal, to, days);
    const rows = found.map(({ day, ...sums }) => `{"day":"${day}",${sumsJson(sums)}}`);
    const body = `{"principal":${JSON.stringify(principal)},"days":[${rows.join(',')}]}`;
    return { status: 200, headers: neverStored, body };
  });

  const listCallers = operation(usageRoutes.listCallers, async ({ query }) => {
    const { day = today(), cursor: after, limit = callersPerPageDefault } = query;
    const { callers, more } = await reader.ofDay(day, { limit, after });
    const rows = callers.map(
      ({ principal, ...sums }) => `{"principal":${JSON.stringify(principal)},${sumsJson(sums)}}`,
    );
    const last = callers.at(-1);
    const next = more && last !== undefined ? `"${encodeCursor(last.principal)}"` : 'null';
    const body = `{"day":"${dayOf(day)}","callers":[${rows.join(',')}],"next_cursor":${next}}`;
    return { status: 200, headers: neverStored, body };
  });

  return [getUsage, listCallers];
}

/** Exact, also beyond 2^53. */
function sumsJson({ calls, increments }: UsageSums): string {
  return `"calls":${calls},"increments":${increments}`;
}
