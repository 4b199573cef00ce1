import { beforeEach, describe, expect, it } from '@jest/globals';
import { createTopKeysReader } from '../../../../lib/app/counters/hot/top-keys-reader.ts';
import { createTopKeysWriter, type TopKeysWriter } from '../../../../lib/app/counters/hot/top-keys-writer.ts';
import { StateStoreError, type StateStore } from '../../../../lib/ports/state-store.ts';
import { createCounterWorld, type CounterWorld } from '../../../support/counter-world.ts';
import { overrideState } from '../../../support/faulty-ad-ports.ts';
import { virtualStartMs } from '../../../support/virtual-clock.ts';

const minuteMs = 60_000;
const firstMinute = virtualStartMs / minuteMs;
const allTime = { table: 'counters', pk: 'top#all', sk: '' } as const;

let world: CounterWorld;
/** The items that were written, by their partition and the minutes since the start. */
let written: string[];
let fails: boolean;
/** Called in the middle of each write. */
let whileWriting: () => void;
let state: StateStore;

beforeEach(() => {
  world = createCounterWorld();
  written = [];
  fails = false;
  whileWriting = () => undefined;
  state = overrideState(world.memoryState, {
    write: async (action) => {
      if (fails) throw new StateStoreError('state-throttled', 'no');
      const { pk, sk } = action.key;
      written.push(sk === '' ? pk : `${pk} ${Number.parseInt(sk, 10) - firstMinute}`);
      whileWriting();
      return world.memoryState.write(action);
    },
  });
});

const createWriter = (smallEveryBatch = true): TopKeysWriter =>
  createTopKeysWriter({ ...world.ports, state }, { smallEveryBatch });

function noteMany(writer: TopKeysWriter, count: number): void {
  for (let i = 0; i < count; i += 1) writer.note(`k${i}`, 1n);
}

/** Advances to an instant since the start. */
const until = (atMs: number) => world.clock.advance(atMs - world.clock.monotonicMs());

/** What the lists say, without totals: no counter has any here. */
async function recentKeys(): Promise<readonly string[]> {
  const { recent } = await createTopKeysReader(world.ports).read(100);
  return recent.keys.map(({ key, value }) => `${key}=${value}`);
}

describe('the sketch of a container', () => {
  it('is written with each batch while it has 64 keys, and then as often as its stage says', async () => {
    const writer = createWriter();
    noteMany(writer, 64);
    for (let batch = 1; batch <= 3; batch += 1) {
      writer.note('k0', 1n);
      await writer.save();
      expect(written).toHaveLength(batch);
    }
    writer.note('the 65th', 1n);
    await writer.save();
    expect(written).toHaveLength(3);
    await until(199);
    await writer.save();
    expect(written).toHaveLength(3);
    await until(200);
    await writer.save();
    expect(written).toHaveLength(4);
    await until(399);
    writer.note('k0', 1n);
    await writer.save();
    expect(written).toHaveLength(4);
    await until(400);
    await writer.save();
    expect(written).toHaveLength(5);
    // Nothing new: nothing is written, however long after.
    await until(5000);
    await writer.save();
    expect(written).toHaveLength(5);
  });

  it('waits its time where it is not written with each batch, and is written whole at the end', async () => {
    const writer = createWriter(false);
    writer.note('a', 1n);
    await writer.save();
    expect(written).toHaveLength(1);
    writer.note('a', 1n);
    await until(199);
    await writer.save();
    expect(written).toHaveLength(1);
    await writer.saveAll();
    expect(written).toHaveLength(2);
    expect(await recentKeys()).toEqual(['a=2']);
  });

  it('is not written for amounts of nothing', async () => {
    const writer = createWriter();
    writer.note('a', 0n);
    await writer.saveAll();
    expect(written).toEqual([]);
  });

  it('takes what comes while it is written into the next write, three times at most', async () => {
    const writer = createWriter();
    whileWriting = () => {
      writer.note('late', 1n);
    };
    writer.note('a', 1n);
    await writer.save();
    expect(written).toHaveLength(3);
    whileWriting = () => undefined;
    await writer.save();
    expect(written).toHaveLength(4);
    expect(await recentKeys()).toEqual(['late=3', 'a=1']);
  });

  it('is written by one of the batches that end together', async () => {
    const writer = createWriter();
    writer.note('a', 1n);
    await Promise.all([writer.save(), writer.save(), writer.save()]);
    expect(written).toHaveLength(1);
  });

  it('of a minute that is over is written once more if it has news, and not otherwise', async () => {
    const writer = createWriter();
    writer.note('a', 1n);
    await writer.save();
    await until(minuteMs);
    writer.note('b', 1n);
    await writer.save();
    expect(written).toEqual(['top 0', 'top 1']);
    writer.note('b', 1n);
    await until(2 * minuteMs - 1);
    writer.note('c', 1n);
    await until(2 * minuteMs);
    writer.note('d', 1n);
    await writer.save();
    expect(written.slice(2, 4)).toEqual(['top 1', 'top 2']);
    expect(await recentKeys()).toEqual(['b=2', 'a=1', 'c=1', 'd=1']);
  });

  it('is kept for three minutes while the store fails, and written when it works again', async () => {
    const writer = createWriter();
    fails = true;
    for (let minute = 0; minute <= 5; minute += 1) {
      await until(minute * minuteMs);
      writer.note(`m${minute}`, 1n);
      await writer.save();
    }
    fails = false;
    await writer.save();
    expect(written.filter((key) => key !== 'top#all')).toEqual(['top 2', 'top 3', 'top 4', 'top 5']);
    // And the next ones as ever.
    await until(6 * minuteMs);
    writer.note('m6', 1n);
    await writer.save();
    expect(written.at(-1)).toBe('top#all');
    expect(written.at(-2)).toBe('top 6');
  });

  it('expires two hours after its minute, to the second', async () => {
    const writer = createWriter();
    await until(59_999);
    writer.note('a', 1n);
    await writer.save();
    const { items } = await world.memoryState.query({ table: 'counters', pk: 'top', limit: 10 });
    expect(items[0]?.attributes['expires_at']).toBe(BigInt(firstMinute * 60 + 60 + 7200));
  });
});

describe('the list of the last minutes', () => {
  it('has a minute until the fifth after it ends, to the millisecond', async () => {
    const writer = createWriter();
    writer.note('a', 1n);
    await writer.save();
    for (const [atMs, keys] of [
      [6 * minuteMs - 1, ['a=1']],
      [6 * minuteMs, []],
    ] as const) {
      await until(atMs);
      expect([atMs, await recentKeys()]).toEqual([atMs, keys]);
    }
  });

  it('says of how long it is', async () => {
    for (const atMs of [0, 1, minuteMs - 1, minuteMs]) {
      await until(atMs);
      const { recent } = await createTopKeysReader(world.ports).read(1);
      expect(recent.windowMs).toBe(5 * minuteMs + (atMs % minuteMs));
    }
  });
});

describe('the list of all time', () => {
  /** The merged sketch of all time: its last minute since the start, and its version. */
  async function merged() {
    const item = await world.memoryState.get(allTime);
    return item && [Number(item['through']) - firstMinute, item['version']];
  }

  it('takes a minute when no container can still write it: two minutes after its start, no sooner', async () => {
    const writer = createWriter();
    writer.note('a', 1n);
    await writer.save();
    for (const [atMs, expected] of [
      [2 * minuteMs - 1, undefined],
      [2 * minuteMs, [0, 1n]],
      [3 * minuteMs - 1, [0, 1n]],
    ] as const) {
      await until(atMs);
      await writer.save();
      expect([atMs, await merged()]).toEqual([atMs, expected]);
    }
    writer.note('b', 1n);
    await writer.save();
    await until(4 * minuteMs);
    await writer.save();
    expect(await merged()).toEqual([2, 2n]);
  });

  it.each([
    [61, true],
    [62, false],
  ])('takes a minute that has waited for %d minutes: %p', async (minutes, taken) => {
    const writer = createWriter();
    writer.note('a', 5n);
    await writer.save();
    await until(minutes * minuteMs);
    // A container that has merged nothing yet.
    const other = createWriter();
    other.note('b', 1n);
    await other.save();
    expect((await merged()) !== undefined).toBe(taken);
  });

  it.each([
    [60, true],
    [61, false],
  ])('is answered with a minute that nobody has merged for %d minutes: %p', async (minutes, shown) => {
    const writer = createWriter();
    writer.note('a', 5n);
    await writer.save();
    const key = { table: 'counters', pk: 'counter#a', sk: '' } as const;
    await world.memoryState.write({ type: 'update', key, add: { total: 77n } });
    await until(minutes * minuteMs);
    const { all, recent } = await createTopKeysReader(world.ports).read(5);
    expect(recent.keys).toEqual([]);
    expect(all.keys).toEqual(shown ? [{ key: 'a', value: 77n, errorMax: 0n }] : []);
  });

  it('counts each minute once, merged or not', async () => {
    const writer = createWriter();
    for (let minute = 0; minute < 5; minute += 1) {
      await until(minute * minuteMs);
      writer.note('a', 1n);
      writer.note(`m${minute}`, 2n);
      await writer.save();
    }
    for (const key of ['a', 'm0', 'm1', 'm2', 'm3', 'm4']) {
      const item = { table: 'counters', pk: `counter#${key}`, sk: '' } as const;
      await world.memoryState.write({ type: 'update', key: item, add: { total: 1n } });
    }
    // The sketch chooses among many: with one place left, the key of five minutes is the likeliest.
    const asked: number[] = [];
    const counting = overrideState(world.memoryState, {
      getMany: (keys) => {
        asked.push(keys.length);
        return world.memoryState.getMany(keys);
      },
    });
    const { all } = await createTopKeysReader({ ...world.ports, state: counting }).read(1);
    expect(all.keys).toHaveLength(1);
    expect(asked).toEqual([6]);
    const item = await world.memoryState.get(allTime);
    expect(item?.['through']).toBe(BigInt(firstMinute + 2));
  });

  it.each([
    [1, 12],
    [10, 30],
    [45, 100],
    [46, 100],
    [100, 100],
  ])(
    'of %d keys looks at the totals of the likeliest %d, as many as one read takes',
    async (count, looked) => {
      const writer = createWriter();
      for (let i = 0; i < 150; i += 1) {
        writer.note(`k${i}`, BigInt(1000 - i));
        const key = { table: 'counters', pk: `counter#k${i}`, sk: '' } as const;
        await world.memoryState.write({ type: 'update', key, add: { total: BigInt(i) } });
      }
      await writer.save();
      const asked: number[] = [];
      const counting = overrideState(world.memoryState, {
        getMany: (keys) => {
          asked.push(keys.length);
          return world.memoryState.getMany(keys);
        },
      });
      const { all, recent } = await createTopKeysReader({ ...world.ports, state: counting }).read(count);
      expect(asked).toEqual([looked]);
      expect(recent.keys).toHaveLength(count);
      // By their exact totals, the greatest first.
      const totals = Array.from({ length: looked }, (_, i) => BigInt(looked - 1 - i)).slice(0, count);
      expect(all.keys.map(({ value }) => value)).toEqual(totals);
    },
  );
});

describe('a reader of the lists', () => {
  /** How often the sketches were read. */
  function counting() {
    let reads = 0;
    const reading = overrideState(world.memoryState, {
      query: (range) => {
        reads += 1;
        if (fails) throw new StateStoreError('state-throttled', 'no');
        return world.memoryState.query(range);
      },
    });
    const reader = createTopKeysReader({ ...world.ports, state: reading });
    return { reader, reads: () => reads };
  }

  it('reads the sketches once a second, whatever is asked', async () => {
    const { reader, reads } = counting();
    for (const [atMs, expected] of [
      [0, 1],
      [999, 1],
      [1000, 2],
      [1999, 2],
      [2000, 3],
    ] as const) {
      await until(atMs);
      await Promise.all([reader.read(1), reader.read(5)]);
      expect([atMs, reads()]).toEqual([atMs, expected]);
    }
  });

  it('keeps no failure', async () => {
    const { reader, reads } = counting();
    fails = true;
    await expect(reader.read(1)).rejects.toThrow(StateStoreError);
    fails = false;
    expect(await reader.read(1)).toMatchObject({ recent: { keys: [] } });
    expect(reads()).toBe(2);
  });
});
