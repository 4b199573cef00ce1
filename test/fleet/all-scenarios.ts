import type { Scenario } from './scenario.ts';
import { burst } from './scenarios/burst.ts';
import { capacity } from './scenarios/capacity.ts';
import { coldHerd } from './scenarios/cold-herd.ts';
import { hotKey } from './scenarios/hot-key.ts';
import { rateLimit } from './scenarios/rate-limit.ts';

export const scenarios: readonly Scenario[] = [rateLimit, burst, hotKey, coldHerd, capacity];
