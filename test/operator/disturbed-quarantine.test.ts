import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { readFailureFile } from '../../lib/app/quarantine/failure-file.ts';
import { quarantineCommand } from '../../lib/operator/quarantine-command.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
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
  endState,
  expectNothingLost,
  foreignFile,
  openQuarantineWorld,
  worldKinds,
  type WorldKind,
  type QuarantineWorld,
} from './quarantine-world.ts';

type Run = (world: QuarantineWorld, ports?: OperatorPorts) => Promise<Answer>;

const line =
  (...args: readonly string[]): Run =>
  (world, ports) =>
    perform(quarantineCommand, stageOf(world, ports), [...args, '--json']);

const workOf = (kind: WorldKind, run: Run): Work<QuarantineWorld, OperatorPorts> => ({
  open: () => openQuarantineWorld(kind),
  portsOf: operatorPorts,
  failures: operatorFailures,
  run: (ports, world) => run(world, ports),
});

const fileKinds = (Object.keys(worldKinds) as WorldKind[]).filter((kind) => kind !== 'quarantine');
const verbs = ['redrive', 'drop'] as const;
const allRecords = { redrive: line('redrive', '--all'), drop: line('drop', '--all') };
const allFiles = { redrive: line('redrive', '--all', '--files'), drop: line('drop', '--all', '--files') };

/** After the files, their records: bytes that could not be removed then are removed now. */
const filesThenRecords =
  (verb: 'redrive' | 'drop'): Run =>
  async (world, ports) => {
    await allFiles[verb](world, ports);
    return allRecords[verb](world, ports);
  };

describe('a failure file', () => {
  it.each(verbs)('stays as long as one of its records could not be settled: %s', async (verb) => {
    const world = await openQuarantineWorld('file of passed records');
    const files = [...world.files];
    // A total above the sum in the log is a difference that an operator has to look at first.
    await world.memoryState.write({ type: 'update', key: counterKey('passed'), add: { total: 1000n } });
    await allFiles[verb](world);
    expect([...world.files]).toEqual(files);
    await world.memoryState.write({ type: 'update', key: counterKey('passed'), add: { total: -1000n } });
    await allFiles[verb](world);
    // What is left is no file of a mapping.
    expect([...world.files.keys()]).toEqual([foreignFile]);
  });
});

describe('a command that is run again after a fault in any call', () => {
  const cases: readonly (readonly [string, WorldKind, Run, Run])[] = [
    ...verbs.map((verb) => [`${verb} all`, 'quarantine', allRecords[verb], allRecords[verb]] as const),
    ...fileKinds.flatMap((kind) =>
      verbs.map((verb) => [`${verb} a ${kind}`, kind, allFiles[verb], filesThenRecords(verb)] as const),
    ),
  ];
  it.each(cases)('comes to the end of an undisturbed one: %s', async (_, kind, run, again) => {
    const calm = await openQuarantineWorld(kind);
    await run(calm);
    await again(calm);
    const expected = await endState(calm);
    for await (const { world, what } of failEachCall(workOf(kind, run))) {
      await expectNothingLost(world, what);
      await again(world);
      await expectNothingLost(world, what);
      const end = await endState(world);
      if (end !== expected) expect(`${what}\n${end}`).toBe(`${what}\n${expected}`);
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

describe('a command and somebody else', () => {
  const others = { ...allRecords, ...{ 'redrive files': allFiles.redrive, 'drop files': allFiles.drop } };
  const meanwhile: Readonly<Record<string, (world: QuarantineWorld) => Promise<unknown>>> = {
    ...others,
    'the consumer': consumeAgain,
  };
  const cases: readonly (readonly [string, string, WorldKind, Run])[] = [
    ['redrive', 'redrive', 'quarantine', allRecords.redrive],
    ['redrive', 'drop', 'quarantine', allRecords.redrive],
    ['drop', 'redrive', 'quarantine', allRecords.drop],
    ...fileKinds.flatMap((kind) => [
      ['redrive', 'redrive files', kind, allFiles.redrive] as const,
      ['redrive', 'drop files', kind, allFiles.redrive] as const,
      ['drop', 'redrive files', kind, allFiles.drop] as const,
      ['redrive', 'the consumer', kind, allFiles.redrive] as const,
      ['drop', 'the consumer', kind, allFiles.drop] as const,
    ]),
  ];
  it.each(cases)('%s, and before any of its calls %s: nothing is lost (%s)', async (_, other, kind, run) => {
    for await (const { world, what, error } of interruptEachCall(workOf(kind, run), meanwhile[other]!)) {
      expect({ what, error }).toEqual({ what, error: undefined });
      await expectNothingLost(world, what);
      await run(world);
      await expectNothingLost(world, what);
      const left = kind === 'quarantine' ? [] : [foreignFile];
      expect({ what, files: [...world.files.keys()] }).toEqual({ what, files: left });
    }
  });

  it.each<readonly [string, readonly WorldKind[], Readonly<Record<string, Run>>, number]>([
    ['the quarantine', ['quarantine'], allRecords, 8],
    ['fresh records', ['file of fresh records'], allFiles, 8],
    ['passed records', ['file of passed records'], allFiles, 8],
  ])('lose nothing, whatever they overlap: %s', async (_, kinds, commands, numRuns) => {
    const some = fc.array(fc.constantFrom(...Object.values(commands)), { minLength: 2, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(some, fc.scheduler(), async (chosen, scheduler) => {
        const world = await openQuarantineWorld(...kinds);
        const turn = () => scheduler.schedule(Promise.resolve());
        const running = chosen.map((run) => run(world, createWaitingCalls(operatorPorts(world), turn).ports));
        await scheduler.waitFor(Promise.all(running));
        await expectNothingLost(world, 'overlapping');
      }),
      { numRuns },
    );
  });
});
