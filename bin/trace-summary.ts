import { readFileSync } from 'node:fs';
import { readTrace, summariseTrace } from '../lib/embedded/trace/trace-summary.ts';

/** `npm run trace:summary -- FILE`: prints a trace of `npm start -- --trace FILE` as tables. */
const [file, ...more] = process.argv.slice(2);
if (file === undefined || more.length > 0) {
  process.stderr.write('Usage: npm run trace:summary -- <file of npm start -- --trace>\n');
  process.exit(2);
}
try {
  process.stdout.write(`${summariseTrace(readTrace(readFileSync(file, 'utf8')))}\n`);
} catch (error) {
  process.stderr.write(`${file}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
