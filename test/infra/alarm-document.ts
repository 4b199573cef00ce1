import { metricNamespace } from '../../lib/aws-names.ts';
import { alarmTable, combinations, type AlarmEntry } from '../../lib/infra/alarm-table.ts';
import type { StageSettings } from '../../lib/stages.ts';

/** The table of alarms in docs/operations.md. Alarms that differ only in their subject share a row. */
export function alarmDocument(settings: StageSettings): string {
  const entries = alarmTable(settings, {
    tables: { ads: '', counters: '', requests: '', tokens: '', delivery: '' },
    deadLetters: '',
    mappings: { 'project-ads': '', 'aggregate-increments': '' },
  });
  const rows = new Map<string, AlarmEntry[]>();
  for (const entry of entries) {
    const key = `${entry.section} ${entry.metric.name.replace(/^(Read|Write)/, '')} ${limitText(entry)}`;
    rows.set(key, [...(rows.get(key) ?? []), entry]);
  }
  return [
    '| alarm | subject | threshold | why |',
    '| --- | --- | --- | --- |',
    ...Array.from(rows.values(), toRow),
    ...combinations(settings).map(
      ({ section, reason }) => `| [${section}](#${section}) | the stage | all of its parts | ${reason} |`,
    ),
  ].join('\n');
}

function toRow(entries: readonly AlarmEntry[]): string {
  const [entry] = entries;
  if (entry === undefined) return '';
  const { section, metric, reason } = entry;
  const subjects = entries.flatMap(({ subject }) => subject ?? []).join(', ');
  const names = [...new Set(entries.map((each) => each.metric.name))].join(', ');
  return `| [${section}](#${section}) | ${subjects === '' ? wholeOf(metric.namespace) : subjects} | ${names} ${limitText(entry)} | ${reason} |`;
}

function wholeOf(namespace: string): string {
  return namespace === metricNamespace ? 'the stage' : namespace;
}

function limitText(entry: AlarmEntry): string {
  const { statistic, shareOf, threshold, periodSeconds, periods, outOf, silence } = entry;
  const what = shareOf === undefined ? statistic : `/ ${shareOf.metric.name}`;
  const least = shareOf === undefined ? '' : `, of ${shareOf.least} and more`;
  const limit = `${what} ${silence ? '<' : '>='} ${threshold.toLocaleString('en-US')}${least}`;
  const times = outOf === undefined ? `${periods} times in a row` : `${periods} of ${outOf} times`;
  const repeated = periods === 1 ? '' : `, ${times}`;
  return `${limit} in ${periodSeconds / 60} min${repeated}`;
}
