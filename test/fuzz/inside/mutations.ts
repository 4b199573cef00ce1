import fc from 'fast-check';

/** A change to the bytes of a JSON text. */
export interface Mutation {
  readonly what: string;
  readonly apply: (bytes: Buffer) => Buffer;
}

const keep: Mutation = { what: 'as it was', apply: (bytes) => bytes };

type Members = Record<string, unknown>;

/** Half of them change nothing: what is behind a spoilt one must be processed. */
export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 10, arbitrary: fc.constant(keep) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(5000), fc.nat(7)).map(([place, bit]): Mutation => ({
      what: 'bit flipped',
      apply: (bytes) => {
        const copy = Buffer.from(bytes);
        const at = place % Math.max(1, copy.length);
        if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        return copy;
      },
    })),
  },
  {
    weight: 2,
    arbitrary: fc.nat(5000).map((place): Mutation => ({
      what: 'cut off',
      apply: (bytes) => bytes.subarray(0, place % Math.max(1, bytes.length)),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(5000), fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([place, more]): Mutation => ({
        what: 'bytes put in',
        apply: (bytes) => {
          const at = place % Math.max(1, bytes.length);
          return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
        },
      })),
  },
  {
    weight: 1,
    arbitrary: fc.json().map((text): Mutation => ({ what: 'other JSON', apply: () => Buffer.from(text) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 100 })
      .map((other): Mutation => ({ what: 'other bytes', apply: () => Buffer.from(other) })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(20), hostileValues()).map(([index, value]) =>
      changed('member changed', (members) => {
        const name = Object.keys(members)[index % Object.keys(members).length];
        if (name !== undefined) members[name] = value;
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(20).map((index) =>
      changed('member removed', (members) => {
        const name = Object.keys(members)[index % Object.keys(members).length];
        if (name !== undefined) Reflect.deleteProperty(members, name);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('extra', 'toString', 'traceparent'), hostileValues())
      .map(([name, value]) =>
        changed('member added', (members) => {
          members[name] = value;
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(0, 2, 99, '1', null, 1.5, -1, [1]).map((v) =>
      changed('other version', (members) => {
        members['v'] = v;
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('[', '{"a":', '[[').map((open): Mutation => ({
      what: 'too deep',
      apply: (bytes) => Buffer.concat([Buffer.from(open.repeat(20_000)), bytes]),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Mutation>({ what: 'twice', apply: (bytes) => Buffer.concat([bytes, bytes]) }),
  },
);

/** What JSON can hold and no member of ours should. */
export function hostileValues(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(
      null,
      true,
      '',
      '0',
      '-1',
      '1e400',
      'NaN',
      '\ud800',
      '\u0000',
      '__proto__',
      -0,
      1e300,
    ),
    fc.constantFrom<unknown>('9'.repeat(19), '9'.repeat(40), 2 ** 53, -1, 0.5, [], {}, 'x'.repeat(5000)),
    fc.string({ unit: 'binary' }),
  );
}

function changed(what: string, change: (members: Members) => void): Mutation {
  return {
    what,
    apply: (bytes) => {
      const members = JSON.parse(bytes.toString()) as Members;
      change(members);
      return Buffer.from(JSON.stringify(members));
    },
  };
}
