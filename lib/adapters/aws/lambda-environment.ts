import { environmentNames, type EnvironmentName } from '../../aws-names.ts';
import type { StreamName } from '../../core/streams.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads an environment variable of a function. Throws, while the module loads, an Error with the name of the
 * variable and its valid values, so that a wrong deployment fails immediately, not at the first request that
 * needs it.
 */
export function readVariable(name: EnvironmentName, environment: Environment = process.env): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new EnvironmentError(`${name} is not set`);
  return value;
}

export function readArn(name: EnvironmentName, environment: Environment = process.env): string {
  const value = readVariable(name, environment);
  if (!/^arn:[a-z0-9-]+:[a-z0-9-]+:/.test(value)) {
    throw new EnvironmentError(`${name} is '${value}', not an ARN`);
  }
  return value;
}

const streamVariables = {
  'ad-events': environmentNames.adEventsStream,
  increments: environmentNames.incrementsStream,
} as const;

/** The name of a stream in AWS. */
export function streamNameOf(stream: StreamName): string {
  return readVariable(streamVariables[stream]);
}

/** A wrong deployment, which a retry cannot fix. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}
