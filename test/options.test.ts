import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import {
  choice,
  choices,
  decimal,
  duration,
  flag,
  many,
  nearestName,
  optionLines,
  parseOptions,
  rate,
  refuseIgnored,
  serverUrl,
  text,
  UsageError,
  whole,
} from '../lib/options.ts';

const spec = {
  rate: whole({ about: 'requests a second', min: 1, max: 1000 }),
  share: decimal({ about: 'of it', min: 0.01, max: 2, default: 0.5 }),
  grace: duration({ about: 'how long', unit: 'h', min: 0, max: 9999 }),
  kind: choice(['a', 'b'], { about: 'which' }),
  scopes: choices(['read', 'write'], { about: 'which of them' }),
  data: text('the name of a folder', { about: 'where\nit is kept', default: '.data' }),
  host: many('a host name', (given) => (given.includes(':') ? undefined : given), {
    about: 'x',
    timesMax: 2,
  }),
  url: serverUrl({ about: 'a server' }),
  json: flag('one object'),
};

describe('a rate', () => {
  const spec = { calls: rate({ about: 'calls', perSecondMax: 1000 }) };
  const read = (text: string) => parseOptions(['--calls', text], spec).values.calls;

  it.each([
    ['0/s', 0],
    ['1000/s', 1000],
    ['0.5/s', 0.5],
    ['30/min', 0.5],
    ['1800/h', 0.5],
    ['43200/day', 0.5],
    ['60000/min', 1000],
  ])('%s is %d a second', (text, perSecond) => {
    expect(read(text)).toBe(perSecond);
  });

  it.each([
    '1000',
    '/s',
    '1/d',
    '1/S',
    '-1/s',
    '1e3/s',
    '1 /s',
    '.5/s',
    '1/s/s',
    '1001/s',
    '60001/min',
    'x/s',
  ])('%s is refused', (text) => {
    expect(() => read(text)).toThrow(
      new UsageError(
        `--calls must be a rate up to 1000/s, such as 50/s, 5.5/min, 100/h or 1000/day; got ${text}`,
      ),
    );
  });
});

describe('the options of a command', () => {
  it('are absent or have their default when they are not given', () => {
    expect(parseOptions([], spec)).toEqual({
      words: [],
      values: { share: 0.5, data: '.data', host: [], json: false },
      given: new Set(),
    });
  });

  it('are read as what they are, in both forms; the last one counts', () => {
    const args = ['--rate=5', '--rate', '6', '--share', '1.25', '--grace', '24h', '--kind', 'b', '--json'];
    const more = [
      '--scopes',
      'write,read,read',
      '--host',
      'x',
      '--host=y',
      '--url',
      'http://h:1',
      '--data=-x',
    ];
    const { values } = parseOptions([...args, ...more], spec);
    expect(values).toEqual({
      ...{ rate: 6, share: 1.25, grace: 86_400, kind: 'b', json: true, scopes: ['write', 'read'] },
      ...{ host: ['x', 'y'], url: new URL('http://h:1'), data: '-x' },
    });
  });

  it.each([
    ['--rate 1', { rate: 1 }],
    ['--rate 1000', { rate: 1000 }],
    ['--share 0.01', { share: 0.01 }],
    ['--share 2', { share: 2 }],
    ['--grace 0h', { grace: 0 }],
    ['--grace 9999h', { grace: 35_996_400 }],
    ['--host a --host b', { host: ['a', 'b'] }],
  ])('include their bounds: %s', (line, values) => {
    expect(parseOptions(line.split(' '), spec).values).toMatchObject(values);
  });

  it.each([
    ['--share 0', '--share must be a number from 0.01 to 2; got 0'],
    ['--share 2.01', '--share must be a number from 0.01 to 2; got 2.01'],
    ['--grace 10000h', '--grace must be hours, from 0h to 9999h; got 10000h'],
    ['--rate 0', '--rate must be a whole number from 1 to 1000; got 0'],
    ['--rate 1001', '--rate must be a whole number from 1 to 1000; got 1001'],
    ['--rate 1.5', '--rate must be a whole number from 1 to 1000; got 1.5'],
    ['--rate 1e3', '--rate must be a whole number from 1 to 1000; got 1e3'],
    ['--rate -1', '--rate must be a whole number from 1 to 1000; got -1'],
    ['--rate=', '--rate must be a whole number from 1 to 1000; got nothing'],
    ['--share 3', '--share must be a number from 0.01 to 2; got 3'],
    ['--grace 24d', '--grace must be hours, from 0h to 9999h; got 24d'],
    ['--grace 24', '--grace must be hours, from 0h to 9999h; got 24'],
    ['--kind c', '--kind must be one of a, b; got c'],
    ['--scopes read,root', '--scopes must be some of read, write, with commas between them; got read,root'],
    ['--data=', '--data must be the name of a folder; got nothing'],
    ['--host a:1', '--host must be a host name; got a:1'],
    ['--host a --host b --host c', '--host may be given 2 times at most'],
    ['--url https://h:1', '--url must be http://host:port; got https://h:1'],
    ['--colour', '--colour is not an option'],
    ['--toString', '--toString is not an option'],
    ['--json=yes', '--json takes no value; got yes'],
    ['--data', '--data needs a value'],
    ['--data --json', '--data needs a value'],
    ['more', 'more is one argument too many'],
  ])('are refused: %s', (line, message) => {
    expect(() => parseOptions(line.split(' '), spec)).toThrow(new UsageError(message));
  });

  it('are refused where a command would ignore them; a default is not given', () => {
    const { given } = parseOptions(['--json', '--rate', '5', '--rate=6'], spec);
    expect(given).toEqual(new Set(['json', 'rate']));
    refuseIgnored(given, 'show', ['rate', 'json', 'data']);
    expect(() => {
      refuseIgnored(given, 'show', ['data', 'json']);
    }).toThrow(new UsageError('--rate is not an option of show; it takes --data, --json'));
  });

  it('leave the words to the command that takes some', () => {
    expect(parseOptions(['show', '--json', 'id'], spec, 2).words).toEqual(['show', 'id']);
    expect(() => parseOptions(['show', 'id', 'id2'], spec, 2)).toThrow('id2 is one argument too many');
  });
});

it('a reader that has seen enough ends no command and changes no exit code', async () => {
  const child = spawn(process.execPath, ['bin/control.ts', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const [stderr, [code]] = await Promise.all([readText(child.stderr), exit]);
  expect([stderr, code]).toEqual(['', 0]);
});

describe('a standard output that cannot be written', () => {
  const run = async (args: string): Promise<unknown> => {
    const script = `"$0" ${args} >/dev/full`;
    const child = spawn('sh', ['-c', script, process.execPath], { stdio: ['ignore', 'ignore', 'pipe'] });
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const [stderr, [code]] = await Promise.all([readText(child.stderr), exit]);
    return { stderr, code };
  };

  it.each([
    'bin/control.ts --help',
    'bin/local.ts --version',
    'bin/config.ts show',
    'bin/cost.ts',
    'packages/adtally/bin/adtally.cjs --help',
    'packages/adtally/bin/adtally.cjs completion bash',
  ])('is said in a line, and %s ends with 4', async (args) => {
    const stderr = 'standard output cannot be written (ENOSPC); make room, or write it elsewhere.\n';
    expect(await run(args)).toEqual({ stderr, code: 4 });
  });

  it('leaves the code of what went wrong besides', async () => {
    const { code } = (await run('bin/health.ts --url http://127.0.0.1:1')) as { readonly code: number };
    expect(code).toBe(1);
  });

  it.each(['--help', '--version'])('because its reader has gone, is not said: adtally %s', async (option) => {
    const args = ['packages/adtally/bin/adtally.cjs', option];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const [stderr, [code]] = await Promise.all([readText(child.stderr), exit]);
    expect([stderr, code]).toEqual(['', 0]);
  });
});

describe('an option that does not exist', () => {
  const refused = (arg: string): string => {
    try {
      parseOptions([arg], spec);
    } catch (error) {
      return error instanceof UsageError ? error.message : String(error);
    }
    return 'read';
  };

  it.each([
    ['--rat', '--rat is not an option; did you mean --rate?'],
    ['--hots', '--hots is not an option; did you mean --host?'],
    ['--scope', '--scope is not an option; did you mean --scopes?'],
    ['--halp', '--halp is not an option; did you mean --help?'],
    ['--verison', '--verison is not an option; did you mean --version?'],
    ['--no-such-option', '--no-such-option is not an option'],
    [`--${'rate'.repeat(100)}`, `--${'rate'.repeat(100)} is not an option`],
  ])('%s: the nearest one is named if there is one', (arg, message) => {
    expect(refused(arg)).toBe(message);
  });
});

it.each([
  ['strat', 'start'],
  ['token', 'tokens'],
  ['quarentine', 'quarantine'],
  ['x', undefined],
  ['', undefined],
  ['stop', undefined],
])('the name nearest to %j is %j', (given, nearest) => {
  expect(nearestName(given, ['start', 'tokens', 'quarantine'])).toBe(nearest);
});

it('the usage text has a line for each option, in columns, with its default', () => {
  const { data, json } = spec;
  expect(optionLines({ data, json })).toBe(
    '  --data <x>  where\n              it is kept (default .data)\n  --json      one object\n  --help      this text\n  --version   the version\n',
  );
});
