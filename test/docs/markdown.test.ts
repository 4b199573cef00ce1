import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { costComparison } from '../../lib/infra/cost-comparison.ts';

/** What holds for every page: links lead somewhere, commands and their options exist, tables can be read. */

const read = (file: string): string => readFileSync(file, 'utf8');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.md'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(file));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const withoutCode = (text: string): string => text.replace(/^ *```[^]*?^ *```$/gm, '');
const isTableLine = (line: string): boolean => /^ *\|/.test(line);

/** The words that a reader of a page reads: no code blocks, tables, comments or addresses. */
function words(text: string): readonly string[] {
  const prose = withoutCode(text)
    .replace(/<!--[^]*?-->/g, '')
    .replace(/\]\([^)]*\)/g, ']')
    .split('\n')
    .filter((line) => !isTableLine(line))
    .join('\n');
  return prose.match(/[\p{L}\p{N}][^\s]*/gu) ?? [];
}

describe('The README', () => {
  it('has at most 900 words', () => {
    expect(words(read('README.md')).length).toBeLessThanOrEqual(900);
  });

  it('has the costs that `npm run cost` computes', () => {
    const shown = /<!-- costs -->([^]*)<!-- end of costs -->/.exec(read('README.md'))?.[1] ?? '';
    const firstFour = (table: string): string[] =>
      table
        .split('\n')
        .filter((line) => isTableLine(line) && !line.includes('---'))
        .map((line) =>
          line
            .split('|')
            .slice(1, 5)
            .map((cell) => cell.trim())
            .join(' | '),
        );
    expect(firstFour(shown).filter((row) => !row.includes(' | ask | '))).toEqual(firstFour(costComparison()));
  });

  it('has three numbers that docs/performance.md has too', () => {
    const section = /## Three numbers\n([^]*?)\n## /.exec(read('README.md'))?.[1] ?? '';
    const numbers = section.match(/\d+,\d{3}|\d+ ms/g) ?? [];
    expect(numbers.length).toBeGreaterThanOrEqual(5);
    const performance = read('docs/performance.md');
    expect(numbers.filter((number) => !performance.includes(number))).toEqual([]);
  });
});

/** As GitHub makes them of headings. */
function anchors(file: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const named = Array.from(withoutCode(read(file)).matchAll(/^#+ (.+)$/gm), ([, title = '']) => {
    const anchor = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return new Set(named);
}

it.each(pages)('%s links to files and sections that exist', (page) => {
  const folder = page.includes('/') ? page.slice(0, page.lastIndexOf('/')) : '.';
  const links = Array.from(
    withoutCode(read(page)).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g),
    ([, target = '', anchor]) => ({
      file: target === '' ? page : normalize(join(folder, target)),
      anchor,
    }),
  );
  const broken = links.filter(
    ({ file, anchor }) =>
      !existsSync(file) || (anchor !== undefined && file.endsWith('.md') && !anchors(file).has(anchor)),
  );
  expect(broken).toEqual([]);
});

it.each(pages)('%s names only files and folders that exist', (page) => {
  const named = Array.from(
    read(page).matchAll(/`((?:bin|client|console|docs|functions|lib|test)\/[^`\s]*)`/g),
    ([, path = '']) => path,
  );
  // A star or <name> stands for any; what comes before it must be there.
  const missing = named.filter((path) => !existsSync(path.replace(/[^/]*[*<{].*$/, '')));
  expect(missing).toEqual([]);
});

it('pages name only scripts that exist', () => {
  const named = pages.flatMap((page) =>
    Array.from(read(page).matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g), ([, name = '']) => ({ page, name })),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
});

/** Options of a command as pages name them: `npm run load -- --rate 400`. */
function namedOptions(): ReadonlyMap<string, ReadonlySet<string>> {
  const options = new Map<string, Set<string>>();
  for (const page of pages.filter((file) => file !== 'CHANGELOG.md')) {
    const text = read(page).replace(/\\\n */g, ' ');
    for (const [, name = 'start', rest = ''] of text.matchAll(
      /npm (?:run (?:-s )?([a-z][a-z:-]*)|start)\s+--\s+([^`\n]*)/g,
    )) {
      const known = options.get(name) ?? new Set();
      options.set(name, known);
      const [own = ''] = rest.split(/ # | && | >/);
      for (const [option] of own.matchAll(/(?<=^|\s|`)--[a-z][a-z-]*/g)) known.add(option);
    }
  }
  return options;
}

/** Jest's and Prettier's own; our commands have no such options. */
const scriptsOfOthers = new Set(['test', 'test:aws', 'test:localstack', 'test:clients']);
const commands = [...namedOptions()].filter(
  ([name, options]) => options.size > 0 && !scriptsOfOthers.has(name),
);

/** The simulator prints its options as an error. */
async function helpOf(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  try {
    return await promisify(execFile)(process.execPath, args);
  } catch (error) {
    return error as { stdout: string; stderr: string };
  }
}

it.each(commands)(
  'npm run %s has the options that pages name',
  async (name, options) => {
    const script = scripts[name] ?? '';
    expect(script).toMatch(/^node /);
    const args = [...script.split(' ').slice(1), '--help'];
    const { stdout, stderr } = await helpOf(args);
    const help = `${stdout}${stderr}`;
    expect([...options].filter((option) => !new RegExp(`${option}\\b(?!-)`).test(help))).toEqual([]);
  },
  60_000,
);

/** Generated, with a test or a command that says what is in them. */
const generatedTables = ['docs/iam.md', 'docs/planted-defects.md', 'docs/simulation-defects.md'];
const columnsMax = 6;
const cellWordsMax = 12;

it.each(pages.filter((page) => !generatedTables.includes(page)))('%s has tables that can be read', (page) => {
  const rows = withoutCode(read(page))
    .replace(/<!-- (alarms|threats) -->[^]*?<!-- end of \1 -->/g, '')
    .split('\n')
    .filter(isTableLine)
    .map((line) =>
      line
        .replace(/\\\|/g, '')
        .replace(/\]\([^)]*\)/g, ']')
        .split('|')
        .slice(1, -1),
    );
  expect(rows.filter((cells) => cells.length > columnsMax)).toEqual([]);
  const long = rows.flat().filter((cell) => (cell.match(/[\p{L}\p{N}][^\s]*/gu) ?? []).length > cellWordsMax);
  expect(long.map((cell) => cell.trim())).toEqual([]);
});
