import { expect, it } from '@jest/globals';
import { createControlStore, type ChangeResult } from '../../lib/app/control/control-store.ts';
import { publishChanges } from '../../lib/app/control/publish-changes.ts';
import { failEachCall, interruptEachCall, type Work } from '../support/failing-calls.ts';
import {
  createOperatorWorld,
  operatorFailures,
  operatorPorts,
  stageOf,
  type OperatorPorts,
  type OperatorWorld,
} from '../support/operator-world.ts';

interface ControlWorld extends OperatorWorld {
  readonly results: ChangeResult[];
}

const storeOf = (world: OperatorWorld, ports?: OperatorPorts) =>
  createControlStore({ ...stageOf(world, ports), rateMax: undefined });

async function open(): Promise<ControlWorld> {
  const world = createOperatorWorld();
  await storeOf(world).change({ edit: () => ({ live_ads_max: 1 }), by: 'first', ifVersion: undefined });
  return { ...world, results: [] };
}

type Operation = (ports: OperatorPorts, world: ControlWorld) => Promise<void>;

const set =
  (liveAdsMax: number, by: string): Operation =>
  async (ports, world) => {
    const edit = () => ({ live_ads_max: liveAdsMax });
    world.results.push(await storeOf(world, ports).change({ edit, by, ifVersion: undefined }));
  };
const back: Operation = async (ports, world) => {
  const store = storeOf(world, ports);
  world.results.push(await store.rollback({ to: undefined, by: 'back', ifVersion: undefined }));
};

const operations: Readonly<Record<string, Operation>> = { set: set(2, 'second'), back };

const workOf = (run: Operation): Work<ControlWorld, OperatorPorts> => ({
  open,
  portsOf: operatorPorts,
  failures: operatorFailures,
  run,
});

/** The item, the records of its changes and, after the sweep, the log say the same; each version is one change. */
async function expectSound(world: ControlWorld, what: string): Promise<void> {
  const { memoryState, adEvents } = world;
  await publishChanges(world.ports);
  const item = await memoryState.get({ table: 'counters', pk: 'control', sk: '' });
  const { items } = await memoryState.query({ table: 'counters', pk: 'control#changes', limit: 1000 });
  const changes = items.map(({ attributes }) => [attributes['version'], attributes['change_id']]);
  expect({ what, last: changes.at(-1) }).toEqual({ what, last: [item?.['version'], item?.['change_id']] });
  expect({ what, published: item?.['published'] }).toEqual({ what, published: BigInt(changes.length) });
  const [shard] = await adEvents.shards();
  const records = await adEvents.read(shard!.shardId, undefined, { recordsMax: 1000, bytesMax: Infinity });
  const told = records.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>);
  const firsts = told.filter(
    ({ version }, index) => told.findIndex((one) => one['version'] === version) === index,
  );
  expect({ what, told: firsts.map(({ version, id }) => [BigInt(Number(version)), id]) }).toEqual({
    what,
    told: changes,
  });
  for (const result of world.results) {
    if (result.status !== 'changed') continue;
    const { version, changeId } = result.change;
    expect({ what, isThere: changes[version - 1] }).toEqual({ what, isThere: [BigInt(version), changeId] });
  }
}

it.each(Object.entries(operations))('a change outlives a fault in any call: %s', async (_, operation) => {
  for await (const { world, what, error } of failEachCall(workOf(operation))) {
    // An operator who got an error does it again; it is then made once, unless the old version comes back.
    if (error !== undefined && operation !== back) await operation(operatorPorts(world), world);
    await expectSound(world, what);
    const item = await world.memoryState.get({ table: 'counters', pk: 'control', sk: '' });
    if (operation !== back) expect({ what, version: item?.['version'] }).toEqual({ what, version: 2n });
  }
});

it('of two operators at once one wins each version, and the other is told', async () => {
  const other = set(3, 'third');
  for await (const { world, what, error } of interruptEachCall(workOf(set(2, 'second')), (world) =>
    other(operatorPorts(world), world),
  )) {
    expect({ what, error }).toEqual({ what, error: undefined });
    await expectSound(world, what);
    const statuses = world.results.map(({ status }) => status).sort();
    // After each other, or one of them was told.
    expect({ what, isSound: ['changed,changed', 'changed,conflict'].includes(statuses.join()) }).toEqual({
      what,
      isSound: true,
    });
    const versions = world.results.flatMap((result) =>
      result.status === 'changed' ? [result.change.version] : [],
    );
    expect({ what, versions: new Set(versions).size }).toEqual({ what, versions: versions.length });
  }
});

it('a change whose answer was lost, and that is sent again by the client of the store, is made once', async () => {
  const world = await open();
  const ports = operatorPorts(world);
  const state: OperatorPorts['state'] = {
    ...world.ports.state,
    get: (key) => world.ports.state.get(key),
    query: (range) => world.ports.state.query(range),
    write: (action) => world.ports.state.write(action),
    async transact(actions) {
      await world.ports.state.transact(actions);
      return world.ports.state.transact(actions);
    },
  };
  await set(2, 'second')({ ...ports, state }, world);
  expect(world.results).toMatchObject([{ status: 'changed', change: { version: 2 } }]);
  await expectSound(world, 'sent again');
});
