import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { controlCommand } from '../../lib/operator/control-command.ts';
import { parseControlArguments } from '../../lib/operator/control-options.ts';
import { quarantineCommand } from '../../lib/operator/quarantine-command.ts';
import type { OperatorStage } from '../../lib/operator/operator-stage.ts';
import { UsageError } from '../../lib/options.ts';
import { controlChangeKey } from '../../lib/app/state-keys.ts';
import { stageSettings } from '../../lib/stages.ts';
import { eventually } from '../contracts/eventually.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { createOperatorWorld, perform, stageOf } from '../support/operator-world.ts';
import { runCommand } from '../support/run-command.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

describe('the arguments of npm run control', () => {
  const optionsOf = (...args: string[]) => parseControlArguments(args).options;

  it('are a command with its options', () => {
    const { username } = userInfo();
    expect(parseControlArguments(['get', '--stage', 'prod', '--json'])).toEqual({
      location: { stage: 'prod', data: undefined },
      options: { verb: { type: 'get' }, by: username, ifVersion: undefined, json: true },
    });
    expect(optionsOf('history')).toMatchObject({ verb: { type: 'history', limit: 20 } });
    expect(optionsOf('history', '--limit', '100')).toMatchObject({ verb: { limit: 100 } });
    expect(optionsOf('rollback')).toMatchObject({ verb: { type: 'rollback', to: undefined } });
    expect(optionsOf('rollback', '0', '--by', 'ann', '--if-version', '7')).toEqual({
      ...{ verb: { type: 'rollback', to: 0 }, by: 'ann', ifVersion: 7, json: false },
    });
    const field = (name: string, value: unknown) => ({ type: 'field', field: name, value });
    expect(
      optionsOf(
        'set',
        'rate=5:9',
        'live_ads_max=0',
        'live_ad_bytes_max=7',
        'trace_share=0.25',
        'series=none',
      ),
    ).toMatchObject({
      verb: {
        edits: [
          field('rate', { per_second: 5, burst: 9 }),
          field('live_ads_max', 0),
          field('live_ad_bytes_max', 7),
          field('trace_share', 0.25),
          field('series', {}),
        ],
      },
    });
    expect(
      optionsOf(
        'set',
        'series=minute:2,day:9',
        'rate=default',
        '--pin',
        'a=b=8',
        '--pin',
        'c=2',
        '--unpin',
        'd',
      ),
    ).toMatchObject({
      verb: {
        edits: [
          field('series', { minute: 2, day: 9 }),
          field('rate', undefined),
          { type: 'pin', key: 'a=b', lanes: 8 },
          { type: 'pin', key: 'c', lanes: 2 },
          { type: 'pin', key: 'd', lanes: undefined },
        ],
      },
    });
  });

  const names = 'rate, live_ads_max, live_ad_bytes_max, hot_keys, series, trace_share';
  it.each([
    [[], 'a command is missing: get, set, history or rollback'],
    [['put'], 'the command must be get, set, history or rollback; got put'],
    [['get', 'rate'], 'get takes no further argument; got rate'],
    [['history', '3'], 'history takes no further argument; got 3'],
    [['history', '--limit', '0'], '--limit must be a whole number from 1 to 100; got 0'],
    [['history', '--limit', '101'], '--limit must be a whole number from 1 to 100; got 101'],
    [['rollback', '-1'], '-1'],
    [['rollback', 'one'], 'the version must be a whole number; got one'],
    [['rollback', '1', '2'], 'rollback takes no further argument; got 2'],
    [['set'], 'set needs a <name>=<value>, a --pin or an --unpin'],
    [['set', 'rate'], `a setting must be <name>=<value> with a name of ${names}; got rate`],
    [['set', 'speed=1'], `a setting must be <name>=<value> with a name of ${names}; got speed=1`],
    [
      ['set', 'rate=5/25'],
      'rate must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 5/25',
    ],
    [
      ['set', 'rate=5:0'],
      'rate must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 5:0',
    ],
    [['set', 'rate=5:1000001'], 'rate.burst: must be a whole number from 1 to 1000000; got 5:1000001'],
    [['set', 'live_ads_max=x'], 'live_ads_max: must be a whole number from 0 to 9007199254740991; got x'],
    [['set', 'trace_share=1.5'], 'trace_share: must be a number from 0 to 1; got 1.5'],
    [['set', 'trace_share='], 'trace_share: must be a number from 0 to 1; got '],
    [['set', 'hot_keys=[]'], 'hot_keys must be default; --pin and --unpin change single keys; got []'],
    [['set', 'series=minute'], 'series must be none or levels with their days'],
    [['set', 'series=minute:1,minute:2'], 'series must be none or levels with their days'],
    [['set', 'series=minute:1:2'], 'series must be none or levels with their days'],
    [['set', 'series=:2'], 'series must be none or levels with their days'],
    [['set', 'series=week:2'], 'series: must have levels out of minute, hour and day'],
    [['set', 'series=minute:0'], 'series.minute: must be a whole number from 1 to 3650; got minute:0'],
    [['set', 'rate=5:5', 'rate=6:6'], 'rate is given twice'],
    [['set', '--pin', 'a'], '--pin must be a key and 2 to 32 lanes: key=8; got a'],
    [['set', '--pin', 'a=1'], '--pin must be a key and 2 to 32 lanes: key=8; got a=1'],
    [['set', '--pin', 'a=33'], '--pin must be a key and 2 to 32 lanes: key=8; got a=33'],
    [['set', '--pin', '=8'], '--pin must be a key and 2 to 32 lanes: key=8; got =8'],
    [['set', '--unpin', ''], '--unpin must be a key; got nothing'],
    [['set', '--pin', 'a=2', '--unpin', 'a'], 'a is pinned or unpinned twice'],
    [['set', 'rate=5:5', '--by', ''], '--by must be 1 to 100 characters; got nothing'],
    [['set', 'rate=5:5', '--by', 'x'.repeat(101)], '--by must be 1 to 100 characters'],
    [
      ['set', 'rate=5:5', '--if-version', 'x'],
      '--if-version must be a whole number from 0 to 999999999; got x',
    ],
    [
      ['get', '--by', 'ann'],
      '--by is not an option of get; it takes --stage, --data, --stack, --config, --json',
    ],
    [['set', 'rate=5:5', '--limit', '3'], '--limit is not an option of set'],
    [['history', '--if-version', '3'], '--if-version is not an option of history'],
    [['rollback', '--pin', 'a=3'], '--pin is not an option of rollback'],
  ])('are refused: %j', (args, message) => {
    const parse = () => parseControlArguments(args);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });
});

describe('npm run control', () => {
  const build = (more: Partial<OperatorStage> = {}) => {
    const world = createOperatorWorld({ settings: stageSettings('local') });
    const stage = { ...stageOf(world), ...more };
    const control = (...args: string[]) => perform(controlCommand, stage, args);
    const lines = async (...args: string[]) => (await control(...args)).text.trimEnd().split('\n');
    return { world, control, lines };
  };

  it('shows what holds, and whether it is as deployed', async () => {
    const { control, lines } = build();
    expect(await lines('get')).toEqual([
      'version 0: everything is as deployed',
      'rate               200:1000  (as deployed)',
      'live_ads_max       1000000  (as deployed)',
      'live_ad_bytes_max  2000000000  (as deployed)',
      'hot_keys           none  (as deployed)',
      'series             minute:7  (as deployed)',
      'trace_share        as started  (as deployed)',
    ]);
    const set = ['rate=5:9', 'live_ads_max=0', 'live_ad_bytes_max=3', 'series=none', 'trace_share=0'];
    expect(await control('set', ...set, '--pin', 'a\u202e=8', '--pin', 'b=2', '--by', 'ann')).toMatchObject({
      code: 0,
      text: 'version 1 holds now\n',
    });
    const [first, ...rows] = await lines('get');
    const fields = 'rate, live_ads_max, live_ad_bytes_max, hot_keys, series, trace_share';
    expect(first).toMatch(/^version 1 {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}"ann" {2}/);
    expect(first?.endsWith(fields)).toBe(true);
    expect(rows).toEqual([
      'rate               5:9',
      'live_ads_max       0',
      'live_ad_bytes_max  3',
      String.raw`hot_keys           "a\u202e"=8 "b"=2`,
      'series             none',
      'trace_share        0',
    ]);
    expect((await control('get', '--json')).lines).toMatchObject([
      { version: 1, by: 'ann', content: { trace_share: 0 }, holds: { rate: { per_second: 5, burst: 9 } } },
    ]);
  });

  it('pins and unpins single keys, and goes back to what is deployed', async () => {
    const { control } = build();
    const pins = async () => (await control('get', '--json')).lines[0]?.['content'];
    await control('set', '--pin', 'a=8', '--pin', 'b=2');
    await control('set', '--pin', 'c=4', '--pin', 'a=3', '--unpin', 'b');
    expect(await pins()).toEqual({
      hot_keys: [
        { key: 'a', lanes: 3 },
        { key: 'c', lanes: 4 },
      ],
    });
    await control('set', '--unpin', 'a', '--unpin', 'c');
    expect(await pins()).toEqual({ hot_keys: [] });
    await control('set', 'hot_keys=default', '--pin', 'd=5');
    expect(await pins()).toEqual({ hot_keys: [{ key: 'd', lanes: 5 }] });
    await control('set', 'hot_keys=default');
    expect(await pins()).toEqual({});
    // What holds already makes no version, and overrides no later deployment.
    const { lines } = await control('get', '--json');
    await control('set', '--unpin', 'nobody');
    expect((await control('get', '--json')).lines).toEqual(lines);
  });

  it('tells what became of a change', async () => {
    const { control, lines } = build();
    expect(await control('set', 'live_ads_max=5', '--if-version', '1')).toMatchObject({
      code: 1,
      text: 'refused: the current version is 0; get it, then decide again\n',
    });
    await control('set', 'live_ads_max=5', '--by', 'ann');
    expect(await control('set', 'live_ads_max=5')).toMatchObject({
      code: 0,
      text: 'version 1 says so already; nothing was changed\n',
    });
    expect(await control('set', 'live_ads_max=6', '--if-version', '0')).toMatchObject({
      code: 1,
      text: 'refused: the current version is 1 by "ann"; get it, then decide again\n',
    });
    expect(await control('set', 'live_ads_max=1000001')).toMatchObject({
      code: 1,
      text: 'refused: live_ads_max: must be at most 1000000, as deployed; raise it in lib/stages.ts and deploy\n',
    });
    expect(await control('rollback', '9')).toMatchObject({
      code: 1,
      text: 'refused: no such version; history shows those that are kept\n',
    });
    expect(await control('rollback', '--by', 'bob', '--json')).toMatchObject({
      code: 0,
      lines: [{ version: 2, by: 'bob', restores: 0, content: {}, published: true, state: 'changed' }],
    });
    expect((await lines('history')).map((line) => line.replace(/ {2}\d{4}\S+Z {2}/, ' at '))).toEqual([
      'version 2 at "bob"  live_ads_max 5 -> default, back to 0',
      'version 1 at "ann"  live_ads_max default -> 5',
    ]);
    expect((await control('history', '--limit', '1', '--json')).lines).toMatchObject([
      { version: 2, content: {}, before: { live_ads_max: 5 } },
    ]);
  });

  it('shows what each change replaced', async () => {
    const { world, control, lines } = build();
    const texts = async () => (await lines('history')).map((line) => line.split('Z  "ann"  ').at(-1));
    await control('set', 'rate=5', 'series=hour:3', '--pin', 'a\u202e=8', '--by', 'ann');
    await control('set', 'rate=5:9', 'series=none', '--pin', 'b=2', '--by', 'ann');
    await control('set', 'trace_share=0.5', 'rate=default', '--by', 'ann');
    const [last, second, first] = [
      'rate 5:9 -> default; trace_share default -> 0.5',
      String.raw`rate 5:25 -> 5:9; hot_keys "a\u202e"=8 -> "a\u202e"=8 "b"=2; series hour:3 -> none`,
      String.raw`rate default -> 5:25; hot_keys default -> "a\u202e"=8; series default -> hour:3`,
    ];
    expect(await texts()).toEqual([last, second, first]);
    // The oldest of those that are asked for has the one before it, too.
    expect(await lines('history', '--limit', '2')).toEqual([
      expect.stringContaining(last) as unknown,
      expect.stringContaining(second) as unknown,
    ]);
    // What the first replaced is known; what a change replaced that is no longer kept is not.
    const { table, pk } = controlChangeKey(1);
    await world.memoryState.write({ type: 'delete', key: { table, pk, sk: '0000000000000001' } });
    expect(await texts()).toEqual([
      last,
      String.raw`rate ? -> 5:9; hot_keys ? -> "a\u202e"=8 "b"=2; series ? -> none`,
    ]);
    expect((await control('history', '--json')).lines.at(-1)).toMatchObject({ version: 2, before: null });
  });

  it('has an empty history first', async () => {
    const { lines, control } = build();
    expect(await lines('history')).toEqual(['no changes: everything is as deployed']);
    expect((await control('history', '--json')).text).toBe('');
  });

  it('tells that the log does not answer, and that the change holds all the same', async () => {
    const { world, control } = build({
      adEvents: {
        ...{ stream: 'ad-events', epoch: '1', hashPosition: () => 0 },
        append: (entries) =>
          Promise.resolve(entries.map(() => ({ status: 'refused' as const, reason: 'down' }))),
      },
    });
    expect(await control('set', 'live_ads_max=5')).toMatchObject({
      code: 0,
      text: 'version 1 holds now; the event log does not answer, its event follows within minutes\n',
    });
    const item = await world.memoryState.get({ table: 'counters', pk: 'control', sk: '' });
    expect(item).toMatchObject({ version: 1n });
  });

  it('lets a deployed stage have no higher rate than its usage plan', async () => {
    const tables = {} as NonNullable<OperatorStage['tables']>;
    expect(await build({ tables }).control('set', 'rate=201:1000')).toMatchObject({ code: 1 });
    expect(await build({ tables }).control('set', 'rate=200:1000')).toMatchObject({ code: 0 });
    expect(await build().control('set', 'rate=201:1001')).toMatchObject({ code: 0 });
  });

  it('does not touch what a later release wrote', async () => {
    const { world, control } = build();
    const attributes = { version: 4n, content: '{"colour":1}', by: 'zoe', at: 1n, change_id: 'c' };
    const key = { table: 'counters', pk: 'control', sk: '' } as const;
    await world.memoryState.write({ type: 'put', key, attributes });
    const why = 'the content: has a field that this version does not know';
    expect(await control('get')).toMatchObject({
      code: 1,
      text: `version 4 is not understood here: ${why}; containers of this release keep the last good one\n`,
    });
    expect((await control('get', '--json')).lines).toEqual([
      { version: 4, state: 'not-understood', faults: [why] },
    ]);
    expect(await control('set', 'trace_share=1')).toMatchObject({
      code: 1,
      text: `refused: a later release wrote what stands there (${why}); use its command\n`,
    });
    expect(await world.memoryState.get(key)).toEqual(attributes);
  });

  it('is followed by a redrive, which writes as the containers do', async () => {
    const { world, control } = build();
    await control('set', 'series=day:9');
    const id = {
      stream: 'increments' as const,
      epoch: '1',
      shardId: 'shardId-000000000000',
      sequenceNumber: '5',
    };
    const event = {
      ...{ v: 1, type: 'Incremented', id: 'a'.repeat(32), key: 'k', value: '3', count: 1 },
      ...{ keyed: false, at: 86_400_000 },
    };
    const data = new TextEncoder().encode(JSON.stringify(event));
    const facts = { partitionKey: 'k', arrivedAtMs: 1, quarantinedAtMs: 2, reason: 'r' };
    await world.ports.quarantine.store({ ...id, ...facts, data });
    await world.memoryState.write({
      type: 'put',
      key: { table: 'counters', pk: 'skip#increments/1/shardId-000000000000/5', sk: '' },
      attributes: { state: 'quarantined', reason: 'r', partition_key: 'k' },
    });
    const redrive = ['redrive', 'increments/1/shardId-000000000000/5'];
    expect(await perform(quarantineCommand, stageOf(world), redrive)).toMatchObject({ code: 0 });
    const series = world.memoryState.all().filter(({ key }) => key.pk.startsWith('series#'));
    expect(series.map(({ key, attributes }) => [key.pk, attributes['b1']])).toEqual([['series#day#k', 3n]]);
  });
});

describe('a running npm start', () => {
  let folder: string;
  let server: ServerProcess;
  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'adtally-control-')), 'data');
    server = await startServer(folder);
  });
  afterAll(async () => {
    await server.kill();
    await rm(join(folder, '..'), { recursive: true });
  });

  const send = async (path: string, body?: unknown): Promise<Response> =>
    fetch(new URL(path, server.url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=5' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  it('follows within a second what the command changes, and still counts exactly', async () => {
    const control = (...args: string[]) => runCommand('control', [...args, '--data', folder, '--json']);
    expect((await send('/api/v1/counters/a/series?bucket=minute')).status).not.toBe(400);
    const set = ['set', 'live_ads_max=0', 'series=day:9', '--pin', 'a=8', '--by', 'ann'];
    expect(await control(...set)).toMatchObject({ code: 0, lines: [{ version: 1, published: true }] });
    const created = async () => (await send('/api/v1/ad', newAdBody(Date.now()))).status;
    await eventually('the new limit of ads', async () => ((await created()) === 507 ? true : undefined));
    expect((await send('/api/v1/counters/a/series?bucket=minute')).status).toBe(400);
    for (let i = 0; i < 40; i += 1)
      expect((await send('/increment', { key: 'a', value: 1 })).status).toBe(202);
    await eventually('all are counted', async () => {
      const counter = (await (await send('/api/v1/counters/a')).json()) as { value?: number };
      return counter.value === 40 ? true : undefined;
    });
    expect(await control('rollback')).toMatchObject({ code: 0, lines: [{ version: 2, restores: 0 }] });
    await eventually('the deployed limit', async () => ((await created()) === 201 ? true : undefined));
  });
});
