import { expect, it } from '@jest/globals';
import { parseChaosArguments } from './options.ts';

it('has defaults, and a seed of its own', () => {
  expect(parseChaosArguments([])).toMatchObject({
    type: 'run',
    options: { kills: 200, jumps: 200, pauses: 30, fulls: 6, races: 15, json: false, keep: false },
  });
});

it('takes a seed, a number of rounds and one phase alone', () => {
  expect(parseChaosArguments(['--seed', '7', '--only', 'kills', '--kills=3'])).toMatchObject({
    type: 'run',
    options: { seed: 7, kills: 3, jumps: 0, pauses: 0, fulls: 0, races: 0 },
  });
});

it.each([
  [['--kills', '-1'], "Option '--kills' argument is ambiguous"],
  [['--kills', 'many'], '--kills many: not a number from 0 to 100000'],
  [['--only', 'peace'], '--only peace: no such phase'],
  [['--seed', 'x'], '--seed x: not a number'],
  [['more'], 'Unexpected argument'],
])('refuses %j', (args, message) => {
  expect(parseChaosArguments(args)).toEqual({
    type: 'faulty',
    message: expect.stringContaining(message) as unknown,
  });
});
