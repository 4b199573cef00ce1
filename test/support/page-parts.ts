import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';

/** What stands between the tags, of which the page has one pair. */
export function insideTag(html: string, tag: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))];
  expect(found).toHaveLength(1);
  return found[0]?.[1] ?? '';
}

/** How a policy names an inline script or style. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

export function addressesIn(html: string): readonly string[] {
  return html.match(/\b(?:https?:)?\/\/[a-z0-9][^\s"'`<>)]*/gi) ?? [];
}

/** The scripts of a folder, and those of them that turn text into markup. */
export function makersOfMarkup(folder: string): {
  readonly files: readonly string[];
  readonly unsafe: readonly string[];
} {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', folder], {
    encoding: 'utf8',
  });
  const files = listed.split('\0').filter((file) => file.endsWith('.ts'));
  const maker = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(/;
  return { files, unsafe: files.filter((file) => maker.test(readFileSync(file, 'utf8'))) };
}
