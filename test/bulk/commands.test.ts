import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand, type CommandAnswer } from '../support/run-command.ts';
import { ServerProcess } from '../support/server-process.ts';
import { startFailingProxy, type Fate } from './failing-proxy.ts';

/** `npm run import` and `npm run export` as processes, against `npm start` in another. */
let folder: string;
let server: ServerProcess;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-bulk-'));
  server = new ServerProcess({ folder: join(folder, 'data') });
  url = (await server.ready).origin;
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const header = 'External ID;Title;Content;Start at;End at;Country;Age start';
/** Ads that no other test has: their names begin with `prefix`. */
const csvOf = (prefix: string, count: number, content = 'Two for one', endAt = '2036-01-01'): string => {
  const rows = Array.from({ length: count }, (_, i) =>
    [`${prefix}-${i}`, `${prefix} "=${i}"`, content, '2035-12-01 09:00', endAt, 'TW|JP', `${18 + (i % 50)}`]
      .map((cell) => (cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell))
      .join(';'),
  );
  return [header, ...rows].join('\r\n');
};

let files = 0;
async function fileOf(text: string, extension = 'csv'): Promise<string> {
  const file = join(folder, `ads-${(files += 1)}.${extension}`);
  await writeFile(file, text);
  return file;
}

const importFile = (file: string, ...more: string[]): Promise<CommandAnswer> =>
  runCommand('import', [file, '--url', url, ...more]);
/** What an import says that it did. */
const tallyOf = ({ stdout, code }: CommandAnswer) => [code, /: (\d.*)\n$/.exec(stdout)?.[1]];

/** The live ads whose title begins so, as an export has them. */
async function exported(prefix: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout, code } = await runCommand('export', [
    '--url',
    url,
    '--format',
    'ndjson',
    '--title',
    prefix,
  ]);
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('npm run import', () => {
  it('creates the ads of a file, and run again changes none', async () => {
    const file = await fileOf(csvOf('twice', 1200));
    expect(tallyOf(await importFile(file))).toEqual([0, '1,200 created, 0 updated, 0 unchanged, 0 refused']);
    expect(tallyOf(await importFile(file))).toEqual([0, '0 created, 0 updated, 1,200 unchanged, 0 refused']);
    const ads = await exported('twice');
    expect(new Set(ads.map(({ external_id: name }) => name)).size).toBe(1200);
    expect(ads).toHaveLength(1200);
    expect(ads.find(({ external_id: name }) => name === 'twice-7')).toMatchObject({
      ...{ title: 'twice "=7"', content: 'Two for one', age_start: 25, country: ['JP', 'TW'] },
      ...{ start_at: '2035-12-01T09:00:00.000Z', end_at: '2036-01-01T00:00:00.000Z' },
    });
  });

  it('changes what the file changed, and says of each ad what became of it', async () => {
    await importFile(await fileOf(csvOf('changed', 3)));
    const text = csvOf('changed', 4).replace('changed-1;"changed', 'changed-1;"Changed');
    const { code, lines } = await importFile(await fileOf(text), '--json');
    expect(code).toBe(0);
    expect(lines.map(({ line, external_id: name, result }) => [line, name, result])).toEqual([
      [2, 'changed-0', 'unchanged'],
      [3, 'changed-1', 'updated'],
      [4, 'changed-2', 'unchanged'],
      [5, 'changed-3', 'created'],
    ]);
    expect(await exported('Changed')).toHaveLength(1);
  });

  it('names each faulty row, and sends none', async () => {
    const good = csvOf('faulty', 5).split('\r\n');
    const rows = good.map((row, i) =>
      i === 2 ? row.replace('TW|JP', 'Taiwan') : i === 4 ? row.replace('2036-01-01', '01/02/2036') : row,
    );
    const file = await fileOf([...rows, ...good.slice(1, 2)].join('\r\n'));
    const { code, stdout, stderr } = await importFile(file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replaceAll(file, 'FILE')).toBe(`FILE has 3 faulty rows; nothing was sent.
  line 3: country must be an ISO 3166-1 alpha-2 code in upper case; got "Taiwan"
  line 5: end_at may be day or month first; write 2026-12-31, or give --date-format dmy or mdy; got "01/02/2036"
  line 7: external_id is that of line 2 too; got "faulty-0"
`);
    const asJson = await importFile(file, '--json');
    expect(asJson.lines.map(({ line, column }) => [line, column])).toEqual([
      [3, 'country'],
      [5, 'end_at'],
      [7, 'external_id'],
    ]);
    expect(await exported('faulty')).toEqual([]);
  });

  it('shows at most 100 faults', async () => {
    const { stderr } = await importFile(await fileOf(csvOf('many', 150).replaceAll('TW|JP', 'XX')));
    expect(stderr.split('\n')).toHaveLength(1 + 100 + 1 + 1);
    expect(stderr).toContain('  and 50 more; --json shows all\n');
  });

  it('checks and sends nothing with --dry-run', async () => {
    const file = await fileOf(csvOf('dry', 2));
    const { code, stdout } = await importFile(file, '--dry-run');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${file}: 2 ads, all valid; nothing was sent\n` });
    expect(await exported('dry')).toEqual([]);
  });

  it('ends with 1 if an ad is refused, and imports the others', async () => {
    const ended = csvOf('ended', 2, 'c', '2035-12-01 10:00')
      .replaceAll('2035-12-01 ', '2020-12-01 ')
      .split('\r\n')
      .slice(1);
    const answer = await importFile(await fileOf([csvOf('running', 2), ...ended].join('\r\n')));
    expect(tallyOf(answer)).toEqual([1, '2 created, 0 updated, 0 unchanged, 2 refused']);
    expect(answer.stderr).toBe(
      '  line 4: "ended-0" was refused: end_at must be in the future\n  line 5: "ended-1" was refused: end_at must be in the future\n',
    );
  });

  it.each([
    [['nowhere.csv'], 'nowhere.csv does not exist.\n'],
    [['.', '--format', 'csv'], '. cannot be read: EISDIR.\n'],
    [['extra'], 'extra does not exist.\n'],
    [['-'], '--format must be given: standard input has no name that says csv or ndjson.\n'],
    [['README.md'], '--format must be given: the name README.md does not say whether it is csv or ndjson.\n'],
    [[], 'The file of ads is missing.\n'],
    [
      ['a.csv', '--timezone', 'Taipei'],
      '--timezone must be the name of a time zone such as Asia/Taipei; got Taipei.\n',
    ],
    [['a.csv', '--delimiter', '|'], '--delimiter must be '],
    [['a.csv', '--url', 'localhost'], '--url must be the address of an API'],
  ])('%j ends with 2', async (args, said) => {
    const { code, stdout, stderr } = await runCommand('import', args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  it('ends with 4 where nobody answers, and says what to do', async () => {
    const { code, stderr } = await runCommand('import', [
      await fileOf(csvOf('nobody', 2)),
      '--url',
      'http://127.0.0.1:9',
    ]);
    expect(code).toBe(4);
    expect(stderr).toContain(
      'Is the server running? npm start, or --url.\n2 ads not confirmed. Run the import again',
    );
  });
});

it('both end with 4 where their token is not accepted, and say which scope it must have', async () => {
  const data = join(folder, 'guarded');
  const scoped = ['create', '--name', 'reader', '--scopes', 'ads:read', '--data', data, '--json'];
  const { lines } = await runCommand('tokens', scoped);
  const guarded = new ServerProcess({ folder: data, args: ['--tokens'] });
  try {
    const { origin } = await guarded.ready;
    const file = await fileOf(csvOf('guarded', 2));
    const said = 'The token must have the scope ads:write: --token, or the variable ADTALLY_TOKEN.\n';
    for (const token of [[], ['--token', String(lines[0]?.['token'])]])
      for (const [name, ...args] of [['import', file], ['export']] as const) {
        const { code, stderr } = await runCommand(name, [...args, '--url', origin, ...token]);
        expect([name, code, stderr]).toEqual([name, 4, expect.stringContaining(said)]);
      }
  } finally {
    await guarded.stop();
  }
});

describe('an import that is disturbed', () => {
  const fates: readonly Fate[] = ['answer-lost', 'arrives', 'refused'];

  it('imports each ad once when calls are refused and answers are lost', async () => {
    const proxy = await startFailingProxy(new URL(url), (call) => fates[call % fates.length] ?? 'arrives');
    try {
      const file = await fileOf(csvOf('lost', 1600));
      const answer = await runCommand('import', [file, '--url', proxy.url]);
      expect(tallyOf(answer)).toEqual([0, '1,600 created, 0 updated, 0 unchanged, 0 refused']);
      expect(proxy.imports()).toBeGreaterThan(5);
    } finally {
      await proxy.close();
    }
    const names = (await exported('lost')).map(({ external_id: name }) => name);
    expect(names).toHaveLength(1600);
    expect(new Set(names).size).toBe(1600);
  }, 60_000);

  it('is finished by the next one when its process is killed', async () => {
    const file = await fileOf(csvOf('killed', 2000));
    const program = resolve(import.meta.dirname, '../../bin/import.ts');
    const child = spawn(process.execPath, [program, file, '--url', url, '--json']);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const before = (await exported('killed')).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(2000);
    const [code, tally] = tallyOf(await importFile(file));
    const [, created, unchanged] =
      /^([\d,]+) created, 0 updated, ([\d,]+) unchanged, 0 refused$/.exec(String(tally)) ?? [];
    const count = (text = ''): number => Number(text.replace(',', ''));
    expect([code, count(created) + count(unchanged)]).toEqual([0, 2000]);
    expect(count(unchanged)).toBeGreaterThan(0);
    expect(new Set((await exported('killed')).map(({ external_id: name }) => name)).size).toBe(2000);
  }, 60_000);

  it('waits for a limit of calls', async () => {
    const limited = new ServerProcess({ folder: join(folder, 'limited'), args: ['--rate', '1:1'] });
    const proxy = await startFailingProxy(await limited.ready, () => 'arrives');
    try {
      const answer = await runCommand('import', [await fileOf(csvOf('limited', 1001)), '--url', proxy.url]);
      expect(tallyOf(answer)).toEqual([0, '1,001 created, 0 updated, 0 unchanged, 0 refused']);
      expect(proxy.statuses).toContain(429);
    } finally {
      await proxy.close();
      await limited.stop();
    }
  }, 60_000);
});

describe('npm run export', () => {
  let file: string;
  beforeEach(() => {
    file = join(folder, `export-${(files += 1)}.csv`);
  });

  it('writes what an import finds unchanged, each row of it', async () => {
    await importFile(await fileOf(csvOf('round', 250, '-50 % "today"\t, é')));
    const { code, stderr } = await runCommand('export', [
      '--url',
      url,
      '--title',
      'round',
      '--out',
      file,
      '--bom',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '250 ads written\n' });
    expect(await readFile(file, 'utf8')).toMatch(
      /^\ufeffexternal_id,title,content,start_at,end_at,age_start,age_end,gender,country,platform,status,priority,weight,click_url,image_url,width,height,campaign_id,metadata,goal,frequency,id,version,created_at\n/,
    );
    expect(tallyOf(await importFile(file))).toEqual([0, '0 created, 0 updated, 250 unchanged, 0 refused']);
    const [{ stdout }] = [
      await runCommand('export', ['--url', url, '--title', 'round', '--format', 'ndjson']),
    ];
    const lines = await fileOf(stdout, 'ndjson');
    expect(tallyOf(await importFile(lines))).toEqual([0, '0 created, 0 updated, 250 unchanged, 0 refused']);
  });

  it('takes every field of an ad there and back, and the ads of a status or a campaign alone', async () => {
    const rows = [
      'external_id,title,content,start_at,end_at,status,priority,weight,click_url,image_url,width,height,campaign_id,metadata',
      'f-1,field 1,c,2035-12-01,2036-01-01,paused,1,100,https://shop.example/a?b=1,https://cdn.example/1.png,300,250,-7,"{""a"":1.5,""b"":""x,y""}"',
      'f-2,field 2,c,2035-12-01,2036-01-01,ACTIVE,,,,,,,autumn,',
      'f-3,field 3,c,2035-12-01,2036-01-01,,,,,,,,,',
    ];
    expect(tallyOf(await importFile(await fileOf(rows.join('\n'))))).toEqual([
      0,
      '3 created, 0 updated, 0 unchanged, 0 refused',
    ]);
    const written = async (...args: string[]): Promise<readonly string[]> => {
      await runCommand('export', ['--url', url, '--title', 'field', '--out', file, ...args]);
      // The ads of one import have ids of one millisecond, in any order.
      return (await readFile(file, 'utf8')).trimEnd().split('\n').slice(1).sort();
    };
    const [first = '', ...rest] = await written();
    expect(first).toContain(
      ',paused,1,100,https://shop.example/a?b=1,https://cdn.example/1.png,300,250,\'-7,"{""a"":1.5,""b"":""x,y""}",',
    );
    expect(rest).toHaveLength(2);
    expect(tallyOf(await importFile(file))).toEqual([0, '0 created, 0 updated, 3 unchanged, 0 refused']);
    expect(await written('--status', 'paused')).toEqual([first]);
    expect(await written('--campaign-id', 'autumn')).toEqual([rest[0]]);
  });

  it('says which ads an import would refuse, and leaves them out if asked', async () => {
    const body = {
      title: 'nameless',
      content: 'c',
      start_at: '2035-12-01T00:00:00Z',
      end_at: '2036-01-01T00:00:00Z',
    };
    const headers = { 'Content-Type': 'application/json', Prefer: 'wait=5' };
    await fetch(`${url}/api/v1/ad`, { method: 'POST', headers, body: JSON.stringify(body) });
    const args = ['--url', url, '--title', 'nameless', '--out', file];
    expect(await runCommand('export', args)).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: '1 ad written\n1 ad without an external_id written, which an import refuses\n',
    });
    const { code, stderr } = await importFile(file);
    expect([code, stderr]).toEqual([2, expect.stringContaining('line 2: external_id is missing\n')]);
    expect((await runCommand('export', [...args, '--named'])).stderr).toBe(
      '0 ads written\n1 ad without an external_id left out\n',
    );
  });

  it('says in a line that standard output cannot be written', async () => {
    const program = resolve(import.meta.dirname, '../../bin/export.ts');
    const args = ['-c', '"$0" "$@" >/dev/full', process.execPath, program, '--url', url];
    const child = spawn('sh', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const [stderr, [code]] = await Promise.all([readText(child.stderr), exit]);
    expect([code, stderr]).toEqual([
      4,
      'standard output cannot be written (ENOSPC); make room, or write it elsewhere.\n',
    ]);
  });

  it('replaces a file only by a whole one', async () => {
    await writeFile(file, 'before');
    const { code, stderr } = await runCommand('export', ['--url', 'http://127.0.0.1:9', '--out', file]);
    expect(code).toBe(4);
    expect(stderr).toContain('Is the server running? npm start, or --url.\n');
    expect(await readFile(file, 'utf8')).toBe('before');
    const nowhere = await runCommand('export', ['--url', url, '--out', join(folder, 'no', 'file.csv')]);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      4,
      expect.stringContaining('cannot be written: ENOENT.\n'),
    ]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('follows a link, and replaces no folder or device', async () => {
    const link = join(folder, 'link.tsv');
    await writeFile(file, 'before');
    await symlink(file, link);
    const ofLink = await runCommand('export', ['--url', url, '--title', 'none', '--out', link]);
    expect([ofLink.code, await readFile(file, 'utf8')]).toEqual([
      0,
      expect.stringMatching(/^external_id\ttitle\t/),
    ]);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    const socket = createServer().listen(join(folder, 'socket'));
    await once(socket, 'listening');
    for (const out of [folder, join(folder, 'socket')]) {
      const { code, stderr } = await runCommand('export', ['--url', url, '--format', 'csv', '--out', out]);
      expect([code, stderr]).toEqual([4, expect.stringContaining(`${out} is a folder or a device; name a`)]);
    }
    socket.close();
  });

  it('leaves a file as it was when the list fails half way', async () => {
    let calls = 0;
    const list = createServer((_request, response) => {
      const page = { ads: [], next_cursor: 'more' };
      const problem = { type: 'about:blank', title: 'No', status: 400, detail: 'Not this page.', errors: [] };
      const isPage = (calls += 1) < 3;
      response.writeHead(isPage ? 200 : 400, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(isPage ? page : problem));
    }).listen(0, '127.0.0.1');
    await once(list, 'listening');
    const { port } = list.address() as AddressInfo;
    await writeFile(file, 'before');
    const { code, stderr } = await runCommand('export', ['--url', `http://127.0.0.1:${port}`, '--out', file]);
    list.close();
    expect([code, stderr]).toEqual([4, expect.stringContaining('Not this page.')]);
    expect(await readFile(file, 'utf8')).toBe('before');
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('filters as the list does', async () => {
    await importFile(
      await fileOf(csvOf('filter', 3).replace('filter-1;', 'filter one;').replace('TW|JP', 'US')),
    );
    const countOf = async (...filter: string[]): Promise<string> =>
      (await runCommand('export', ['--url', url, '--title', 'filter', ...filter])).stderr;
    expect(await countOf('--country', 'US')).toBe('1 ad written\n');
    expect(await countOf('--external-id', 'filter one')).toBe('1 ad written\n');
    expect(await countOf('--status', 'scheduled')).toBe('3 ads written\n');
    expect(await countOf('--status', 'active')).toBe('0 ads written\n');
  });

  it.each([
    [['--country', 'Taiwan'], '--country must be two upper-case letters, T1 or unknown; got Taiwan.'],
    [['--status', 'gone'], '--status must be'],
    [
      ['--out', 'ads.txt'],
      '--format must be given: the name ads.txt does not say whether it is csv or ndjson.',
    ],
    [['ads.csv'], 'ads.csv is one argument too many.'],
  ])('%j ends with 2', async (args, said) => {
    const { code, stderr } = await runCommand('export', args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});
