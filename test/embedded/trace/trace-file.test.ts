import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TraceFile, TraceFileError } from '../../../lib/embedded/trace/trace-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-trace-'));
  path = join(folder, 'trace.json');
});
afterEach(() => rm(folder, { recursive: true }));

const head = '{"name":"adtally trace"}';
const content = async (): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

describe('a trace file', () => {
  it('is whole JSON after each write', async () => {
    const file = await TraceFile.open(path, 1e6);
    file.offer([head]);
    await file.flush();
    expect(await content()).toEqual([{ name: 'adtally trace' }]);
    file.offer(['{"a":1}', '{"b":2}']);
    file.offer(['{"c":"ü"}']);
    await file.flush();
    await file.flush();
    file.offer(['{"d":4}']);
    await file.flush();
    await file.close();
    expect(await content()).toEqual([{ name: 'adtally trace' }, { a: 1 }, { b: 2 }, { c: 'ü' }, { d: 4 }]);
  });

  it('counts what it takes against its limit, and is not ready while much waits for the disk', async () => {
    const file = await TraceFile.open(path, 20_000_000);
    const event = `{"x":"${'x'.repeat(999_992)}"}`;
    for (let i = 0; i < 8; i += 1) {
      expect(file.ready).toBe(true);
      file.offer([event]);
    }
    file.offer([event]);
    expect(file.ready).toBe(false);
    expect(file.bytesLeft).toBe(20_000_000 - 9 * 1_000_002);
    await file.flush();
    expect(file.ready).toBe(true);
    await file.close();
  });

  it('is written over if it is an older trace, however that ended', async () => {
    for (const older of [`[${head}\n]`, `[${head},\n{"na`]) {
      await writeFile(path, older + ' '.repeat(1000));
      const file = await TraceFile.open(path, 1e6);
      file.offer(['{"new":1}']);
      await file.flush();
      await file.close();
      expect(await content()).toEqual([{ new: 1 }]);
    }
  });

  it('never takes the place of anything else', async () => {
    await writeFile(path, 'dear diary');
    await expect(TraceFile.open(path, 1e6)).rejects.toThrow(
      new TraceFileError(`${path} is there already and is no trace`),
    );
    expect(await readFile(path, 'utf8')).toBe('dear diary');
    await expect(TraceFile.open(folder, 1e6)).rejects.toThrow(/EISDIR/);
    await expect(TraceFile.open(join(folder, 'no/such/folder.json'), 1e6)).rejects.toMatchObject({
      code: 'trace-file',
      message: expect.stringContaining('ENOENT') as unknown,
    });
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });

  it('rejects once the disk is full, and from then on', async () => {
    const file = await TraceFile.open('/dev/full', 1e6);
    file.offer([head]);
    await expect(file.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(file.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    await file.close();
  });
});
