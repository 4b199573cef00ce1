import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { assemble, type Variant } from './assemblies.ts';
import { ThrowawayStage, type Ended } from './throwaway-stage.ts';

/**
 * Stages of lib/stages.ts, deployed, broken half way, used, removed and deployed again. What the emulator does not do,
 * test/infra/decisions.test.ts demands of the template.
 */
const bundles = process.env['ADTALLY_BUNDLES'] ?? '';
const folder = join(bundles, '..', '..', 'deploys');

rmSync(folder, { recursive: true, force: true });

const minutes = 60_000;

const assembly = (variant: Variant): string => assemble(variant, { folder, bundles });

function expectFailed({ code, output }: Ended): void {
  expect(code).not.toBe(0);
  // An emulator may call it an update.
  expect(output.split('\n').filter((line) => /(CREATE|UPDATE)_FAILED.*Broken/.test(line))).not.toEqual([]);
}

function expectDone({ code, output }: Ended): void {
  expect(code === 0 ? '' : output).toBe('');
}

describe('a stage that keeps nothing', () => {
  const dev = new ThrowawayStage('dev');
  const [first, second] = ['first', 'second'].map((release) => assembly({ stage: 'dev', release })) as [
    string,
    string,
  ];

  it(
    'leaves nothing of a first deployment that fails, and can be deployed then',
    async () => {
      expectFailed(
        await dev.deploy(assembly({ stage: 'dev', release: 'first', broken: 'when-the-stores-exist' })),
      );
      expect(await dev.status()).toBe('ROLLBACK_COMPLETE');
      expect(await dev.leftovers()).toEqual([]);
      expectDone(await dev.deploy(first));
      expect(await dev.use()).toEqual([]);
    },
    5 * minutes,
  );

  it(
    'goes on with its data after an update that fails, and after the next that does not',
    async () => {
      expect(await dev.add('kept', 3)).toBe(3);
      expectFailed(await dev.deploy(assembly({ stage: 'dev', release: 'second', broken: 'at-the-end' })));
      expect(await dev.status()).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await dev.use()).toEqual([]);
      expect(await dev.add('kept', 4)).toBe(7);
      expectDone(await dev.deploy(second));
      expect(await dev.use()).toEqual([]);
      expect(await dev.add('kept', 5)).toBe(12);
    },
    5 * minutes,
  );

  it(
    'goes whole, and comes back empty',
    async () => {
      await dev.tagBucket();
      expectDone(await dev.destroy(second));
      expect(await dev.leftovers()).toEqual([]);
      expectDone(await dev.deploy(second));
      expect(await dev.use()).toEqual([]);
      expect(await dev.add('kept', 1)).toBe(1);
      await dev.tagBucket();
      expectDone(await dev.destroy(second));
      expect([await dev.status(), await dev.leftovers()]).toEqual(['GONE', []]);
    },
    5 * minutes,
  );
});

describe('a stage that retains its data', () => {
  const staging = new ThrowawayStage('staging');
  const first = assembly({ stage: 'staging', release: 'first' });
  const stores = [
    'bucket adtally-staging-storagequarantine',
    'stream adtally-staging-ad-events.1',
    'stream adtally-staging-increments.1',
    'table adtally-staging-StorageAds',
    'table adtally-staging-StorageCounters',
    'table adtally-staging-StorageDelivery',
    'table adtally-staging-StorageRequests',
    'table adtally-staging-StorageTokens',
  ];
  const protectedAll = stores.filter((store) => store.startsWith('table ')).map(() => true);

  it.each(['when-the-stores-exist', 'at-the-end'] as const)(
    'leaves nothing of a first deployment that fails %s',
    async (broken) => {
      expectFailed(await staging.deploy(assembly({ stage: 'staging', release: 'first', broken })));
      expect(await staging.status()).toBe('ROLLBACK_COMPLETE');
      expect(await staging.leftovers()).toEqual([]);
      await staging.allowRemoval();
    },
    5 * minutes,
  );

  it(
    'protects its tables when all else exists, and goes on after an update that fails',
    async () => {
      expectDone(await staging.deploy(first));
      expect(await staging.protections()).toEqual(protectedAll);
      expect(await staging.use()).toEqual([]);
      expect(await staging.add('kept', 3)).toBe(3);
      expectFailed(
        await staging.deploy(assembly({ stage: 'staging', release: 'second', broken: 'at-the-end' })),
      );
      expect(await staging.status()).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await staging.protections()).toEqual(protectedAll);
      expect(await staging.add('kept', 4)).toBe(7);
    },
    5 * minutes,
  );

  it(
    'is removed only when that is allowed, and its stores stay, protected',
    async () => {
      expect((await staging.destroy(first)).code).not.toBe(0);
      expect(await staging.add('kept', 5)).toBe(12);
      await staging.allowRemoval();
      expectDone(await staging.destroy(first));
      expect(await staging.status()).toBe('GONE');
      expect(await staging.leftovers()).toEqual(stores);
      expect(await staging.protections()).toEqual(protectedAll);
    },
    5 * minutes,
  );

  it(
    'starts afresh beside what was retained, under the next epoch',
    async () => {
      const next = assembly({ stage: 'staging', release: 'first', epoch: '2' });
      expectDone(await staging.deploy(next));
      expect(await staging.use()).toEqual([]);
      expect(await staging.add('kept', 1)).toBe(1);
      await staging.allowRemoval();
      expectDone(await staging.destroy(next));
      const both = stores.flatMap((store) => [store, store.replace(/\.1$/, '.2')]);
      // MiniStack draws the same name for a table or bucket again: it has one where AWS has two.
      expect(new Set(await staging.leftovers())).toEqual(new Set(both));
    },
    5 * minutes,
  );
});
