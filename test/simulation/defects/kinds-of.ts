/** Goal: `ask-least-kinds.ts` starts it in a copy with a planted defect, with the seed that fails. */
import { leastKinds } from './least-kinds.ts';

process.stdout.write(JSON.stringify(await leastKinds(Number(process.argv[2]))));
