import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FolderBusyError, joinFolder } from '../../lib/adapters/lmdb/join-folder.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { freshFolder } from './lmdb-folder.ts';

/** The protocol by which processes open one folder, with members that note what is asked of them. */
let folder: string;
let steps: string[];
const closes: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = freshFolder();
  steps = [];
});
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

/** `onHold` runs before the member answers. */
function member(name: string, onHold: () => Promise<unknown> = () => Promise.resolve()) {
  return {
    hold: async () => {
      steps.push(`hold ${name}`);
      await onHold();
      steps.push(`held ${name}`);
      return () => {
        steps.push(`release ${name}`);
      };
    },
    close: () => {
      steps.push(`close ${name}`);
      return Promise.resolve();
    },
  };
}

async function join(name: string, clock = systemClock, onHold?: () => Promise<unknown>) {
  const joined = await joinFolder(folder, clock, () => {
    steps.push(`open ${name}`);
    return member(name, onHold);
  });
  closes.push(() => joined.close());
  return joined;
}

/** A clock that is moved on by hand. On it a sleep takes fifty times as long, and here hardly any time. */
function createHurriedClock() {
  let timeMs = 0;
  return {
    ...systemClock,
    monotonicMs: () => timeMs,
    sleep: async (durationMs: number) => {
      timeMs += 50 * durationMs;
      await systemClock.sleep(0);
    },
    advance(durationMs: number) {
      timeMs += durationMs;
    },
  };
}

/** A release comes with the end of a connection. */
async function until(step: string): Promise<void> {
  for (let tries = 0; tries < 2000 && !steps.includes(step); tries += 1) await systemClock.sleep(1);
  expect(steps).toContain(step);
}

describe('who joins a folder', () => {
  test('opens it while every other member holds its commits, and lets them go on afterwards', async () => {
    await join('a');
    await join('b');
    await until('release a');
    steps = [];
    await join('c');
    await until('release a');
    await until('release b');
    expect(steps.slice(0, 5)).toEqual(['hold a', 'held a', 'hold b', 'held b', 'open c']);
    expect(steps.slice(5).toSorted()).toEqual(['release a', 'release b']);
  });

  test('waits for a member that takes long to answer', async () => {
    const slow = Promise.withResolvers<undefined>();
    await join('a', systemClock, () => slow.promise);
    const joining = join('b');
    await until('hold a');
    expect(steps).not.toContain('open b');
    slow.resolve(undefined);
    await joining;
    expect(steps.slice(0, 4)).toEqual(['open a', 'hold a', 'held a', 'open b']);
  });

  test('is refused while another process opens it for too long, and joins after it', async () => {
    const slow = Promise.withResolvers<undefined>();
    await join('a', systemClock, () => slow.promise);
    const second = join('b');
    await until('hold a');
    const clock = createHurriedClock();
    await expect(join('c', clock)).rejects.toThrow(`another process is still opening ${folder}`);
    // It looks each 20 ms, here each second.
    expect(clock.monotonicMs()).toBe(16_000);
    slow.resolve(undefined);
    await second;
    await join('d');
    expect(steps.filter((step) => step.startsWith('open'))).toEqual(['open a', 'open b', 'open d']);
  });

  test('waits for all members together no longer than the first of them holds its commits', async () => {
    const clock = createHurriedClock();
    let slowness = 0;
    for (const name of ['a', 'b', 'c'])
      await join(name, clock, () => {
        clock.advance(slowness);
        return Promise.resolve();
      });
    await until('release b');
    slowness = 8000;
    // The second answers after sixteen seconds; the third is not even asked.
    await expect(join('d', clock)).rejects.toThrow(`a process that has ${folder} open does not answer`);
    expect(steps).not.toContain('open d');
    slowness = 4000;
    await join('e', clock);
    expect(steps).toContain('open e');
  });

  test('leaves the others alone if it cannot open, and the folder can be joined again', async () => {
    await join('a');
    const failing = joinFolder(folder, systemClock, () => {
      throw new TypeError('cannot be opened');
    });
    await expect(failing).rejects.toThrow(TypeError);
    await until('release a');
    const b = await join('b');
    // One that has left is not asked any more.
    await b.close();
    closes.pop();
    steps = [];
    await join('c');
    expect(steps).not.toContain('hold b');
    expect(steps.indexOf('held a')).toBeLessThan(steps.indexOf('open c'));
  });

  test('leaves its place only once it has closed: nobody opens the folder beside its last commits', async () => {
    const last = Promise.withResolvers<undefined>();
    const a = await joinFolder(folder, systemClock, () => ({
      ...member('a', () => last.promise),
      close: async () => {
        await last.promise;
        steps.push('close a');
      },
    }));
    const closing = a.close();
    const joining = join('b');
    await until('hold a');
    expect(steps).not.toContain('open b');
    last.resolve(undefined);
    await Promise.all([closing, joining]);
    expect(steps.indexOf('close a')).toBeLessThan(steps.indexOf('open b'));
  });

  test('is one of eight', async () => {
    for (const name of ['1', '2', '3', '4', '5', '6', '7', '8']) await join(name);
    await expect(join('9')).rejects.toThrow(FolderBusyError);
    await expect(join('9')).rejects.toThrow(`8 processes have ${folder} open`);
    expect(steps).not.toContain('open 9');
  });
});
