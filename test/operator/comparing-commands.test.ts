import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adKey, changeKey } from '../../lib/app/state-keys.ts';
import { readAuditFile } from '../../lib/operator/audit-file.ts';
import { auditCommand } from '../../lib/operator/audit-command.ts';
import type { OperatorStage } from '../../lib/operator/operator-stage.ts';
import { rebuildCommand } from '../../lib/operator/rebuild-command.ts';
import { restoreCommand } from '../../lib/operator/restore-command.ts';
import type { StageCommand } from '../../lib/operator/stage-command.ts';
import type { Attributes } from '../../lib/ports/state-store.ts';
import { adCreated } from '../support/ad-event-builder.ts';
import { adId } from '../support/ad-builder.ts';
import { projectEvents } from '../support/ad-world.ts';
import { createAuditWorld } from '../support/audit-world.ts';
import { garbage, increment } from '../support/counter-world.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-comparing-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A stage that has only what the command reads. */
function stageOf(parts: object): OperatorStage {
  return parts as OperatorStage;
}

async function answerOf<Options>(command: StageCommand<Options>, stage: OperatorStage, options: Options) {
  let text = '';
  const code = await command.run(stage, options, (more) => (text += more));
  return { code, text, lines: text.split('\n').slice(0, -1) };
}

describe('the audit command', () => {
  it('ends with 0, 1 or 3, and names what it found', async () => {
    const world = createAuditWorld();
    const stage = stageOf({ ...world.ports, histories: { increments: world.history } });
    const options = (name: string) => ({ json: false, file: join(folder, name) });
    await world.append([increment('a', 5), increment('b', 7), garbage('a')]);
    await world.count();
    await world.append([increment('b', 1000)]);
    for (const { shardId } of await world.increments.shards())
      await world.giveUpNext(shardId).catch(() => undefined);
    await world.append([increment('b', 100)]);
    expect(await answerOf(auditCommand, stage, options('one'))).toMatchObject({
      code: 0,
      lines: [
        'counters      2',
        'accepted      1112',
        'counted       12',
        'in flight     100',
        'quarantined   1000',
        'dropped       0',
        'unreadable    1 records',
        'equal: every total matches the log',
      ],
    });
    expect(readAuditFile(join(folder, 'one'), 'local', '1').accounts.size).toBe(2);
    await world.tamper('a', 2n);
    const different = await answerOf(auditCommand, stage, options('one'));
    expect(different.code).toBe(1);
    expect(different.lines.slice(-2)).toEqual([
      'DIFFERENT     "a": 7 instead of 5',
      'different: 1 total does not match the log',
    ]);
    const json = await answerOf(auditCommand, stage, { ...options('one'), json: true });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.text)).toEqual({
      ...{ status: 'different', counters: 2, not_auditable: 0, unreadable_records: 1 },
      ...{ accepted: '1112', counted: '14', in_flight: '100', quarantined: '1000', dropped: '0' },
      tracked_events: '0',
      different: [{ key: 'a', expected: '5', difference: '2' }],
    });
    world.history.whole = false;
    const late = await answerOf(auditCommand, stage, options('another'));
    expect(late.code).toBe(3);
    expect(late.lines.at(-1)).toContain('the whole history of 2 counters');
  });

  it('shows twenty differences, and says how many more there are', async () => {
    const world = createAuditWorld();
    const stage = stageOf({ ...world.ports, histories: { increments: world.history } });
    const keys = Array.from({ length: 23 }, (_, i) => `k${i}`);
    await world.append(keys.map((key) => increment(key)));
    await world.count();
    for (const key of keys) await world.tamper(key, 1n);
    const { lines } = await answerOf(auditCommand, stage, { json: false, file: join(folder, 'many') });
    expect(lines.filter((line) => line.startsWith('DIFFERENT'))).toHaveLength(20);
    expect(lines.at(-2)).toContain('and 3 more');
  });
});

describe('the rebuild command', () => {
  it('ends with 0, 1 or 3, and writes only when it is told to', async () => {
    const world = await projectEvents([adCreated(1), adCreated(2)]);
    const stage = stageOf(world.ports);
    const run = (switchOver: boolean) => answerOf(rebuildCommand, stage, { json: false, switchOver });
    expect(await run(false)).toMatchObject({
      code: 0,
      text: 'version 2, 2 live ads, snapshot at 0: equal\n',
    });
    await world.memoryState.write({ type: 'delete', key: adKey(adId(1)) });
    const found = [`ad ${adId(1)}: missing`, 'version 2, 2 live ads, snapshot at 0: 1 differences'];
    expect(await run(false)).toMatchObject({ code: 1, lines: found });
    expect(await run(false)).toMatchObject({ code: 1 });
    expect(await run(true)).toMatchObject({
      code: 0,
      lines: [...found, 'switched at version 2: now equal'],
    });
    expect(await run(false)).toMatchObject({ code: 0 });
    await world.memoryState.write({ type: 'delete', key: changeKey(1) });
    expect(await run(false)).toMatchObject({ code: 3 });
    expect(await run(true)).toMatchObject({ code: 3 });
  });
});

describe('the restore command', () => {
  const stopped = { id: 'm', state: 'Disabled', stopped: true };
  const running = { id: 'm', state: 'Enabled', stopped: false };

  function stageWith(
    live: Record<string, Attributes>,
    restored: Record<string, Attributes>,
    feeds = [stopped],
  ) {
    const tables = { live: tableOf(live), restored: tableOf(restored) };
    const asked: string[] = [];
    const stage = stageOf({
      tables: {
        live: (table: string) => (asked.push(`live ${table}`), tables.live),
        restored: (table: string, name: string) => (asked.push(`${name} ${table}`), tables.restored),
        feeds: (table: string) => (asked.push(`feeds of ${table}`), Promise.resolve(feeds)),
      },
    });
    return { stage, asked, live: tables.live };
  }
  const options = { table: 'counters', from: 'copy', json: false } as const;

  it('compares, and writes nothing unless it is told to', async () => {
    const { stage, asked, live } = stageWith({ a: { total: 1n }, c: {} }, { a: { total: 2n }, b: {} }, [
      running,
    ]);
    const answer = await answerOf(restoreCommand, stage, { ...options, apply: false });
    expect(answer).toMatchObject({
      code: 1,
      text: 'counters: 2 items restored; in the live table 1 missing, 1 differ, 1 surplus\n',
    });
    expect(asked).toEqual(['live counters', 'copy counters']);
    expect(await live.content()).toEqual({ a: { total: 1n }, c: {} });
  });

  it.each([[[running]], [[stopped, running]]])('does not apply while a consumer runs', async (feeds) => {
    const { stage, live } = stageWith({}, { a: {} }, feeds);
    const answer = await answerOf(restoreCommand, stage, { ...options, apply: true });
    expect(answer).toMatchObject({ code: 3, lines: [expect.stringContaining('the mapping m is Enabled')] });
    expect(await live.content()).toEqual({});
  });

  it('makes the live table equal, and says that it is', async () => {
    const { stage, live } = stageWith({ a: { total: 1n }, c: {} }, { a: { total: 2n }, b: {} });
    const answer = await answerOf(restoreCommand, stage, { ...options, apply: true });
    expect(answer).toMatchObject({ code: 0 });
    expect(answer.lines.at(-1)).toBe('counters: 2 items, the same');
    expect(await live.content()).toEqual({ a: { total: 2n }, b: {} });
  });

  it('ends with 3 when somebody still writes to the table', async () => {
    const { stage, live } = stageWith({}, { a: {} });
    const { writeEach } = live.store;
    live.store.writeEach = async (actions) => {
      const results = await writeEach(actions);
      await live.store.write({ type: 'put', key: keyOf('z'), attributes: {} });
      return results;
    };
    expect(await answerOf(restoreCommand, stage, { ...options, apply: true })).toMatchObject({ code: 3 });
  });
});

const keyOf = (pk: string) => ({ table: 'counters', pk, sk: '' }) as const;

function tableOf(items: Record<string, Attributes>) {
  const memory = createMemoryStateStore();
  const store = {
    getMany: memory.getMany.bind(memory),
    write: memory.write.bind(memory),
    writeEach: memory.writeEach.bind(memory),
  };
  const filled = Promise.all(
    Object.entries(items).map(([pk, attributes]) =>
      memory.write({ type: 'put', key: keyOf(pk), attributes }),
    ),
  );
  const content = async (): Promise<Record<string, Attributes>> => {
    await filled;
    const found = await Promise.all(
      ['a', 'b', 'c', 'z'].map(async (pk) => [pk, await memory.get(keyOf(pk))]),
    );
    return Object.fromEntries(found.filter(([, item]) => item !== undefined)) as Record<string, Attributes>;
  };
  return {
    store,
    content,
    async *pages() {
      const all = Object.entries(await content());
      if (all.length > 0) yield all.map(([pk, attributes]) => ({ key: keyOf(pk), attributes }));
    },
  };
}
