import { createClient } from '../../../client/index.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { runCommand } from '../../../lib/options.ts';
import { createProgress, format } from '../../../lib/bulk/progress.ts';
import { readSeedOptions, seedUsage, type SeedOptions } from './options.ts';
import { seedAds } from './seed-ads.ts';

/** A token's limit of calls makes the client wait and go on; a stage may allow 200 a second. */
const callTimeoutMs = 300_000;
const triesMax = 100;
const failuresShown = 5;

/** `npm run seed`: fills a stage with ads through its API. */
await runCommand({
  name: 'seed',
  usage: seedUsage,
  read: (args) => readSeedOptions(args, systemClock.nowMs()),
  run: async (options) => {
    try {
      return await run(options);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`\n${options.url}: ${message}\nIs the server running? npm start, or --url\n`);
      return 1;
    }
  },
});

async function run(options: SeedOptions): Promise<number> {
  const { url, token = '', ads, like, seed } = options;
  // Fails soon where nobody answers; the patient client would go on for minutes.
  await createClient({ baseUrl: url, token }).queryAds({ limit: 1 });
  const client = createClient({ baseUrl: url, token, policy: { callTimeoutMs, triesMax } });
  const write = (text: string): void => void process.stdout.write(text);
  const progress = createProgress({ clock: systemClock, write, terminal: process.stdout.isTTY });
  const { created, failed, served } = await seedAds(client, options, progress.phase(`ads like ${like}`, ads));
  progress.finish(
    `${format(created)} of ${format(ads)} created, seed ${seed}; ${format(served)} are served now`,
  );
  for (const [what, count] of [...failed].slice(0, failuresShown))
    write(`  ${format(count)} times: ${what}\n`);
  return created === ads ? 0 : 1;
}
