import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { adKey, chunkKey, headKey, manifestKey } from '../../lib/app/state-keys.ts';
import { manifestFromJson } from '../../lib/core/ads/snapshot/snapshot-manifest.ts';
import { auditCommand } from '../../lib/operator/audit-command.ts';
import { backupCommand } from '../../lib/operator/backup-command.ts';
import { rebuildCommand } from '../../lib/operator/rebuild-command.ts';
import { restoreCommand } from '../../lib/operator/restore-command.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import type { WholeTable } from '../../lib/ports/whole-table.ts';
import { adId } from '../support/ad-builder.ts';
import { adCreated, adDeleted, adUpdated } from '../support/ad-event-builder.ts';
import { projectEvents, projection } from '../support/ad-world.ts';
import { increment } from '../support/counter-world.ts';
import { failEachCall } from '../support/failing-calls.ts';
import { createMemoryStateStore, type MemoryStateStore } from '../support/memory/memory-state-store.ts';
import {
  createOperatorWorld,
  operatorFailures,
  operatorPorts,
  perform,
  stageOf,
} from '../support/operator-world.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-disturbed-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const unavailable = () => new StateStoreError('state-unavailable', 'no answer');

it('an audit continues after a fault in any call as if there had been none', async () => {
  let files = 0;
  const open = async () => {
    const world = createOperatorWorld();
    const args = ['--state', join(folder, `${(files += 1)}.ndjson`), '--json'] as const;
    await world.append([increment('a', 5), increment('b', 7)]);
    await world.count();
    await perform(auditCommand, stageOf(world), args);
    await world.append([increment('a', 11), increment('b', 13)]);
    await world.count(1);
    return { ...world, args };
  };
  const audit = async (world: Awaited<ReturnType<typeof open>>, ports = operatorPorts(world)) =>
    perform(auditCommand, stageOf(world, ports), world.args);
  const calmWorld = await open();
  const calm = await audit(calmWorld);
  // The file has the position of each shard at the end of the run, from which the next one continues.
  const positions = (await readFile(calmWorld.args[1], 'utf8')).match(/^\["shard","[^"]+","\d+"\]$/gm);
  expect(positions).toHaveLength(2);
  expect(calm).toMatchObject({ code: 0, lines: [{ status: 'equal', accepted: '36' }] });
  const work = { open, portsOf: operatorPorts, failures: operatorFailures, run: audit };
  const disturbed = failEachCall<Awaited<ReturnType<typeof open>>, ReturnType<typeof operatorPorts>>({
    ...work,
    run: (ports, world) => audit(world, ports),
  });
  for await (const { world, what } of disturbed) {
    expect({ what, lines: (await audit(world)).lines }).toEqual({ what, lines: calm.lines });
    await world.tamper('a', 1n);
    expect(await audit(world)).toMatchObject({
      code: 1,
      lines: [{ different: [{ key: 'a', difference: '1' }] }],
    });
  }
  // Each run replaces its file; nothing else is left.
  expect((await readdir(folder)).filter((name) => !/^\d+\.ndjson$/.test(name))).toEqual([]);
});

it('a rebuild switches over after a fault in any call', async () => {
  const events = [
    ...Array.from({ length: 6 }, (_, n) => adCreated(n)),
    adDeleted(3),
    adUpdated(2, { title: 'Another title' }),
  ];
  const version = 8;
  const whole = await projectEvents(events, { snapshotChangesBytesMin: 0 });
  const expected = await projection(whole.ports.state, events);
  const open = async () => {
    const world = await projectEvents(events, { snapshotChangesBytesMin: 0 });
    const { memoryState } = world;
    await memoryState.write({ type: 'delete', key: adKey(adId(5)) });
    await memoryState.write({ type: 'update', key: adKey(adId(2)), set: { end_at: 1n } });
    await memoryState.write({ type: 'update', key: headKey, add: { live_ads: 1n } });
    const item = await memoryState.get(manifestKey(version));
    const chunks = manifestFromJson(String(item?.['manifest']))?.chunks ?? [];
    await memoryState.write({ type: 'delete', key: chunkKey(chunks[0]!) });
    return world;
  };
  type World = Awaited<ReturnType<typeof open>>;
  const run = ({ state }: { readonly state: StateStore }, { ports }: World) =>
    perform(rebuildCommand, { ...stageOf(createOperatorWorld()), ...ports, state }, ['--switch', '--json']);
  const disturbed = failEachCall<World, { readonly state: StateStore }>({
    open,
    portsOf: ({ ports: { state } }) => ({ state }),
    failures: { state: unavailable },
    run,
  });
  for await (const { world, what } of disturbed) {
    const head = await world.memoryState.get(headKey);
    expect({ what, snapshot: head?.['snapshot_version'] }).toEqual({ what, snapshot: BigInt(version) });
    expect(await run(world.ports, world)).toMatchObject({ code: 0 });
    expect({ what, end: await projection(world.memoryState, events) }).toEqual({ what, end: expected });
    const [summary] = (
      await perform(rebuildCommand, { ...stageOf(createOperatorWorld()), ...world.ports }, ['--json'])
    ).lines;
    expect(summary).toMatchObject({ version, differences: 0 });
  }
});

const wholeTable = (all: MemoryStateStore, store: WholeTable['store'] = all): WholeTable => ({
  store,
  async *pages() {
    await Promise.resolve();
    const items = all.all();
    for (let from = 0; from < items.length; from += 2) yield items.slice(from, from + 2);
  },
});

async function filled(totals: Readonly<Record<string, bigint>>): Promise<MemoryStateStore> {
  const store = createMemoryStateStore();
  for (const [pk, total] of Object.entries(totals)) {
    await store.write({ type: 'put', key: { table: 'counters', pk, sk: '' }, attributes: { total } });
  }
  return store;
}

const restoreArgs = ['--stage', 'dev', '--table', 'counters', '--from', 'copy', '--json'];

interface RestoreWorld {
  readonly live: MemoryStateStore;
  readonly restored: MemoryStateStore;
  feeds: { id: string; stopped: boolean; state: string }[];
}
const openTables = async (): Promise<RestoreWorld> => ({
  live: await filled({ same: 1n, changed: 2n, surplus: 3n, more: 4n }),
  restored: await filled({ same: 1n, changed: 9n, lost: 5n }),
  feeds: [{ id: 'm', stopped: true, state: 'Disabled' }],
});
const restore = (
  world: RestoreWorld,
  live: WholeTable['store'],
  restored: WholeTable['store'],
  ...more: string[]
) => {
  const tables = {
    live: () => Promise.resolve(wholeTable(world.live, live)),
    restored: () => Promise.resolve(wholeTable(world.restored, restored)),
    feeds: () => Promise.resolve(world.feeds),
  };
  return perform(restoreCommand, { ...stageOf(createOperatorWorld()), tables }, [...restoreArgs, ...more]);
};

it('a restore makes the tables equal after a fault in any call, and never writes to the restored one', async () => {
  type Stores = { readonly live: WholeTable['store']; readonly restored: WholeTable['store'] };
  const disturbed = failEachCall<RestoreWorld, Stores>({
    open: openTables,
    portsOf: ({ live, restored }) => ({ live, restored }),
    failures: { live: unavailable, restored: unavailable },
    run: ({ live, restored }, world) => restore(world, live, restored, '--apply'),
  });
  for await (const { world, what } of disturbed) {
    const again = await restore(world, world.live, world.restored, '--apply');
    expect({ what, code: again.code, last: again.lines.at(-1) }).toMatchObject({
      what,
      code: 0,
      last: { same: true, items: 3 },
    });
    expect(world.live.all()).toEqual((await openTables()).restored.all());
    expect(world.restored.all()).toEqual((await openTables()).restored.all());
  }
});

it('a restore writes nothing without --apply, and nothing while a mapping runs', async () => {
  const world = await openTables();
  const before = world.live.all();
  const difference = { missing: 1, differing: 1, surplus: 2 };
  expect(await restore(world, world.live, world.restored)).toMatchObject({
    code: 1,
    lines: [{ same: false, ...difference }],
  });
  world.feeds = [
    { id: 'stopped', stopped: true, state: 'Disabled' },
    { id: 'runs', stopped: false, state: 'Enabled' },
  ];
  expect(await restore(world, world.live, world.restored, '--apply')).toMatchObject({
    code: 3,
    lines: [{ running: 'runs', state: 'Enabled' }],
  });
  expect(world.live.all()).toEqual(before);
});

it('a restore that cannot make the tables equal says so', async () => {
  const world = await openTables();
  const stuck: WholeTable['store'] = {
    getMany: (keys) => world.live.getMany(keys),
    writeEach: (actions) =>
      Promise.resolve(actions.map(() => ({ status: 'written', item: undefined }) as const)),
  };
  const { code, lines } = await restore(world, stuck, world.restored, '--apply');
  expect({ code, last: lines.at(-1) }).toEqual({ code: 3, last: { undecidable: 'the table still changes' } });
});

it('a backup that fails is not said to be complete', async () => {
  const to = join(folder, 'deep', 'copy');
  const copied: string[] = [];
  const stage = {
    ...stageOf(createOperatorWorld()),
    backup: (target: string) => Promise.resolve(void copied.push(target)),
  };
  const args = ['--to', to, '--data', join(folder, 'data')];
  let said = '';
  const { options } = backupCommand.parse(args);
  const failing = { ...stage, backup: () => Promise.reject(new Error('the disk is full')) };
  await expect(backupCommand.run(failing, options, (text) => void (said += text))).rejects.toThrow(
    'the disk is full',
  );
  expect(said).toBe('');
  // The folder that it made is still empty: the same command line is accepted again.
  expect(await perform(backupCommand, stage, args)).toMatchObject({
    code: 0,
    text: `${to} is now a complete data folder\n`,
  });
  expect(copied).toEqual([to]);
});
