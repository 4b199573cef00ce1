import type { FromGenerator, ToGenerator } from './plan.ts';
import { runPlan } from './run-plan.ts';

/** A process of its own, so that neither the server nor whoever watches takes its turn. One run at a time. */
const tell = (message: FromGenerator): void => void process.send?.(message);

process.on('message', (message) => {
  const order = message as ToGenerator;
  if (order.type === 'exit') process.disconnect();
  else {
    runPlan(order.plan, (interval) => {
      tell({ type: 'interval', interval });
    }).then(
      (result) => {
        tell({ type: 'result', result });
      },
      (error: unknown) => {
        tell({
          type: 'failed',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      },
    );
  }
});
tell({ type: 'ready' });
