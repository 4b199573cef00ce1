import { expect, it } from '@jest/globals';
import { brokenRules, releaseRules, type ReleaseFacts } from '../../../lib/core/release/release-rules.ts';

/** What no release may break, written out: the facts of a version, and which rules they break. */

const container = (name: string, catalogVersion: number | undefined = 40, version = '9') => ({
  ...{ container: name, version },
  catalogVersion,
});
const facts: ReleaseFacts = {
  ...{ version: '9', containersMin: 2, headVersion: 40 },
  containers: [container('a'), container('b')],
};

it('there are three', () => {
  expect(releaseRules.map(({ name }) => name)).toEqual([
    'its-own-containers',
    'enough-containers',
    'catalog-current',
  ]);
});

it.each<[string, Partial<ReleaseFacts>, readonly string[]]>([
  ['as many containers as demanded, with the catalog of the beginning', {}, []],
  ['more, with later catalogs', { containers: ['a', 'b', 'c'].map((name) => container(name, 41)) }, []],
  [
    'an empty catalog, if the stage has no ads',
    { headVersion: 0, containers: [container('a', 0), container('b', 0)] },
    [],
  ],
  ['no container', { containers: [] }, ['enough-containers: 0 of 2 containers answered']],
  ['one too few', { containers: [container('a')] }, ['enough-containers: 1 of 2 containers answered']],
  [
    'a catalog that is one version behind',
    { containers: [container('a', 39), container('b')] },
    ['catalog-current: 1 of 2 containers hold no catalog of version 40 or later'],
  ],
  [
    'a container without a catalog, also if the stage has no ads',
    { headVersion: 0, containers: [{ ...container('a'), catalogVersion: undefined }, container('b')] },
    ['catalog-current: 1 of 2 containers hold no catalog of version 0 or later'],
  ],
  [
    'containers of the version that is live',
    { containers: [container('a'), container('b', 40, '8')] },
    ['its-own-containers: 1 containers run version 8, not 9'],
  ],
  [
    'all at once',
    { containersMin: 3, containers: [container('a', 1, '8'), container('b')] },
    [
      'its-own-containers: 1 containers run version 8, not 9',
      'enough-containers: 2 of 3 containers answered',
      'catalog-current: 1 of 2 containers hold no catalog of version 40 or later',
    ],
  ],
])('%s', (_what, changed, broken) => {
  expect(brokenRules({ ...facts, ...changed })).toEqual(broken);
});
