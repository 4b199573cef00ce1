import type { Defect } from '../defect.ts';

const recorder = 'lib/app/usage/usage-recorder.ts';

export const usageDefects: readonly Defect[] = [
  {
    name: 'usage-on-the-day-of-its-write',
    file: recorder,
    find: `  const day = dayOf(dayAtMs);`,
    replace: `  const day = dayOf(nowMs);`,
    breaks:
      'Calls of the last seconds before midnight, and of hours before it while the store fails, are on the next day of the bill.',
  },
  {
    name: 'usage-noted-during-a-write-is-lost',
    file: recorder,
    find: `      noted = new Map();
      await writeSealed();`,
    replace: `      await writeSealed();
      noted = new Map();`,
    breaks:
      'What callers do while usage is written is never counted, and what a failed write noted is counted twice.',
  },
  {
    name: 'usage-of-refused-changes-unwritten',
    file: 'lib/api/middleware/usage.ts',
    find: `    onError: answered,
`,
    replace: '',
    breaks: 'A container whose changes are all refused never writes their usage, and loses it when it ends.',
  },
];
