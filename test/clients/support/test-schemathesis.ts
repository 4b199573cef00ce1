import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runSchemathesis, type SchemathesisRun } from './schemathesis.ts';
import { startServer, type ServerForClients } from './server.ts';

/** Warnings that say how far it got, which the checks and the accepted requests say better. */
const warningsOfProgress = new Set([
  'missing_auth',
  'missing_test_data',
  'validation_mismatch',
  'low_valid_rate',
  'rate_limited',
]);

/** Every call that the document describes, made as it says and otherwise, on a server of this kind. */
export function testSchemathesis(mode: 'open' | 'guarded'): void {
  describe(`schemathesis on a server that is ${mode}`, () => {
    let server: ServerForClients;
    let run: SchemathesisRun;

    beforeAll(async () => {
      server = await startServer(mode);
      run = await runSchemathesis(server);
      const { test_cases: cases, filtered, operations } = run.report;
      console.log(
        `schemathesis (${mode}): ${cases.generated} requests on ${operations.tested} operations, ${cases.unique_failures} failures, ${filtered} excluded`,
      );
    });
    afterAll(() => server.stop());

    it('finds nothing', () => {
      const { failures, errors } = run.report;
      // Its own words say more than its report: the request, the answer, and why that is wrong.
      const said = failures.length + errors.length === 0 ? '' : run.output;
      expect(said).toBe('');
    });

    it('makes requests of every operation', () => {
      const { operations } = run.report;
      expect(operations).toMatchObject({ tested: operations.total, errored: 0 });
      expect(operations.total).toBeGreaterThan(15);
    });

    it('has requests of every operation accepted', () => {
      const refused = Object.entries(run.report.valid_rates).filter(([, phases]) =>
        Object.values(phases).every(({ accepted }) => accepted === 0),
      );
      expect(refused.map(([operation]) => operation)).toEqual([]);
    });

    it('has nothing to say against the document', () => {
      const warnings = Object.entries(run.report.warnings);
      expect(warnings.filter(([name, all]) => all.length > 0 && !warningsOfProgress.has(name))).toEqual([]);
    });
  });
}
