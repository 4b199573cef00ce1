import { runJest, runSuite } from '../support/run-suite.ts';
import { findPrometheus, unpackPrometheus } from './find-prometheus.ts';

/**
 * Goals: /metrics as Prometheus reads it: clean by promtool, scraped by a server, with data in every panel of
 * the Grafana dashboard after the demo; alert rules that fire. Non-goals: what the numbers say
 * (test/embedded/metrics). How to run: `npm run test:metrics -- --help`. Takes `prometheus` and `promtool` from
 * the PATH, or unpacks Debian's package into test/metrics/tools. Where it has neither the suite is skipped,
 * says so, and in CI has failed.
 */
const jestMsMax = 600_000;

await runSuite({
  name: 'test:metrics',
  about: "Reads GET /metrics with Prometheus, from the PATH or unpacked from Debian's package.",
  run(args) {
    if (findPrometheus() === undefined) unpackPrometheus();
    return findPrometheus() === undefined ? skip() : runJest({ folder: 'metrics', args, msMax: jestMsMax });
  },
});

function skip(): number {
  console.log(
    'SKIPPED: test/metrics: no prometheus and promtool on the PATH, and no apt-get that could fetch them',
  );
  return process.env['CI'] === 'true' ? 1 : 0;
}
