import { commandLine } from '../../../lib/options.ts';
import { markdownTable } from '../../bench/tables.ts';
import { dayChart } from '../../fleet/goals/day-chart.ts';
import { runDay, type DayOptions } from '../../fleet/goals/day.ts';
import { dayTable } from '../../fleet/goals/day-table.ts';
import { writeOnPage } from '../../fleet/page.ts';
import { promiseLines } from '../../fleet/promises.ts';

export interface DeliveryDemo extends DayOptions {
  /** The folder of docs/delivery.md, whose table and plot are written; undefined: none is. */
  readonly docs: string | undefined;
}

/** `npm run demo -- --delivery`: a day of ads with goals in virtual time. Resolves to the exit code. */
export async function runDeliveryDemo(
  { seed, quick, docs }: DeliveryDemo,
  write: (text: string) => void,
): Promise<number> {
  write(
    `${quick ? 'Two hours' : 'A day'} of ads with goals on 50 containers, in virtual time, seed ${seed} ...\n\n`,
  );
  const beganMs = performance.now();
  const day = await runDay({ seed, quick });
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  const { decisions, asks } = day.tally;
  const table = markdownTable(dayTable(day));
  write(`${table}\n\n`);
  write(
    `${decisions.toLocaleString('en')} requests in ${seconds} s; ` +
      `${asks.toLocaleString('en')} of them asked a ledger for rights.\n`,
  );
  write(`${promiseLines(day.promises).join('\n')}\n`);
  if (docs === undefined) write(`Plots: ${commandLine('demo')} --delivery --docs docs\n`);
  else writeOnPage({ folder: docs, page: 'delivery' }, { name: 'day', table, chart: dayChart(day) });
  return day.promises.every(({ kept }) => kept) ? 0 : 1;
}
