import {
  type APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeysCommand,
} from '@aws-sdk/client-api-gateway';
import { usageKeyOf } from '../../aws-names.ts';
import { UsageKeysError, type UsageKeys } from '../../ports/usage-keys.ts';
import { AwsCallError, callAws, type AwsCallPolicy, type AwsCallDeps } from './aws-call.ts';

export interface ApiUsageKeysOptions extends AwsCallDeps {
  readonly client: APIGatewayClient;
  readonly stage: string;
  readonly usagePlanId: string;
}

/** Each call is idempotent: it checks first, or accepts "already exists" and "not found" as success. */
const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: 30_000 };

/**
 * Manages an API key per principal in the stage's usage plan. The name of a key is its value, which finds it
 * again. API Gateway assigns the ids, creates 5 keys a second and allows 10,000 per account and Region.
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
    // The query also finds longer names; one page is enough for all of them.
    const command = new GetApiKeysCommand({ nameQuery: key, limit: 500 });
    const { items = [] } = await call((abortSignal) => client.send(command, { abortSignal }));
    return items.find(({ name }) => name === key)?.id;
  };
  return {
    async ensure(principal) {
      const key = usageKeyOf(stage, principal);
      const create = new CreateApiKeyCommand({ name: key, value: key, enabled: true });
      // ConflictException: a key with this value exists.
      await unless(
        'ConflictException',
        call((abortSignal) => client.send(create, { abortSignal })),
      );
      const keyId = await find(key);
      if (keyId === undefined) throw new UsageKeysError(`the API key ${key} exists but cannot be found`);
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
