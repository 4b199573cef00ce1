import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Copy } from '../../plant/suite.ts';
import type { Catch, Trial } from '../../plant/trial.ts';

const run = promisify(execFile);

/** Some forty runs of one seed. */
const answerMaxMs = 600_000;

/** The fault kinds needed to catch the defect planted in `copy`, by the seed that caught it, if known. */
export async function askLeastKinds(copy: Copy, { by, struck }: Catch): Promise<Pick<Trial, 'kinds'>> {
  const [, seed, mode] = /^seed (\d+)( with goals)?/.exec(by) ?? [];
  if (seed === undefined || struck === undefined) return {};
  const script = path.join(copy.folder, 'test/simulation/defects/kinds-of.ts');
  try {
    const options = { cwd: copy.folder, timeout: answerMaxMs, killSignal: 'SIGKILL' } as const;
    const args = [
      '--disable-warning=ExperimentalWarning',
      script,
      seed,
      ...(mode === undefined ? [] : ['goals']),
    ];
    const { stdout } = await run(process.execPath, args, options);
    return { kinds: JSON.parse(stdout) as readonly string[] };
  } catch {
    // A defect may well take the whole process down; that it is caught is known already.
    return {};
  }
}
