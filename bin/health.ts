import { addressDefault, addressOption } from '../lib/bulk/api-options.ts';
import { commandLine, optionLines, parseOptions, runCommand, type Values } from '../lib/options.ts';

/** `npm run health`: asks a running server whether it is ready. The health check of the image. */
const waitMsMax = 4000;

const options = {
  url: addressOption(`a server of this machine, or a deployed stage (default ${addressDefault})`),
};

const usage = `Asks a server whether it is ready: ${commandLine('health')} [options]

${optionLines(options)}
It waits ${waitMsMax / 1000} seconds at most.
Exit codes: 0 ready, 1 not ready or no answer, 2 wrong arguments.
`;

await runCommand({
  name: 'health',
  usage,
  read: (args): Values<typeof options> => parseOptions(args, options).values,
  run: async ({ url = addressDefault }) => {
    const found = await ask(url);
    process.stdout.write(`${url}: ${found}\n`);
    return found === 'ready' ? 0 : 1;
  },
});

async function ask(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(waitMsMax) });
    const health = (await answer.json()) as { readonly ready?: unknown };
    return health.ready === true ? 'ready' : 'alive, but not ready';
  } catch {
    return 'no answer';
  }
}
