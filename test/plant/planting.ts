import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Defect, SimulatedDefect } from './defect.ts';

/** A change that can be planted in a copy of the product. */
export interface Planting {
  /** Unique among those of a run. */
  readonly name: string;
  readonly area: string;
  /** The files that it changes. */
  readonly files: readonly string[];
  /** One sentence: what goes wrong in production; '' if nobody said. */
  readonly breaks: string;
  /** What it changes, to recognize it in a later run. */
  readonly text: string;
  /** Seeds of the simulator in which ads may have goals. */
  readonly withGoals: boolean;
  /** The most seeds of the simulator that it may take. */
  readonly seedsMax: number;
  /** Changes the files in `folder`; throws if they are not as the change expects them. */
  plant(folder: string): void;
}

export function plantingOf(
  area: string,
  {
    name,
    file,
    find,
    replace,
    breaks,
    withGoals = false,
    seedsMax = Infinity,
  }: Defect & Pick<SimulatedDefect, 'withGoals' | 'seedsMax'>,
): Planting {
  return {
    ...{ withGoals, seedsMax },
    name,
    area,
    files: [file],
    breaks,
    text: JSON.stringify([file, find, replace]),
    plant(folder) {
      const place = join(folder, file);
      const parts = readFileSync(place, 'utf8').split(find);
      if (parts.length !== 2) throw new Error(`${name}: its text is in ${file} ${parts.length - 1} times`);
      writeFileSync(place, parts.join(replace));
    },
  };
}

/** A unified diff, as `git diff` writes it. Its area is the folder of the first file that it changes. */
export function plantingOfPatch(patchFile: string): Planting {
  const text = readFileSync(patchFile, 'utf8');
  const files = filesOf(text);
  return {
    name: basename(patchFile).replace(/\.(patch|diff)$/, ''),
    area: dirname(files[0] ?? '.'),
    files,
    breaks: '',
    text,
    ...{ withGoals: false, seedsMax: Infinity },
    plant(folder) {
      execFileSync('git', ['apply', '-'], { cwd: folder, input: text, stdio: ['pipe', 'pipe', 'pipe'] });
    },
  };
}

/** The files of a diff, each once; a file that is made or removed is named on one side only. */
export function filesOf(diff: string): readonly string[] {
  const headers = diff.matchAll(/^--- (?:a\/)?([^\t\n]+).*\n\+\+\+ (?:b\/)?([^\t\n]+)/gm);
  const names = Array.from(headers, ([, before = '', after = '']) => [before, after]).flat();
  return [...new Set(names.filter((name) => name !== '/dev/null'))];
}
