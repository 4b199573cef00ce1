import {
  optionsOf,
  parseOptions,
  runCommand,
  UsageError,
  commandLine,
  optionLines,
} from '../../lib/options.ts';
import { bashScript, zshScript, type CompletedCommand } from './completion-script.ts';
import { completion, programs } from './programs.ts';

const scripts = { bash: bashScript, zsh: zshScript } as const;
type Shell = keyof typeof scripts;

const usage = `Prints a script with which a shell completes commands and options: ${commandLine('completion')} bash|zsh

${optionLines({})}
In bash, for this shell: eval "$(adtally completion bash)"; for all: put that line into ~/.bashrc.
In zsh, after compinit: eval "$(adtally completion zsh)"; or write it to a file _adtally in a folder of $fpath.
Exit codes: 0 printed, 2 wrong arguments.
`;

/** `adtally completion`. */
await runCommand({ name: 'completion', usage, read, run });

function read(args: readonly string[]): Shell {
  const [word] = parseOptions(args, {}, 1).words;
  const shell = completion.words.find((known) => known === word);
  if (shell !== undefined) return shell;
  throw new UsageError(`the shell must be bash or zsh${word === undefined ? '' : `; got ${word}`}`);
}

async function run(shell: Shell): Promise<number> {
  const commands: CompletedCommand[] = [];
  for (const [name, { about, words = [], run: load }] of Object.entries(programs))
    commands.push({ name, about, words, options: await optionsOf(load) });
  commands.push({ name: 'completion', ...completion, options: {} });
  process.stdout.write(scripts[shell](commands));
  return 0;
}
