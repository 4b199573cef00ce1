import { choices, flag, optionLines, parseOptions, runCommand } from '../../../lib/options.ts';
import { format } from '../measure/latencies.ts';
import { preloadAds } from '../workload/preload-ads.ts';
import { startGuardedServer, type GuardedServer } from './guarded-server.ts';
import { runHey } from './hey.ts';
import { installTool, ToolMissingError, toolNames, type ToolName } from './install.ts';
import { runK6 } from './k6.ts';
import { judge, type ToolRun } from './tally.ts';
import { runVegeta } from './vegeta.ts';

/**
 * Goals: hey, vegeta and k6 put load on a server that requires a token, as docs/performance.md tells a reader to,
 * and what they were acknowledged is what was counted. Non-goals: figures (`npm run load` has them).
 */
const options = {
  only: choices(toolNames, { about: 'these tools alone' }),
  quick: flag('a second or two of each, to see that the scripts work'),
};

const usage = `Installs hey, vegeta and k6 by go install in pinned versions, puts load on a guarded server with each, and
compares what was acknowledged with what was counted: npm run load:tools -- [options]

${optionLines(options)}
Sizes: hey 50,000 requests on 200 connections, one key; vegeta 100/s for 120 s; k6 2,000/s for 30 s.
The programs are kept in node_modules/.cache/load-tools. Exit codes: 0 all totals are right, 1 one is not, or a
tool failed or cannot be installed, 2 wrong arguments.
`;

const sizes = {
  full: {
    hey: { requests: 50_000, connections: 200 },
    vegeta: { perSecond: 100, seconds: 120 },
    k6: { perSecond: 2000, seconds: 30 },
  },
  quick: {
    hey: { requests: 1000, connections: 20 },
    vegeta: { perSecond: 50, seconds: 2 },
    k6: { perSecond: 50, seconds: 2 },
  },
};
const ads = 100;

await runCommand({
  name: 'load:tools',
  usage,
  read: (args) => parseOptions(args, options).values,
  run: async ({ only = toolNames, quick }) => {
    const size = quick ? sizes.quick : sizes.full;
    let allRight = true;
    for (const name of only) {
      try {
        allRight = (await tryTool(name, size)) && allRight;
      } catch (error) {
        allRight = false;
        const message = error instanceof Error ? error.message : String(error);
        write(error instanceof ToolMissingError ? message : `${name} failed: ${message}`);
      }
    }
    return allRight ? 0 : 1;
  },
});

async function tryTool(name: ToolName, size: (typeof sizes)['full']): Promise<boolean> {
  const program = installTool(name, write);
  const server = await startGuardedServer();
  try {
    await preloadAds(server, ads, 1);
    const run = await runOne(name, { program, server, size });
    const verdict = await judge(server, run.tallies);
    const wrong = [...verdict.wrong];
    if (run.countedByK6 !== undefined && run.countedByK6 !== verdict.counted)
      wrong.push(`the script read ${run.countedByK6} before the totals were at rest`);
    const { acknowledged, counted, uncertain } = verdict;
    const rest = uncertain > 0 ? `, ${format(uncertain)} uncertain` : '';
    const said = wrong.length === 0 ? 'equal' : 'WRONG';
    write(
      `${name}: ${format(run.requests)} requests with a token; ${format(acknowledged)} acknowledged, ${format(counted)} counted${rest}: ${said}`,
    );
    for (const line of [...run.notes, ...wrong]) write(`  ${line}`);
    return wrong.length === 0;
  } finally {
    await server.close();
  }
}

interface Given {
  readonly program: string;
  readonly server: GuardedServer;
  readonly size: (typeof sizes)['full'];
}

function runOne(
  name: ToolName,
  { program, server, size }: Given,
): Promise<ToolRun & { readonly countedByK6?: number }> {
  switch (name) {
    case 'hey':
      return runHey(program, server, size.hey);
    case 'vegeta':
      return runVegeta(program, server, size.vegeta);
    case 'k6':
      return runK6(program, server, size.k6);
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
