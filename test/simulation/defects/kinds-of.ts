/** Goal: `ask-least-kinds.ts` starts it in a copy with a planted defect, with the seed that fails. */
import { leastKinds } from './least-kinds.ts';

const [, , seed, mode] = process.argv;
process.stdout.write(JSON.stringify(await leastKinds(Number(seed), mode === 'goals')));
