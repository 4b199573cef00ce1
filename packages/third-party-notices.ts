import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The text of THIRD-PARTY-NOTICES: name, version and licence of every package whose code a bundle contains.
 * `inputs`: the files of esbuild's metafiles. Throws for a package without a licence.
 */
export function thirdPartyNotices(root: string, inputs: readonly string[]): string {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  if (folders.size === 0) return 'This package contains no code of others.\n';
  const notices = [...folders].sort().map((folder) => notice(join(root, folder)));
  return `This package contains code of the following packages.\n\n${[...new Set(notices)].join('\n')}`;
}

function packageFolder(input: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const file = readdirSync(folder).find((found) => /^(licen[cs]e|copying)(\.|$)/i.test(found));
  if (license === undefined && file === undefined) throw new Error(`${name} has no licence`);
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return `${'-'.repeat(80)}\n${name} ${version}, licence ${license ?? 'as follows'}\n${text}`;
}
