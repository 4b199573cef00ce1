/** Prints how many cases ran for each adapter: for each outermost `describe`. */
export default class CasesReporter {
  onRunComplete(_, { testResults }) {
    const cases = new Map();
    for (const { ancestorTitles, status } of testResults.flatMap((file) => file.testResults)) {
      const suite = ancestorTitles[0] ?? '(no suite)';
      const counts = cases.get(suite) ?? {};
      counts[status] = (counts[status] ?? 0) + 1;
      cases.set(suite, counts);
    }
    for (const [suite, counts] of cases) {
      const parts = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
      process.stdout.write(`cases: ${suite}: ${parts.join(', ')}\n`);
    }
  }
}
