const { existsSync, readdirSync, readFileSync } = require('node:fs');

/** What came of the steps and suites whose results are in a folder; exits with 0 only if all passed. */
const folder = process.argv[2];
let [passed, failed, skipped] = [0, 0, 0];

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const result = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  skipped += result.numPendingTests + result.numTodoTests;
  // The failures once more, at the end, for a reader of the last lines of a long log.
  for (const suite of result.testResults) {
    if (suite.status === 'passed') continue;
    console.log(`failed suite: ${suite.name}`);
    const wrong = suite.assertionResults.filter((one) => one.status === 'failed');
    for (const one of wrong) {
      console.log(`failed test: ${one.fullName}\n${one.failureMessages.join('\n').slice(0, 2000)}`);
    }
    if (wrong.length === 0) console.log(String(suite.message).slice(0, 2000));
  }
}

const steps = readFileSync(`${folder}/steps`, 'utf8').trim().split('\n');
let total = 0;
for (const line of steps) {
  const [name, outcome, seconds] = line.split(' ');
  if (outcome === 'pass') passed += 1;
  else {
    failed += 1;
    // A suite's failures are told above; a step that keeps no results has only its last words.
    const log = `${folder}/${name}.log`;
    if (!existsSync(`${folder}/${name}.json`) && existsSync(log)) {
      console.log(`failed step: ${name}\n${readFileSync(log, 'utf8').slice(-3000)}`);
    }
  }
  total += Number(seconds);
  console.log(`${name.padEnd(12)} ${outcome} ${seconds.padStart(6)} s`);
}
console.log(`${'together'.padEnd(17)} ${String(total).padStart(6)} s`);

if (skipped > 0) console.log(`${skipped} tests were skipped, which counts as failed here`);
console.log(`${passed} passed, ${failed + skipped} failed`);
process.exit(failed + skipped > 0 ? 1 : 0);
