import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findPrometheus, unpackPrometheus } from './find-prometheus.ts';

/**
 * Goals: /metrics as Prometheus reads it: clean by promtool, scraped by a server, with data in every panel of
 * the Grafana dashboard after the demo; alert rules that fire. Non-goals: what the numbers say
 * (test/embedded/metrics). How to run: `npm run test:metrics`; arguments go on to Jest. Takes `prometheus`
 * and `promtool` from the PATH, or unpacks Debian's package into test/metrics/tools. Where it has neither the
 * suite is skipped, says so, and in CI has failed.
 */
const jestMsMax = 600_000;

if (findPrometheus() === undefined) unpackPrometheus();
process.exitCode = findPrometheus() === undefined ? skip() : runJest();

function skip(): number {
  console.log(
    'SKIPPED: test/metrics: no prometheus and promtool on the PATH, and no apt-get that could fetch them',
  );
  return process.env['CI'] === 'true' ? 1 : 0;
}

function runJest(): number {
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  const options = ['--config', 'test/metrics/jest.config.mjs', ...process.argv.slice(2)];
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const result = spawnSync(process.execPath, [...jest, ...options], {
    cwd: root,
    stdio: 'inherit',
    timeout: jestMsMax,
  });
  return result.status ?? 1;
}
