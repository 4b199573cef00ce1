import { costTable } from '../lib/infra/cost.ts';
import { costComparison } from '../lib/infra/cost-comparison.ts';

/** `npm run cost`: the cost table of docs/deploy.md and the comparison of the README, from list prices. */
console.log(`${costTable()}\n\n${costComparison()}`);
