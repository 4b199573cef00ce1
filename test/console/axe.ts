import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const folder = fileURLToPath(new URL('tools/', import.meta.url));
const script = `${folder}node_modules/axe-core/axe.min.js`;
const installMsMax = 120_000;

/** Installs axe-core from its own lockfile where it is missing. */
export function installAxe(): void {
  if (existsSync(script)) return;
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'],
    { stdio: 'inherit', timeout: installMsMax },
  );
  if (status !== 0) throw new Error(`npm ci of axe-core failed: ${error?.message ?? `exit ${status}`}`);
}

/**
 * What axe-core finds wrong with the page as it is now, from minor to critical and with its best practices: a
 * line for each element, with the rule and what would mend it. Empty: nothing.
 */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(script, 'utf8'));
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html, failureSummary }) =>
      id + ' (' + impact + '): ' + html.slice(0, 120) + ' ' + failureSummary.replace(/\\s+/g, ' '))))`);
}
