import { GetAliasCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { liveAlias } from '../../aws-names.ts';
import type { ReleaseShare } from '../../ports/pipeline-stats.ts';
import { isStateStoreError, type ItemKey, type StateStore } from '../../ports/state-store.ts';
import { AwsCallError, callAws, type AwsCallDeps, type AwsCallPolicy } from './aws-call.ts';

export interface LambdaReleasesOptions extends AwsCallDeps {
  readonly client: LambdaClient;
  readonly functionName: string;
  readonly state: Pick<StateStore, 'get'>;
  /** The item of a version that was warm before its first call (state-keys.ts), with `containers` N. */
  readonly noteOf: (version: string) => ItemKey;
}

const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: 8000 };

/**
 * The versions behind a function's alias and their shares of its calls, the larger first. Never rejects for a
 * failure of Lambda or of the store.
 */
export function createLambdaReleases(
  options: LambdaReleasesOptions,
): () => Promise<readonly ReleaseShare[] | null> {
  const { client, functionName, state, noteOf } = options;
  const shares = async (): Promise<readonly (readonly [version: string, share: number])[]> => {
    const command = new GetAliasCommand({ FunctionName: functionName, Name: liveAlias });
    try {
      const alias = await callAws(options, repeatable, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      const others = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
      const rest = others.reduce((left, [, share]) => left - share, 1);
      const all: [string, number][] = [[alias.FunctionVersion ?? '', rest], ...others];
      return all.sort(([, a], [, b]) => b - a);
    } catch (error) {
      // A stage without gradual releases has no alias.
      if (isNotFound(error)) return [['$LATEST', 1]];
      throw error;
    }
  };
  return async () => {
    try {
      return await Promise.all(
        (await shares()).map(async ([version, share]) => {
          const containers = (await state.get(noteOf(version)))?.containers;
          const warmContainers = typeof containers === 'bigint' ? Number(containers) : null;
          return { version, share: Math.round(share * 1000) / 1000, warmContainers };
        }),
      );
    } catch (error) {
      if (error instanceof AwsCallError || isStateStoreError(error)) return null;
      throw error;
    }
  };
}

function isNotFound(error: unknown): boolean {
  const cause: unknown = error instanceof AwsCallError ? error.cause : undefined;
  return cause instanceof Error && cause.name === 'ResourceNotFoundException';
}
