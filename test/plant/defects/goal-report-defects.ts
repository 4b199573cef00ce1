import type { Defect } from '../defect.ts';

const standing = 'lib/core/delivery/goals/standing.ts';
const goalReport = 'lib/core/delivery/goals/goal-report.ts';
const standings = 'lib/app/delivery/goal-standings.ts';
const reports = 'lib/app/delivery/goal-reports.ts';
const explanation = 'functions/decide-ads/explanation-body.ts';
const sweep = 'lib/app/delivery/sweep-rights.ts';

/** What reports, explanations and alarms say of goals. */
export const goalReportDefects: readonly Defect[] = [
  {
    name: 'standing-done-while-rights-are-out',
    file: standing,
    find: `if (isReached(goal.total, counter.total)) return`,
    replace: `if (isReached(goal.total, Math.max(counter.total, ledger?.used ?? 0))) return`,
    breaks: 'An ad is called done although rights that nobody saw come back and it will be shown again.',
  },
  {
    name: 'standing-done-after-one-day',
    file: standing,
    find: '?? 0)) return waitingUnlessOver(nextDayMs);',
    replace: `?? 0)) return { state: 'done' };`,
    breaks: 'A daily goal that is reached today is called done, as if the ad had no tomorrow.',
  },
  {
    name: 'standing-waits-for-rights-that-were-seen',
    file: standing,
    find: 'if (isMeant(epoch) && rights > (counter.counted.get(epoch) ?? 0))',
    replace: 'if (isMeant(epoch) && rights > 0)',
    breaks: 'An ad is said to wait for rights that everybody saw and that never come back.',
  },
  {
    name: 'standing-by-the-line-of-an-old-plan',
    file: standing,
    find: 'const drawn = ledger.plan < ad.version ?',
    replace: 'const drawn = ledger.plan > ad.version ?',
    breaks: 'After a goal was raised or an ad resumed, the explanation gives instants of the old plan.',
  },
  {
    name: 'standing-waits-for-rights-of-yesterday',
    file: standing,
    find: '(epoch) => dayOfEpoch(epoch) === today.day)',
    replace: '(epoch) => dayOfEpoch(epoch) <= today.day)',
    breaks: 'The day is said to go on with rights of the day before, which are not its own.',
  },
  {
    name: 'standings-without-the-rights-in-hand',
    file: standings,
    find: 'hasRight: rights.hasRight(row, nowMs) }',
    replace: 'hasRight: rights.hasRight(row, nowMs) && ledger === undefined }',
    breaks: 'A server says that an ad waits while it holds a right of it and shows it next.',
  },
  {
    name: 'standings-of-every-ad',
    file: standings,
    find: `start < Math.min(rows.length, standingsMax); start += adsPerRead)
      pages.push(readPage(rows.slice(start, Math.min(start + adsPerRead, standingsMax))));`,
    replace: `start < rows.length; start += adsPerRead)
      pages.push(readPage(rows.slice(start, start + adsPerRead)));`,
    breaks: 'One explanation reads two items of each of 100,000 ads.',
  },
  {
    name: 'goal-report-of-another-generation',
    file: goalReport,
    find: 'ledger !== undefined && ledger.generation === counter.generation;',
    replace: 'ledger !== undefined;',
    breaks: 'After a goal was set anew, rights of the old one are reported as out.',
  },
  {
    name: 'goal-report-with-a-day-too-many',
    file: goalReport,
    find: ', ad.endAt - 1) + 1;',
    replace: ', ad.endAt) + 1;',
    breaks: 'An ad that ends at midnight is reported as a day short of its goal.',
  },
  {
    name: 'goal-report-plans-only-its-last-day',
    file: goalReport,
    find: 'daysBefore(ad, from.atMs, inTimeMs) * daily;',
    replace: '0 * daysBefore(ad, from.atMs, inTimeMs) * daily;',
    breaks: 'The plan of a point that has a midnight in it is negative.',
  },
  {
    name: 'goal-report-forgets-ended-ads',
    file: reports,
    find: 'return endedDays === 0',
    replace: 'return endedDays >= 0',
    breaks: 'The report of an ad loses its goal the moment the ad ends, when everybody asks for it.',
  },
  {
    name: 'goal-report-reads-each-ad',
    file: reports,
    find: '      if (!settings.delivery.goals && !hasRights(generation)) return undefined;\n',
    replace: '',
    breaks: 'Each report of a stage without goals reads an ad that it does not need.',
  },
  {
    name: 'goal-report-with-the-ledger-of-another',
    file: reports,
    find: 'const ledger = ledgers.get(ad.id);',
    replace: 'const ledger = readLedger(items[index]);',
    breaks: 'In the report of a campaign, an ad after one without a goal has the rights of the next ad.',
  },
  {
    name: 'explanation-asked-ad-in-its-turn',
    file: explanation,
    find: '=> (id === adId ? 0 : priority);',
    replace: '=> (id === adId ? priority : priority);',
    breaks: 'Where more ads match than are looked at, the one that was asked about has no answer.',
  },
  {
    name: 'explanation-reads-paused-ads',
    file: explanation,
    find: 'hasGoal && !paused)',
    replace: 'hasGoal && (paused || !paused))',
    breaks: 'Paused ads use up the few whose goals an explanation looks at.',
  },
  {
    name: 'sweep-counts-paused-ads-as-behind',
    file: sweep,
    find: '  if (goal === undefined || isPaused) return false;',
    replace: '  if (goal === undefined || (isPaused && goal.of.total === 0)) return false;',
    breaks: 'An ad that somebody paused raises the alarm that its goal is behind.',
  },
  {
    name: 'sweep-overlooks-ads-without-a-ledger',
    file: sweep,
    find: '        if (needsHelp(ad, ledger ?? nothingUsed, {',
    replace: '        if (ledger !== undefined && needsHelp(ad, ledger, {',
    breaks: 'An ad that nobody ever asked for is never behind, so no alarm says so.',
  },
];
