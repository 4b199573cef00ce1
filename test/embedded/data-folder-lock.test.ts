import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { DataFolderInUseError, lockDataFolder } from '../../lib/embedded/data-folder-lock.ts';

let root: string;
let children: ChildProcess[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'adtally-lock-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) await kill(child);
  await rm(root, { recursive: true });
});

const holderProgram = `
  const { lockDataFolder } = await import(process.argv[1]);
  const { setTimeout: sleep } = await import('node:timers/promises');
  try {
    await lockDataFolder(process.argv[2], { sleep });
    console.log('locked');
    setInterval(() => undefined, 60_000);
  } catch (error) {
    console.log(error.code);
  }`;

/** Another process that tries to take the lock, and what it said of it. */
async function startHolder(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const module = new URL('../../lib/embedded/data-folder-lock.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '-e', holderProgram, module, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function refusal(folder: string): Promise<DataFolderInUseError> {
  const error: unknown = await lockDataFolder(folder, systemClock).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataFolderInUseError);
  return error as DataFolderInUseError;
}

describe('the lock on the data folder', () => {
  it('creates the folder, and is free again once released', async () => {
    const folder = join(root, 'a', 'b');
    const first = await lockDataFolder(folder, systemClock);
    await first.release();
    const second = await lockDataFolder(folder, systemClock);
    expect(second.folder).toBe(first.folder);
    await second.release();
  });

  it('says that this user cannot write the folder', async () => {
    await mkdir(join(root, 'shut'), { mode: 0o500 });
    // Root may write everywhere: it becomes nobody, who may not.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      for (const folder of [join(root, 'shut'), join(root, 'shut', 'new')]) {
        await expect(lockDataFolder(folder, systemClock)).rejects.toThrow(
          `the data folder ${folder} cannot be written by this user; change its permissions or choose another folder`,
        );
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('names the holder and the folder to a second process', async () => {
    const { child, said } = await startHolder(root);
    expect(said).toBe('locked');
    const error = await refusal(root);
    expect(error.pid).toBe(child.pid);
    expect(error.message).toContain(`${root} is in use by the process with pid ${String(child.pid)}`);
  });

  it('refuses the same process too, by whatever path it comes', async () => {
    const lock = await lockDataFolder(root, systemClock);
    const link = `${root}-link`;
    await symlink(root, link);
    try {
      expect((await refusal(link)).pid).toBe(process.pid);
    } finally {
      await rm(link);
      await lock.release();
    }
  });

  it('keeps folders apart', async () => {
    const first = await lockDataFolder(join(root, 'one'), systemClock);
    const second = await lockDataFolder(join(root, 'two'), systemClock);
    expect(second.folder).not.toBe(first.folder);
    await first.release();
    await second.release();
  });

  it('dies with a killed process', async () => {
    const { child } = await startHolder(root);
    // No waiting for its end: a restart right after it must not be told of the dead process.
    child.kill('SIGKILL');
    const lock = await lockDataFolder(root, systemClock);
    expect((await refusal(root)).pid).toBe(process.pid);
    await lock.release();
  });

  it('refuses beside a holder that is stopped and cannot answer', async () => {
    const { child } = await startHolder(root);
    child.kill('SIGSTOP');
    const error = await refusal(root);
    expect(error.pid).toBeUndefined();
    expect(error.message).toContain(root);
  });

  it('is given to one of many that start at once, also right after a kill', async () => {
    const { child } = await startHolder(root);
    await kill(child);
    const starters = await Promise.all(Array.from({ length: 6 }, () => startHolder(root)));
    const said = starters.map((starter) => starter.said).sort();
    expect(said).toEqual([...Array<string>(5).fill('data-folder-in-use'), 'locked']);
  });
});
