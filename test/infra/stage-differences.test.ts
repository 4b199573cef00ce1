import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { stageSettings, type BuiltInStage } from '../../lib/stages.ts';

/** Each setting by its path; lists are values. */
function settingsOf(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, Array.isArray(value) ? value.join(' ') : String(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    settingsOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** Without what only a deployed stage has. */
function compared(stage: BuiltInStage): ReadonlyMap<string, string> {
  const found = settingsOf(stageSettings(stage));
  return new Map(found.filter(([path]) => path !== 'stage' && !path.startsWith('cloud.')));
}

it('npm start and prod differ in what docs/deploy.md has in a table, and in nothing else', () => {
  const [local, prod] = [compared('local'), compared('prod')];
  const different = [...new Set([...local.keys(), ...prod.keys()])]
    .map((path) => [path, local.get(path) ?? '', prod.get(path) ?? ''])
    .filter(([, ours, theirs]) => ours !== theirs);
  const page = readFileSync('docs/deploy.md', 'utf8');
  const table = /<!-- differences -->([^]*?)<!-- end of differences -->/.exec(page)?.[1] ?? '';
  const rows = Array.from(table.matchAll(/^\| `([^`]+)` *\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm), (found) =>
    found.slice(1).map((cell) => cell.trim()),
  );
  const value = (cell = ''): string => (cell === 'none' ? '' : cell.replaceAll('`', '').replaceAll(',', ''));
  expect(rows.map(([path, ours, theirs]) => [path, value(ours), value(theirs)]).sort()).toEqual(
    different.sort(),
  );
  expect(rows.filter(([, , , why = '']) => why.length < 10)).toEqual([]);
});
