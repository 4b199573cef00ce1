import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Hunt } from './hunt.ts';

const run = promisify(execFile);

/** Some forty runs of one seed. */
const answerMaxMs = 600_000;

/**
 * The fault kinds needed to catch the defect in `folder`, by the seed that caught it; undefined: not known.
 */
export async function askLeastKinds(folder: string, hunt: Hunt): Promise<readonly string[] | undefined> {
  if (hunt.status !== 'caught' || hunt.struck === undefined) return undefined;
  const script = path.join(folder, 'test/simulation/defects/main.ts');
  try {
    const options = { cwd: folder, timeout: answerMaxMs, killSignal: 'SIGKILL' } as const;
    const args = ['--disable-warning=ExperimentalWarning', script, '--kinds-of', String(hunt.seed)];
    const { stdout } = await run(process.execPath, args, options);
    return JSON.parse(stdout) as readonly string[];
  } catch {
    // A defect may well take the whole process down; that it is caught is known already.
    return undefined;
  }
}
