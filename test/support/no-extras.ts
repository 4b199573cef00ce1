import type { WarmReleaseDeps } from '../../functions/warm-release/warm-release.ts';
import { ReleasedVersionError } from '../../lib/ports/released-version.ts';
import type { ConsoleSource } from '../../lib/api/document/console-page.ts';
import { StatsError, type StatsSource } from '../../lib/ports/pipeline-stats.ts';

/** Where nobody keeps figures. */
export const noStats: StatsSource = {
  read: () => Promise.reject(new StatsError('nobody keeps figures here')),
};

/** Where nobody looks. */
export const noConsole: ConsoleSource = () =>
  Promise.resolve({ html: '<!doctype html>', policy: "default-src 'none'", docsScript: '' });

/** Of a world in which nothing is released. */
export const noRelease: Pick<WarmReleaseDeps, 'released' | 'deployments'> = {
  released: { invoke: () => Promise.reject(new ReleasedVersionError('nothing is released')) },
  deployments: { report: () => Promise.resolve() },
};
