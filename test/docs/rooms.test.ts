import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';

interface Rule {
  readonly from: { readonly path?: string };
  readonly to: { readonly path?: string; readonly pathNot?: string | readonly string[] };
}

const { forbidden } = createRequire(import.meta.url)('../../dependency-cruiser.config.cjs') as {
  readonly forbidden: readonly Rule[];
};

/** `^lib/(core|ports)/` as the rooms that it names. */
function rooms(pattern: string): readonly string[] {
  const plain = pattern.replace(/[\^$\\]/g, '').replace(/\/$/, '');
  const [, before = '', choices = '', after = ''] = /^(.*?)\(([^)]*)\)(.*)$/.exec(plain) ?? [];
  const all = choices === '' ? [plain] : choices.split('|').map((choice) => `${before}${choice}${after}`);
  return all.map((path) => path.replace(/^lib\//, '').replace(/\/index\.ts$|\.ts$/, ''));
}

/** Each room and what it may import, as the rules of a layer say. */
function ruled(): ReadonlyMap<string, readonly string[]> {
  const everything = '^(bin|client|lib|functions|packages|test)/';
  return new Map(
    forbidden.flatMap(({ from, to }) => {
      if (to.path !== everything || from.path === undefined || !Array.isArray(to.pathNot)) return [];
      const allowed = (to.pathNot as readonly string[]).filter((pattern) => pattern !== from.path);
      return rooms(from.path).map((room) => [room, allowed.flatMap(rooms).sort()] as const);
    }),
  );
}

/** The same as docs/architecture.md has it. */
function drawn(): ReadonlyMap<string, readonly string[]> {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const table = /<!-- rooms -->([^]*)<!-- end of rooms -->/.exec(page)?.[1] ?? '';
  const names = (cell = ''): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);
  return new Map(
    table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => {
        const [, room, , imports] = line.split('|');
        const [name = ''] = names(room);
        return [name.replace(/^lib\/|\.ts$/g, ''), names(imports).sort()] as const;
      }),
  );
}

it('the rooms of docs/architecture.md may import what dependency-cruiser lets them', () => {
  expect(ruled().size).toBeGreaterThan(5);
  expect(Object.fromEntries(drawn())).toEqual(Object.fromEntries(ruled()));
});
