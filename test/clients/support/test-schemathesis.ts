import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runSchemathesis, type SchemathesisRun } from './schemathesis.ts';
import { startServer, type ServerForClients } from './server.ts';

/** What schemathesis may warn of. */
const warningsExpected = new Set([
  // The operations whose ids nobody can make here, such as those of the quarantine.
  'missing_test_data',
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

    it('goes through every phase and every operation', () => {
      const { phases, operations } = run.report;
      expect(Object.keys(phases)).toEqual(['examples', 'coverage', 'fuzzing', 'stateful']);
      expect(Object.values(phases).map(({ status }) => status)).toEqual(Array(4).fill('success'));
      expect(operations).toMatchObject({ tested: operations.total, errored: 0 });
      expect(operations.total).toBeGreaterThan(15);
    });

    it('has requests of every operation accepted', () => {
      const refused = Object.entries(run.report.valid_rates).filter(([, phases]) =>
        Object.values(phases).every(({ accepted }) => accepted === 0),
      );
      expect(refused.map(([operation]) => operation)).toEqual([]);
    });

    it('warns of nothing unforeseen', () => {
      const warnings = Object.entries(run.report.warnings);
      expect(warnings.filter(([name, all]) => all.length > 0 && !warningsExpected.has(name))).toEqual([]);
    });
  });
}
