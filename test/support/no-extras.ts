import type { ConsoleSource } from '../../lib/api/document/console-page.ts';
import { StatsError, type StatsSource } from '../../lib/ports/pipeline-stats.ts';

/** Where nobody keeps figures. */
export const noStats: StatsSource = {
  read: () => Promise.reject(new StatsError('nobody keeps figures here')),
};

/** Where nobody looks. */
export const noConsole: ConsoleSource = () =>
  Promise.resolve({ html: '<!doctype html>', policy: "default-src 'none'", docsScript: '' });
