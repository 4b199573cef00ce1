import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Defect } from './defect.ts';

/** Everything that a simulation needs; packages are linked. */
const copied = ['lib', 'functions', 'test/simulation', 'test/support', 'package.json', 'tsconfig.json'];

const projectFolder = path.resolve(import.meta.dirname, '../../..');

/** How often the text that a defect replaces stands in its file as it is. */
export function occurrences({ file, find }: Defect): number {
  return readFileSync(path.join(projectFolder, file), 'utf8').split(find).length - 1;
}

/** A copy of the product in a folder of its own, to plant one defect after another in. */
export class PlantedCopy {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'adtally-defects-'));
    for (const name of copied) {
      cpSync(path.join(projectFolder, name), path.join(this.folder, name), { recursive: true });
    }
    symlinkSync(path.join(projectFolder, 'node_modules'), path.join(this.folder, 'node_modules'));
  }

  /** Returns what takes it out again. */
  plant({ name, file, find, replace }: Defect): () => void {
    const place = path.join(this.folder, file);
    const sound = readFileSync(place, 'utf8');
    const parts = sound.split(find);
    if (parts.length !== 2) throw new Error(`${name}: its text stands in ${file} ${parts.length - 1} times`);
    writeFileSync(place, parts.join(replace));
    return () => {
      writeFileSync(place, sound);
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
