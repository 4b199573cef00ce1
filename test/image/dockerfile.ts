/** One line of a Dockerfile. */
export interface Instruction {
  readonly name: string;
  /** All that follows the name, its options included. */
  readonly text: string;
}

export interface BuildStage {
  readonly as: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile; what stands before the first is left out. */
export function parseDockerfile(text: string): readonly BuildStage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { as: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    const as = /\sAS\s+(\S+)$/i.exec(rest)?.[1];
    if (name === 'FROM') stages.push({ as, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest.trim() });
  }
  return stages;
}

/** `["a", "b"]` as it is, and a shell line as what a shell is given. */
export function commandOf(text: string): readonly string[] {
  return text.startsWith('[') ? (JSON.parse(text) as readonly string[]) : ['/bin/sh', '-c', text];
}
