import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { projectionCommand } from '../../lib/operator/projection-command.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { adId } from '../support/ad-builder.ts';
import { adCreated, adUpdated } from '../support/ad-event-builder.ts';
import { createAdWorld, projectAll, projectEvents, recordsOf, type AdWorld } from '../support/ad-world.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { createOperatorWorld, perform, stageOf } from '../support/operator-world.ts';

const events = [adCreated(0), adCreated(1), adUpdated(0, { title: 'Another title' })];

const run = (world: AdWorld, ...args: string[]) =>
  perform(projectionCommand, { ...stageOf(createOperatorWorld()), ...world.ports }, args);

describe('npm run projection', () => {
  it('builds, compares, moves readers there and back, and drops', async () => {
    const world = await projectEvents(events);
    expect(await run(world, 'status')).toMatchObject({
      code: 0,
      text: 'projection 1  active, version 3, snapshot at 0, form 1\n',
    });
    expect(await run(world, 'start')).toEqual({
      code: 0,
      text: 'projection 2 is built through version 3, and every commit writes it\n',
      lines: [],
    });
    expect(await run(world, 'start')).toMatchObject({
      code: 0,
      text: 'projection 2 is built already; nothing to do\n',
    });
    expect(await run(world, 'compare')).toMatchObject({
      code: 0,
      text: 'version 3, 2 live ads, 256 of 256 ranges equal: equal\n',
    });
    expect(await run(world, 'back')).toMatchObject({
      code: 0,
      text: 'readers use it already: projection 1\n',
    });
    expect(await run(world, 'switch')).toMatchObject({ code: 0, text: 'readers move to projection 2\n' });
    expect(await run(world, 'switch', '--json')).toMatchObject({
      code: 0,
      lines: [{ state: 'unchanged', projection: 2, version: 3 }],
    });
    expect(await run(world, 'status')).toMatchObject({
      text:
        'projection 2  active, version 3, snapshot at 3, form 2\n' +
        'projection 1  kept beside it, version 3, snapshot at 0, form 1\n',
    });
    expect(await run(world, 'back')).toMatchObject({ code: 0, text: 'readers move to projection 1\n' });
    const until = new Date(world.clock.nowMs() + 900_000).toISOString();
    expect(await run(world, 'drop')).toMatchObject({
      code: 1,
      text: `refused: readers may still use it; drop it after ${until}\n`,
    });
    await world.clock.advance(900_000);
    expect(await run(world, 'drop')).toMatchObject({ code: 0, text: 'dropped\n' });
    for (const verb of ['drop', 'switch', 'back', 'compare']) {
      const { code, text } = await run(world, verb);
      expect({ verb, code, refused: text.startsWith('refused: there is ') }).toEqual({
        verb,
        code: 1,
        refused: true,
      });
    }
  });

  it('says how far behind one is that is being built, and refuses to move readers to it', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports);
    const records = recordsOf(events);
    expect(await run(world, 'start')).toMatchObject({ code: 1, lines: [] });
    await projectAll(projector, records.slice(0, 2));
    let calls = 0;
    const dying = overrideState(world.memoryState, {
      transact: (actions) => {
        calls += 1;
        if (calls > 2) throw new StateStoreError('state-unavailable', 'no answer');
        return world.memoryState.transact(actions);
      },
    });
    const stage = { ...stageOf(createOperatorWorld()), ...world.ports, state: dying };
    await expect(perform(projectionCommand, stage, ['start'])).rejects.toThrow('no answer');
    await projectAll(projector, records.slice(2));
    expect(await run(world, 'status')).toMatchObject({
      text:
        'projection 1  active, version 3, snapshot at 0, form 1\n' +
        'projection 2  is being built: 1 versions behind; run start if no start runs\n',
    });
    expect(await run(world, 'switch', '--json')).toMatchObject({
      code: 1,
      lines: [{ state: 'behind', versions: 1 }],
    });
    expect(await run(world, 'start')).toMatchObject({ code: 0 });
    expect(await run(world, 'switch')).toMatchObject({ code: 0 });
  });

  it('names what differs, and does not move readers to it', async () => {
    const world = await projectEvents(events);
    await run(world, 'start');
    const key = { table: 'ads', pk: `p2.ad#${adId(1)}`, sk: '' } as const;
    await world.memoryState.write({ type: 'delete', key });
    expect(await run(world, 'compare')).toMatchObject({
      code: 1,
      text:
        `projection 2: ad ${adId(1)}: missing\n` +
        'version 3, 2 live ads, 255 of 256 ranges equal: 1 differences\n',
    });
    expect(await run(world, 'switch', '--json')).toMatchObject({
      code: 1,
      lines: [
        { difference: { type: 'ad', projection: 2, adId: adId(1), what: 'missing' } },
        { state: 'differs', differences: 1 },
      ],
    });
    const change = { table: 'ads', pk: 'changes#0', sk: '2'.padStart(16, '0') } as const;
    await world.memoryState.write({ type: 'delete', key: change });
    expect(await run(world, 'compare')).toMatchObject({ code: 3 });
  });

  it.each([[[]], [['begin']], [['start', 'now']]])('refuses %j', (args) => {
    expect(() => projectionCommand.parse(args)).toThrow();
  });
});
