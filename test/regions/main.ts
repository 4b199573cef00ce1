import { optionLines, parseOptions, runCommand, whole } from '../../lib/options.ts';
import { runScenario, type Outcome } from './scenario.ts';

const options = {
  seeds: whole({ about: 'how many seeds', min: 1, max: 1_000_000, default: 200 }),
  from: whole({ about: 'the first one', min: 0, max: 2 ** 31, default: 1 }),
};

const usage = `Two regions, cut off, evacuated and healed (docs/regions.md): npm run regions -- [options]

${optionLines(options)}
Exit codes: 0 nothing lost or doubled, 1 something was, 2 wrong arguments.
`;

await runCommand({
  name: 'npm run regions',
  usage,
  read: (args) => parseOptions(args, options).values,
  run: async ({ seeds, from }) => {
    const all: Outcome[] = [];
    for (let seed = from; seed < from + seeds; seed += 1) all.push(await runScenario(seed));
    const failed = all.filter(({ wrong }) => wrong.length > 0);
    for (const { seed, wrong } of failed) process.stdout.write(`seed ${seed}: ${wrong.join('; ')}\n`);
    const sum = (of: (outcome: Outcome) => number): number =>
      all.reduce((total, each) => total + of(each), 0);
    process.stdout.write(
      `${seeds} seeds from ${from}, ${failed.length} failed: ${sum((each) => each.increments)} increments, ` +
        `${sum((each) => each.adEvents)} ad events, ${sum((each) => each.cuts)} cuts, ` +
        `${sum((each) => each.evacuations)} evacuations, ${sum((each) => each.decidedAgain)} ad events decided again\n`,
    );
    return failed.length === 0 ? 0 : 1;
  },
});
