import { runChild } from './child.ts';
import type { Suite } from './suite.ts';

const silenceMaxMs = 600_000;
const check = 'tsc';

/** `npm run types`, without the pages of the console, which have settings of their own. */
export function typesSuite(): Suite {
  return {
    name: 'types',
    checksOf: ({ files }) => (files.some((file) => file.endsWith('.ts')) ? [check] : []),
    async run({ folder }) {
      let first: string | undefined;
      const incremental = ['--incremental', '--tsBuildInfoFile', 'node_modules/.cache/types.json'];
      const { exitCode } = await runChild({
        args: ['node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false', ...incremental],
        folder,
        silenceMaxMs,
        onLine(line) {
          first ??= line;
          return true;
        },
      });
      const findings = exitCode === 0 ? [] : [{ checks: [check], by: first ?? 'tsc failed' }];
      return { findings, unrun: [] };
    },
  };
}
