import { median } from '../measure/flatness.ts';
import { answerPanels, failuresOf, format, runLines } from '../measure/latencies.ts';
import { visibleLine, type Profile } from './profile.ts';

const rounds = 7;
const batchSecondsDefault = 60;
/** Enough to keep the disk busy; more would only wait. */
const batchConnectionsMax = 16;

/**
 * Increments as fast as they come: one key against many in turns, so that their ratio holds on any machine;
 * then batches.
 */
export const writesProfile = {
  target: ({ ads = 0 }) => ({ ads }),
  async run(session) {
    const { options, say, target } = session;
    const { keys, seconds = 3, connections, batchSize } = options;
    const mix = { single: 1 };
    const failures: string[] = [];
    const rate = async (wanted: number): Promise<number> => {
      const { result, summary } = await session.run({ mix, keys: wanted, durationMs: seconds * 1000 });
      failures.push(...failuresOf('writes', result));
      return summary.answeredPerSecond;
    };
    await session.run({ mix });
    const ceiling = await session.ceiling({ mix });
    const singlesFromMs = target.cpuMs();
    const table: { readonly one: number; readonly many: number }[] = [];
    for (let i = 0; i < rounds; i++) {
      const row = { one: await rate(1), many: await rate(keys) };
      table.push(row);
      say(`  round ${i + 1}: one key ${format(row.one)}/s, ${format(keys)} keys ${format(row.many)}/s`);
    }
    const manyIncrements = table.reduce((sum, row) => sum + row.one + row.many, 0) * seconds;
    const singleCpuUs = ((target.cpuMs() - singlesFromMs) * 1000) / manyIncrements;
    const one = median(table.map((row) => row.one));
    const many = median(table.map((row) => row.many));
    const ratio = median(table.map((row) => row.one / row.many));
    const ratioLine = `one key ${format(one)}/s, ${format(keys)} keys ${format(many)}/s: ratio ${ratio.toFixed(3)}`;
    say(ratioLine);
    const batchesFromMs = target.cpuMs();
    const { result, summary, visible } = await session.runAndWatch({
      mix: { batch: 1 },
      durationMs: (options.seconds ?? batchSecondsDefault) * 1000,
      connections: Math.min(connections, batchConnectionsMax),
    });
    const batchIncrements = result.byKind.batch.successes * batchSize;
    const batchCpuUs = ((target.cpuMs() - batchesFromMs) * 1000) / batchIncrements;
    for (const line of runLines(`batches of ${batchSize}`, summary)) say(line);
    say(visibleLine(visible));
    say(
      `  the server's processor per increment: ${format(singleCpuUs)} us singly, ${format(batchCpuUs)} us in batches`,
    );
    return {
      facts: {
        ...{ ceiling, one, many, ratio, rounds: table },
        ...{ singleCpuUs, batchCpuUs, batches: summary, visible },
      },
      chart: {
        title: `Batches of ${batchSize} increments: ${format(summary.incrementsPerSecond)} increments/s`,
        notes: [`Singly, ${ratioLine}.`],
        xTitle: 'seconds',
        panels: answerPanels(result, ['Batches answered', 'From sending to the answer']),
      },
      findings: [...failures, ...failuresOf('batches', result)],
    };
  },
} satisfies Profile;
