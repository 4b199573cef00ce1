import type { EnvironmentName } from '../../aws-names.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables a function was deployed with. Throws, while the module loads, an Error that names the variable and
 * what it must be: a wrong deployment shows at its first invocation, not at the first request that needs it.
 */
export function readVariable(name: EnvironmentName, environment: Environment = process.env): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new EnvironmentError(`${name} is not set`);
  return value;
}

/** The variable as one of a known set: `readVariableAs('ADTALLY_STAGE', isStageName)`. */
export function readVariableAs<T extends string>(
  name: EnvironmentName,
  is: (text: string) => text is T,
  environment: Environment = process.env,
): T {
  const value = readVariable(name, environment);
  if (!is(value)) throw new EnvironmentError(`${name} is '${value}', which ${is.name} refuses`);
  return value;
}

export function readArn(name: EnvironmentName, environment: Environment = process.env): string {
  const value = readVariable(name, environment);
  if (!/^arn:[a-z0-9-]+:[a-z0-9-]+:/.test(value)) {
    throw new EnvironmentError(`${name} is '${value}', not an ARN`);
  }
  return value;
}

/** A deployment fault: nothing that a retry mends. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}
