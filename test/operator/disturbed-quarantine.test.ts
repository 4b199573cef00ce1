import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { readFailureFile } from '../../lib/app/quarantine/failure-file.ts';
import { quarantineCommand } from '../../lib/operator/quarantine-command.ts';
import { quarantineKey } from '../../lib/ports/quarantine.ts';
import { deliver } from '../support/counter-world.ts';
import { createWaitingCalls, failEachCall, interruptEachCall, type Work } from '../support/failing-calls.ts';
import {
  operatorFailures,
  operatorPorts,
  perform,
  stageOf,
  type Answer,
  type OperatorPorts,
} from '../support/operator-world.ts';
import {
  adEventId,
  endState,
  expectNothingLost,
  idOf,
  openQuarantineWorld,
  type QuarantineWorld,
} from './quarantine-world.ts';

type ArgsOf = (world: QuarantineWorld) => readonly string[];

const one =
  (verb: string, place: 'quarantined' | 'quarantined-copy' | 'unfinished', value: number): ArgsOf =>
  (world) => [verb, idOf(world, place, value)];

/** Each command line, and whether it needs the world with failure files. */
const commands: Readonly<Record<string, { readonly files: boolean; readonly args: ArgsOf }>> = {
  'redrive an increment': { files: false, args: one('redrive', 'quarantined', 1) },
  'redrive a keyed increment': { files: false, args: one('redrive', 'quarantined', 10) },
  'redrive a copy': { files: false, args: one('redrive', 'quarantined-copy', 1) },
  'redrive an unfinished record': { files: false, args: one('redrive', 'unfinished', 1) },
  'redrive an ad event': { files: false, args: () => ['redrive', quarantineKey(adEventId)] },
  'drop an increment': { files: false, args: one('drop', 'quarantined', 1) },
  'drop an unfinished record': { files: false, args: one('drop', 'unfinished', 1) },
  'drop an ad event': { files: false, args: () => ['drop', quarantineKey(adEventId)] },
  'redrive all': { files: false, args: () => ['redrive', '--all'] },
  'drop all': { files: false, args: () => ['drop', '--all'] },
  'redrive all files': { files: true, args: () => ['redrive', '--all', '--files'] },
  'drop all files': { files: true, args: () => ['drop', '--all', '--files'] },
};
const names = Object.keys(commands);

const runOn = (
  name: string,
  world: QuarantineWorld,
  ports: OperatorPorts = operatorPorts(world),
): Promise<Answer> =>
  perform(quarantineCommand, stageOf(world, ports), [...commands[name]!.args(world), '--json']);

const workOf = (name: string): Work<QuarantineWorld, OperatorPorts> => ({
  open: () => openQuarantineWorld(commands[name]!),
  portsOf: operatorPorts,
  failures: operatorFailures,
  run: (ports, world) => runOn(name, world, ports),
});

/** After the files, their records: bytes that could not be removed then are removed now. */
async function runAgain(name: string, world: QuarantineWorld): Promise<void> {
  await runOn(name, world);
  const [verb = ''] = commands[name]!.args(world);
  if (commands[name]!.files) await perform(quarantineCommand, stageOf(world), [verb, '--all']);
}

describe('a command that is run again after a fault in any call', () => {
  it.each(names)('comes to the end of an undisturbed one: %s', async (name) => {
    const calm = await openQuarantineWorld(commands[name]!);
    await runOn(name, calm);
    await runAgain(name, calm);
    const expected = await endState(calm);
    for await (const { world, what } of failEachCall(workOf(name))) {
      await expectNothingLost(world, what);
      await runAgain(name, world);
      await expectNothingLost(world, what);
      expect({ what, end: await endState(world) }).toEqual({ what, end: expected });
    }
  });
});

/** The consumer of the log tries the records of the files once more, which it may do at any time. */
async function consumeAgain(world: QuarantineWorld): Promise<void> {
  for (const { file, id } of world.placed) {
    if (file === undefined) continue;
    const { records } = readFailureFile(world.fileTexts.get(file)!)!.batch;
    const record = records.filter(({ sequenceNumber }) => sequenceNumber === id.sequenceNumber);
    await deliver(createAggregator(world.ports), record, id);
  }
}

const meanwhile: Readonly<Record<string, (world: QuarantineWorld) => Promise<unknown>>> = {
  ...Object.fromEntries(names.map((name) => [name, (world: QuarantineWorld) => runOn(name, world)])),
  'the consumer': consumeAgain,
};

describe('a command and another operator', () => {
  const pairs = [
    ['redrive all', 'redrive all'],
    ['redrive all', 'drop all'],
    ['drop all', 'redrive all'],
    ['redrive all files', 'redrive all files'],
    ['redrive all files', 'drop all files'],
    ['drop all files', 'redrive all files'],
    ['redrive all files', 'the consumer'],
    ['drop all files', 'the consumer'],
  ] as const;
  it.each(pairs)(
    '%s, and before any of its calls %s: nothing is lost or counted twice',
    async (name, other) => {
      for await (const { world, what, error } of interruptEachCall(workOf(name), meanwhile[other]!)) {
        expect({ what, error }).toEqual({ what, error: undefined });
        await expectNothingLost(world, what);
        await runAgain(name, world);
        await expectNothingLost(world, what);
        expect({ what, files: [...world.files.keys()] }).toEqual({ what, files: calmFiles(world) });
      }
    },
  );
});

/** What is no file of a mapping stays. */
const calmFiles = (world: QuarantineWorld): readonly string[] =>
  [...world.fileTexts.keys()].filter((file) => file.endsWith('foreign'));

it.each([false, true])('whatever operators overlap, nothing is lost (files: %s)', async (files) => {
  const some = fc.array(fc.constantFrom(...names.filter((name) => commands[name]!.files === files)), {
    minLength: 2,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(some, fc.scheduler(), async (chosen, scheduler) => {
      const world = await openQuarantineWorld({ files });
      const running = chosen.map((name) => {
        const turn = () => scheduler.schedule(Promise.resolve());
        return runOn(name, world, createWaitingCalls(operatorPorts(world), turn).ports);
      });
      await scheduler.waitFor(Promise.all(running));
      await expectNothingLost(world, chosen.join(' | '));
    }),
    { numRuns: 50 },
  );
});
