import {
  type APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeysCommand,
} from '@aws-sdk/client-api-gateway';
import { usageKeyOf } from '../../aws-names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { UsageKeysError, type UsageKeys } from '../../ports/usage-keys.ts';
import { AwsCallError, callAws, type AwsCallPolicy } from './aws-call.ts';

export interface ApiUsageKeysOptions {
  readonly client: APIGatewayClient;
  readonly stage: string;
  readonly usagePlanId: string;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly ids: Pick<Ids, 'random'>;
}

/** Each call looks before it acts or takes "is there already" and "is gone already" for done. */
const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: 30_000 };

/**
 * An API key for each principal, in the stage's usage plan. Its name is its value, by which it is found again; API Gateway
 * gives keys ids of its own, makes 5 a second and keeps 10,000 in an account and Region.
 */
export function createApiUsageKeys(options: ApiUsageKeysOptions): UsageKeys {
  const { client, stage, usagePlanId } = options;
  const call = async <T>(attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await callAws(options, repeatable, attempt);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      throw new UsageKeysError(error.message, { cause: error.cause });
    }
  };
  const unless = async (name: string, calling: Promise<unknown>): Promise<void> => {
    try {
      await calling;
    } catch (error) {
      if (error instanceof UsageKeysError && error.cause instanceof Error && error.cause.name === name)
        return;
      throw error;
    }
  };
  const find = async (key: string): Promise<string | undefined> => {
    // Names that begin alike come along; a page holds more than there can be of those.
    const command = new GetApiKeysCommand({ nameQuery: key, limit: 500 });
    const { items = [] } = await call((abortSignal) => client.send(command, { abortSignal }));
    return items.find(({ name }) => name === key)?.id;
  };
  return {
    async ensure(principal) {
      const key = usageKeyOf(stage, principal);
      const create = new CreateApiKeyCommand({ name: key, value: key, enabled: true });
      // ConflictException: there is a key with this value.
      await unless(
        'ConflictException',
        call((abortSignal) => client.send(create, { abortSignal })),
      );
      const keyId = await find(key);
      if (keyId === undefined) throw new UsageKeysError(`the API key ${key} is there and cannot be found`);
      const join = new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' });
      await unless(
        'ConflictException',
        call((abortSignal) => client.send(join, { abortSignal })),
      );
    },
    async remove(principal) {
      const keyId = await find(usageKeyOf(stage, principal));
      if (keyId === undefined) return;
      const command = new DeleteApiKeyCommand({ apiKey: keyId });
      await unless(
        'NotFoundException',
        call((abortSignal) => client.send(command, { abortSignal })),
      );
    },
  };
}
