import type { Scenario } from './scenario.ts';
import { burst } from './scenarios/burst.ts';
import { capacity } from './scenarios/capacity.ts';
import { coldHerd } from './scenarios/cold-herd.ts';
import { deploy } from './scenarios/deploy.ts';
import { goalsAsap } from './scenarios/goals-asap.ts';
import { goalsEven } from './scenarios/goals-even.ts';
import { goalsTable } from './scenarios/goals-table.ts';
import { hotKey } from './scenarios/hot-key.ts';
import { rateLimit } from './scenarios/rate-limit.ts';
import { slowRegion } from './scenarios/slow-region.ts';
import { steady } from './scenarios/steady.ts';
import { tides } from './scenarios/tides.ts';

export const scenarios: readonly Scenario[] = [
  rateLimit,
  burst,
  hotKey,
  coldHerd,
  capacity,
  tides,
  slowRegion,
  deploy,
  steady,
  goalsAsap,
  goalsEven,
  goalsTable,
];
