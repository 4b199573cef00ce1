import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { allDefects } from './all-defects.ts';
import { projectFolder } from './product-copy.ts';

describe('the planted defects', () => {
  it('have names of their own, in kebab-case', () => {
    const names = allDefects.map(([, { name }]) => name);
    expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  it.each(allDefects.map(([, defect]) => [defect.name, defect] as const))(
    '%s still fits its file',
    (_, defect) => {
      const { file, find, replace, breaks } = defect;
      expect(readFileSync(join(projectFolder, file), 'utf8').split(find)).toHaveLength(2);
      expect(replace).not.toBe(find);
      expect(breaks).toMatch(/\S\.$/);
    },
  );
});
