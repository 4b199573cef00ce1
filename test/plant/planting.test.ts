import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { filesOf, plantingOf, plantingOfPatch } from './planting.ts';

const patch = `diff --git a/lib/sum.ts b/lib/sum.ts
--- a/lib/sum.ts
+++ b/lib/sum.ts
@@ -1,2 +1,2 @@
 one
-two
+three
diff --git a/gone.ts b/gone.ts
deleted file mode 100644
--- a/gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-- old
`;

describe('a planting', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'adtally-planting-'));
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib/sum.ts'), 'one\ntwo\n');
    writeFileSync(join(folder, 'gone.ts'), '- old\n');
    writeFileSync(join(folder, 'small.patch'), patch);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const defect = { name: 'n', file: 'lib/sum.ts', find: 'two', replace: '$&2', breaks: '' };

  it('replaces its text, whatever is in the new one', () => {
    plantingOf('core', defect).plant(folder);
    expect(readFileSync(join(folder, defect.file), 'utf8')).toBe('one\n$&2\n');
    writeFileSync(join(folder, defect.file), 'one\ntwo\n');
  });

  it.each(['four', 'o'])('refuses a text that is not there once: %s', (find) => {
    expect(() => {
      plantingOf('core', { ...defect, find }).plant(folder);
    }).toThrow(/^n: its text is in lib\/sum.ts [02] times$/);
  });

  it('is a patch with the name of its file and the folder of what it changes', () => {
    const planting = plantingOfPatch(join(folder, 'small.patch'));
    expect(planting).toMatchObject({ name: 'small', area: 'lib', files: ['lib/sum.ts', 'gone.ts'] });
    planting.plant(folder);
    expect(readFileSync(join(folder, 'lib/sum.ts'), 'utf8')).toBe('one\nthree\n');
  });

  it('does not take a removed line for the name of a file', () => {
    expect(filesOf('--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@\n--- y\n+-- z\n')).toEqual(['x.ts']);
  });
});
