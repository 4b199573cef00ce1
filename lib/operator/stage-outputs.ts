import { stackOf, stageOutput } from '../aws-names.ts';

/** The outputs of a stage among those of a stack, which may have other things, and other stages. */
export interface StageOutputs {
  /** Undefined: the stage has none of this name. */
  find(name: string): string | undefined;
  /** Throws an Error for the operator. */
  get(name: string): string;
}

export function stageOutputs(
  stage: string,
  stack: string,
  outputs: Readonly<Record<string, string>>,
): StageOutputs {
  const find = (name: string): string | undefined =>
    outputs[stageOutput(stage, name)] ?? (stack === stackOf(stage) ? outputs[name] : undefined);
  return {
    find,
    get(name) {
      const value = find(name);
      if (value !== undefined) return value;
      throw new Error(
        `the stack ${stack} has no output ${name} of the stage ${stage}: deploy it again, or name the stack of the stage with --stack`,
      );
    },
  };
}
