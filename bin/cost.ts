import { costTable } from '../lib/infra/cost.ts';

/** `npm run cost`: the cost table of docs/deploy.md, from list prices. */
console.log(costTable());
