import { describe, expect, it } from '@jest/globals';
import { ImportGraph } from './import-graph.ts';

const graph = new ImportGraph(
  new Map([
    ['lib/core/sum.ts', ''],
    ['lib/core/types.ts', ''],
    [
      'lib/app/count.ts',
      `import { sum } from '../core/sum.ts';\nimport type { Total } from '../core/types.ts';`,
    ],
    ['bin/local.ts', `import {\n  count,\n} from '../lib/app/count.ts';`],
    ['test/core/sum.test.ts', `const { sum } = await import('../../lib/core/sum.ts');`],
    ['test/start.test.ts', `spawn('bin/local.ts');`],
    ['test/read.test.ts', "readFileSync('README.md');"],
    ['test/circle.ts', `import './circle.test.ts';\nexport * from '../lib/app/count.ts';`],
    ['test/circle.test.ts', `import './circle.ts';`],
    ['README.md', 'See `lib/core/types.ts`.'],
  ]),
);

describe('the import graph', () => {
  it('counts the steps to those that use a file, directly or through others', () => {
    expect(Object.fromEntries(graph.distances(['lib/core/sum.ts']))).toEqual({
      'lib/core/sum.ts': 0,
      'lib/app/count.ts': 1,
      'test/core/sum.test.ts': 1,
      'bin/local.ts': 2,
      'test/circle.ts': 2,
      'test/start.test.ts': 3,
      'test/circle.test.ts': 3,
    });
  });

  it('takes the nearest of several files', () => {
    const distances = graph.distances(['lib/core/sum.ts', 'bin/local.ts']);
    expect(distances.get('test/start.test.ts')).toBe(1);
    expect(distances.get('test/core/sum.test.ts')).toBe(1);
  });

  it('leaves out what only has types from a file, and pages that name it', () => {
    expect([...graph.distances(['lib/core/types.ts']).keys()]).toEqual(['lib/core/types.ts']);
  });

  it('has those that name a page', () => {
    expect([...graph.distances(['README.md']).keys()]).toEqual(['README.md', 'test/read.test.ts']);
  });
});
