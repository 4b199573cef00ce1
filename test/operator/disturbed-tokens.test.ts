import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import { createTokenStore, hasTokenBeenMade, type NewToken } from '../../lib/app/tokens/token-store.ts';
import { createWaitingCalls, failEachCall, interruptEachCall, type Work } from '../support/failing-calls.ts';
import {
  createOperatorWorld,
  operatorFailures,
  operatorPorts,
  stageOf,
  type OperatorPorts,
  type OperatorWorld,
} from '../support/operator-world.ts';

const hourMs = 3_600_000;

interface TokenWorld extends OperatorWorld {
  /** The token that the operations work on, and another token of the same principal. */
  readonly old: NewToken;
  readonly sibling: NewToken;
  readonly stranger: NewToken;
  /** What operators were shown, and what they revoked. */
  readonly shown: NewToken[];
  readonly revoked: Set<string>;
  /** The instants at which rotations that came to their end promised to end the old token. */
  readonly ends: number[];
}

const storeOf = (world: OperatorWorld, ports?: OperatorPorts) => createTokenStore(stageOf(world, ports));

async function open({ siblings }: { siblings: boolean }): Promise<TokenWorld> {
  const world = createOperatorWorld();
  const tokens = storeOf(world);
  const old = await tokens.create({ name: 'old', scopes: ['ads:read'], lifeSeconds: 7 * 86_400 });
  const stranger = await tokens.create({ name: 'stranger', scopes: ['admin'] });
  const sibling = siblings ? (await tokens.rotate(old.record.id, 48 * 3600))! : stranger;
  return { ...world, old, stranger, sibling, shown: [stranger, sibling], revoked: new Set(), ends: [] };
}

type Operation = (ports: OperatorPorts, world: TokenWorld) => Promise<void>;

const create: Operation = async (ports, world) => {
  world.shown.push(await storeOf(world, ports).create({ name: 'new', scopes: ['counters:read'] }));
};
const rotate =
  (graceSeconds: number): Operation =>
  async (ports, world) => {
    const show = (made: NewToken): void => void world.shown.push(made);
    const made = await storeOf(world, ports).rotate(world.old.record.id, graceSeconds, show);
    if (made === undefined) return;
    world.ends.push(world.clock.nowMs() + graceSeconds * 1000);
  };
const revoke: Operation = async (ports, world) => {
  const { id } = world.old.record;
  await storeOf(world, ports).revoke(id);
  world.revoked.add(id);
};
const list: Operation = async (ports, world) => {
  await storeOf(world, ports).list();
};

const operations: Readonly<Record<string, Operation>> = {
  create,
  list,
  revoke,
  'rotate without a grace': rotate(0),
  'rotate with an hour of grace': rotate(3600),
  'rotate with days of grace': rotate(72 * 3600),
};

const isLive = async (world: TokenWorld, { text }: NewToken): Promise<boolean> =>
  (await createAuthorize(world.ports)(`Bearer ${text}`)) !== undefined;

/** What holds at every instant, whatever went wrong. */
async function expectSound(world: TokenWorld, what: string): Promise<void> {
  const { old, shown, revoked, ends, keys } = world;
  const dead = [...revoked];
  expect({ what, revokedLives: revoked.has(old.record.id) && (await isLive(world, old)) }).toEqual({
    what,
    revokedLives: false,
  });
  for (const token of shown.filter(({ record }) => !dead.includes(record.id))) {
    expect({ what, shown: token.record.name, lives: await isLive(world, token) }).toMatchObject({
      lives: true,
    });
    expect({ what, hasKey: keys.has(token.record.principal) }).toEqual({ what, hasKey: true });
  }
  // Tokens that are stored can be listed, and calls require one as soon as there may be one.
  const listed = await storeOf(world).list();
  expect(listed.every(({ name }) => ['old', 'stranger', 'new'].includes(name))).toBe(true);
  expect(await hasTokenBeenMade(world.ports)).toBe(true);
  const record = listed.find(({ id }) => id === old.record.id);
  const endMs = record?.expiresAt === undefined ? Infinity : record.expiresAt * 1000;
  if (record !== undefined) {
    expect({ what, endMs }).toEqual({ what, endMs: Math.min(endMs, ...ends) });
  }
}

const workOf = (run: Operation, siblings: boolean): Work<TokenWorld, OperatorPorts> => ({
  open: () => open({ siblings }),
  portsOf: operatorPorts,
  failures: operatorFailures,
  run,
});

describe.each([
  ['alone', false],
  ['with a sibling of its principal', true],
])('a token %s', (_, siblings) => {
  it.each(Object.entries(operations))('outlives a fault in any call: %s', async (name, operation) => {
    for await (const { world, what, error } of failEachCall(workOf(operation, siblings))) {
      await expectSound(world, what);
      const wasLive = await isLive(world, world.old);
      // A successor that nobody has seen replaces nothing.
      if (name !== 'revoke' && name !== 'rotate without a grace')
        expect({ what, wasLive }).toEqual({ what, wasLive: true });
      // Nor is its holder left without a token: the old one works, or the new one was shown.
      if (name.startsWith('rotate')) {
        const [, , ...successors] = world.shown;
        const works = await Promise.all([world.old, ...successors].map((token) => isLive(world, token)));
        expect({ what, works: works.includes(true) }).toEqual({ what, works: true });
      }
      const before = world.shown.length;
      if (error !== undefined) await operation(operatorPorts(world), world);
      await expectSound(world, what);
      const { id, principal } = world.old.record;
      expect({ what, live: await isLive(world, world.old) }).toEqual({
        what,
        live: name !== 'revoke' && name !== 'rotate without a grace',
      });
      if (name === 'revoke') {
        expect({ what, hasKey: world.keys.has(principal) }).toEqual({ what, hasKey: siblings });
        const left = world.memoryState.all().filter(({ key }) => key.sk === id || key.pk === `guard#${id}`);
        expect(left).toEqual([]);
      }
      if (name.startsWith('rotate') && error !== undefined && wasLive) {
        expect(world.shown).toHaveLength(before + 1);
        expect(world.shown.at(-1)!.record).toMatchObject({ name: 'old', scopes: ['ads:read'], principal });
      }
    }
  });

  const pairs = Object.entries(operations).flatMap(([name, operation]) =>
    Object.entries(operations).map(
      ([other, otherOperation]) => [name, other, operation, otherOperation] as const,
    ),
  );
  it.each(pairs)(
    'is sound after %s while another operator does %s',
    async (_name, _other, operation, other) => {
      const otherOf = (world: TokenWorld) => other(operatorPorts(world), world);
      for await (const { world, what, error } of interruptEachCall(workOf(operation, siblings), otherOf)) {
        expect({ what, error }).toEqual({ what, error: undefined });
        await expectSound(world, what);
        await world.clock.advance(2 * hourMs);
        if (world.ends.some((endMs) => endMs <= world.clock.nowMs())) {
          expect({ what, oldLives: await isLive(world, world.old) }).toEqual({ what, oldLives: false });
        }
      }
    },
  );
});

it('is sound whatever operators overlap', async () => {
  const some = fc.array(fc.constantFrom(...Object.keys(operations)), { minLength: 2, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(some, fc.boolean(), fc.scheduler(), async (names, siblings, scheduler) => {
      const world = await open({ siblings });
      const running = names.map(async (name) => {
        const turn = () => scheduler.schedule(Promise.resolve());
        await operations[name]!(createWaitingCalls(operatorPorts(world), turn).ports, world);
      });
      await scheduler.waitFor(Promise.all(running));
      await expectSound(world, names.join(' | '));
    }),
    { numRuns: 300 },
  );
});

it('requires tokens before the first one may exist', async () => {
  const work: Work<OperatorWorld, OperatorPorts> = {
    open: () => Promise.resolve(createOperatorWorld()),
    portsOf: operatorPorts,
    failures: operatorFailures,
    run: (ports, world) => storeOf(world, ports).create({ name: 'first', scopes: ['admin'] }),
  };
  for await (const { world, what } of failEachCall(work)) {
    const pks = world.memoryState.all().map(({ key }) => key.pk);
    expect({ what, isClosed: pks.includes('token-made') || !pks.includes('tokens') }).toEqual({
      what,
      isClosed: true,
    });
    // The key of a principal that has no token would stay for ever.
    if (world.keys.size > 0)
      expect({ what, pks }).toEqual({
        what,
        pks: ['token-made', expect.stringMatching(/^guard#/), 'tokens'],
      });
  }
});
