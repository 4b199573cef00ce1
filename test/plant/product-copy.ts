import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Planting } from './planting.ts';

export const projectFolder = resolve(import.meta.dirname, '../..');

/** What the suites with tools of their own have installed beside the packages: linked, not installed again. */
const installed = [
  'node_modules/.cache/adtally',
  'test/aws/emulators/node_modules',
  'test/clients/tools/.installed',
  'test/console/tools/node_modules',
];

const copies = new Set<ProductCopy>();

/** A copy of the product with its tests in a folder of its own, to plant one change after another in. */
export class ProductCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'adtally-plant-'));
  /** For temporary files of what runs in the copy. */
  readonly temporary = join(this.folder, '.adtally-tmp');

  constructor() {
    copies.add(this);
    for (const file of listed(projectFolder)) {
      const place = join(this.folder, file);
      mkdirSync(dirname(place), { recursive: true });
      cpSync(join(projectFolder, file), place);
    }
    mkdirSync(this.temporary);
    // A folder of links, not a link: caches of a copy are its own.
    mkdirSync(join(this.folder, 'node_modules/.cache'), { recursive: true });
    const packages = readdirSync(join(projectFolder, 'node_modules')).filter((name) => name !== '.cache');
    for (const name of packages) this.#link(`node_modules/${name}`);
    // Some tests ask git for the files of the product.
    const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: this.folder });
    git('init', '--quiet');
    git('add', '--all');
    for (const name of installed) if (existsSync(join(projectFolder, name))) this.#link(name);
  }

  /** Returns what takes the changes out again. */
  plant(plantings: readonly Planting[]): () => void {
    const files = [...new Set(plantings.flatMap((planting) => planting.files))];
    const before = files.map((file) => {
      const place = join(this.folder, file);
      return { place, sound: existsSync(place) ? readFileSync(place) : undefined };
    });
    const restore = (): void => {
      for (const { place, sound } of before) {
        if (sound === undefined) rmSync(place, { force: true });
        else writeFileSync(place, sound);
      }
    };
    try {
      for (const planting of plantings) planting.plant(this.folder);
    } catch (error) {
      restore();
      throw error;
    }
    return restore;
  }

  remove(): void {
    copies.delete(this);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #link(name: string): void {
    symlinkSync(join(projectFolder, name), join(this.folder, name));
  }
}

export function removeCopies(): void {
  for (const copy of copies) copy.remove();
}

/** The files that git knows or would add. */
export function listed(folder: string): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const names = execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0');
  return names.filter((name) => name !== '' && existsSync(join(folder, name)));
}
