import { createClient } from '../../client/index.ts';
import { addressOption, tokenOf, tokenOption } from '../../lib/bulk/api-options.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { optionLines, parseOptions, runCommand } from '../../lib/options.ts';
import { startGuardedServer } from '../load/tools/guarded-server.ts';
import { runSmoke } from './smoke.ts';

const options = {
  url: addressOption('the stage (default: a new npm start that requires a token)'),
  token: tokenOption,
};

const usage = `Tries each path of a stage once, after a deployment for example: npm run smoke -- [options]

${optionLines(options)}
It creates an ad and deletes it again, and leaves one counter, a UUID, with a total of 7. The token needs the
scopes ads:write, counters:read and counters:write. Exit codes: 0 all is as it must be, 1 something is not, 2
wrong arguments.
`;

await runCommand({
  name: 'smoke',
  usage,
  read: (args) => {
    const { url, token } = parseOptions(args, options).values;
    return { url, token: tokenOf(token) };
  },
  run: async ({ url, token }) => {
    if (url !== undefined) return (await trySmoke(url, token)) ? 0 : 1;
    const server = await startGuardedServer();
    try {
      return (await trySmoke(server.url.origin, server.token)) ? 0 : 1;
    } finally {
      await server.close();
    }
  },
});

async function trySmoke(baseUrl: string, token = ''): Promise<boolean> {
  const failed = await runSmoke({
    client: createClient({ baseUrl, token }),
    run: systemIds.nonce().slice(0, 12),
    nowMs: () => systemClock.nowMs(),
    sleep: (ms) => systemClock.sleep(ms),
    onStep: ({ name, tookMs, wrong }) => {
      const took = `${tookMs} ms`.padStart(8);
      process.stdout.write(
        `${took}  ${wrong === undefined ? 'ok   ' : 'WRONG'}  ${name}${wrong === undefined ? '' : `: ${wrong}`}\n`,
      );
    },
  });
  process.stdout.write(
    failed.length === 0 ? `${baseUrl}: all is well\n` : `${baseUrl}: ${failed.length} wrong\n`,
  );
  return failed.length === 0;
}
