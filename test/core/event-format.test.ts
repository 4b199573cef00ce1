import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { upcast, type EventVersions } from '../../lib/core/event-format.ts';

/** Three versions: `amount` was `n` in the first, and a number until the third. */
const versions: EventVersions = {
  Paid: [
    ({ n, ...rest }) => ({ ...rest, amount: n }),
    (event) => ({ ...event, amount: String(event['amount']) }),
  ],
  Sent: [],
};

describe('an event of an earlier version', () => {
  it.each([
    [
      { v: 1, type: 'Paid', id: 'a', n: 7 },
      { v: 3, type: 'Paid', id: 'a', amount: '7' },
    ],
    [
      { v: 2, type: 'Paid', id: 'a', amount: 7 },
      { v: 3, type: 'Paid', id: 'a', amount: '7' },
    ],
    [
      { v: 3, type: 'Paid', id: 'a', amount: '7' },
      { v: 3, type: 'Paid', id: 'a', amount: '7' },
    ],
    [
      { v: 1, type: 'Sent', later: true },
      { v: 1, type: 'Sent', later: true },
    ],
  ])('is raised one version at a time: %j', (written, value) => {
    expect(upcast(written, versions)).toStrictEqual({ status: 'newest', value });
  });

  it('is not changed itself', () => {
    const written = Object.freeze({ v: 1, type: 'Paid', n: 7 });
    upcast(written, versions);
    expect(written).toStrictEqual({ v: 1, type: 'Paid', n: 7 });
  });
});

describe('an event of a later version', () => {
  it.each([
    [{ v: 4, type: 'Paid', amount: 'secret' }, 4, 'Paid', 3],
    [{ v: 2, type: 'Sent' }, 2, 'Sent', 1],
  ])('is named with its version and nothing that it holds: %j', (written, found, type, newest) => {
    expect(upcast(written, versions)).toStrictEqual({
      status: 'too-new',
      reason: `version ${found} of ${type} is newer than this release reads (${newest}): redrive it with a later release`,
    });
  });
});

describe('anything else', () => {
  it.each([
    null,
    [],
    'x',
    7,
    {},
    { v: 1 },
    { v: 9, type: 'toString' },
    { v: '2', type: 'Paid' },
    { v: 1.5, type: 'Paid' },
    { v: 0, type: 'Paid' },
    { v: -1, type: 'Sent' },
    { v: 7, type: 'Other' },
  ])('is left to the schema as it is: %j', (value) => {
    expect(upcast(value, versions)).toStrictEqual({ status: 'newest', value });
  });

  it('never makes it throw', () => {
    const records = fc.oneof(
      fc.jsonValue(),
      fc.record({ v: fc.jsonValue(), type: fc.constantFrom('Paid', 'Sent'), n: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(records, (value) => {
        expect(upcast(value, versions).status).toMatch(/^(newest|too-new)$/);
      }),
    );
  });
});
