import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createApiUsageKeys } from '../../lib/adapters/aws/api-usage-keys.ts';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { UsageKeysError, type UsageKeys } from '../../lib/ports/usage-keys.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeApiKeys, type FakeApiKeys } from './support/fake-services.ts';

let service: FakeApiKeys;
let keys: UsageKeys;
beforeAll(async () => {
  service = await startFakeApiKeys();
  const client = new APIGatewayClient({
    ...clientOptions(),
    ...emulatorIdentity,
    endpoint: service.endpoint,
  });
  keys = createApiUsageKeys({
    client,
    stage: 'dev',
    usagePlanId: 'plan',
    clock: systemClock,
    ids: systemIds,
  });
});
beforeEach(() => {
  service.reset();
});
afterAll(() => service.close());

const principal = '0123456789abcdef';
const value = 'adtally-dev-0123456789abcdef';

describe('Usage keys (API Gateway on a stand-in)', () => {
  test('a principal has one key in the plan, however often it is asked for', async () => {
    await keys.ensure(principal);
    await keys.ensure(principal);
    expect(service.keys()).toEqual([{ value, plans: ['plan'] }]);
  });

  test('a key that was made and did not get into the plan gets there', async () => {
    service.failNext('/usageplans/plan/keys', 3);
    await expect(keys.ensure(principal)).rejects.toThrow(UsageKeysError);
    expect(service.keys()).toEqual([{ value, plans: [] }]);
    await keys.ensure(principal);
    expect(service.keys()).toEqual([{ value, plans: ['plan'] }]);
  });

  test('keys whose names begin alike stay apart', async () => {
    await keys.ensure(principal);
    await keys.ensure(`${principal}0`);
    await keys.remove(principal);
    expect(service.keys()).toEqual([{ value: `${value}0`, plans: ['plan'] }]);
  });

  test('removing what is gone is fine', async () => {
    await keys.ensure(principal);
    await keys.remove(principal);
    await keys.remove(principal);
    expect(service.keys()).toEqual([]);
  });
});
