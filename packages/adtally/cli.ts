import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { guardStreams, launcherVariable, nearestName } from '../../lib/options.ts';
import { version } from '../../lib/version.ts';
import { completion, programs, type Program } from './programs.ts';

const commands: Readonly<Record<string, Program>> = {
  ...programs,
  completion: { ...completion, run: () => import('./completion.ts') },
};

const names = Object.keys(commands);
const width = Math.max(...names.map((name) => name.length)) + 2;
const usage = `Serves targeted ads and counts increments exactly once: adtally [command] [options]

${names.map((name) => `  ${name.padEnd(width)}${commands[name]?.about ?? ''}\n`).join('')}
  adtally <command> --help   its options and exit codes
  adtally --version          the version
`;

const [node = '', launcher = '', ...args] = process.argv;
const [first = 'start', ...rest] = args;
const isHelp = (text: string | undefined): boolean => ['--help', '-h', 'help'].includes(text ?? '');

guardStreams();
lendPackage();
if (isHelp(first) && rest.length === 0) process.stdout.write(usage);
else if (first === '--version') process.stdout.write(`adtally ${version}\n`);
else if (first === 'help') await run(rest[0] ?? '', ['--help']);
else if (first.startsWith('-')) await run('start', args);
else await run(first, rest);

async function run(name: string, given: readonly string[]): Promise<void> {
  const program = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (program === undefined) {
    const nearest = nearestName(name, names);
    const meant = nearest === undefined ? '.' : `; did you mean ${nearest}?`;
    process.stderr.write(`${name} is not a command${meant}\nTry: adtally --help\n`);
    process.exitCode = 2;
    return;
  }
  process.argv = [node, launcher, ...given];
  await program.run();
}

/**
 * A settings file imports from 'adtally'. Where its folder has no such package, as with npx, it is the one that runs.
 */
function lendPackage(): void {
  const url = pathToFileURL(join(process.env[launcherVariable] ?? launcher, '../../index.js')).href;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier !== 'adtally') throw error;
        return { url, shortCircuit: true };
      }
    },
  });
}
