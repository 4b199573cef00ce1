import type { FromGenerator, Plan } from './plan.ts';
import { runPlan } from './run-plan.ts';

/**
 * A process of its own, so that neither the server nor the profile delays it. Runs one plan after the other.
 */
process.on('message', (plan) => {
  const reply = (message: FromGenerator): void => void process.send?.(message);
  runPlan(plan as Plan).then(
    (result) => {
      reply({ result });
    },
    (error: unknown) => {
      reply({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  );
});
