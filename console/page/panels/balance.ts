import type { Stats } from '../api.ts';
import { byId, h, replace, setText, table } from '../dom.ts';
import { exact } from '../format.ts';
import { moment } from '../instants.ts';

/**
 * accepted = counted + duplicates + quarantined + in flight, with all digits, so that a reader can add it up
 */
export function showBalance({ totals, audit, canary }: Stats): void {
  const { accepted, counted, duplicates, quarantined, in_flight: inFlight, redriven } = totals;
  setText(byId('balance-since'), `since ${moment(totals.since)}`);
  const parts = [
    { name: 'Counted', value: counted, kind: 'b' },
    { name: 'Duplicates, not counted again', value: duplicates, kind: 'c' },
    { name: 'Quarantined', value: quarantined, kind: 'bad' },
    { name: 'In flight', value: inFlight, kind: 'a' },
  ] as const;
  const whole = parts.reduce((sum, { value }) => sum + Math.max(0, value), 0);
  const stack = h('div', { class: 'stack', 'aria-hidden': 'true' });
  for (const { value, kind } of parts) {
    const part = h('span', { class: `fill ${kind}` });
    part.style.flexGrow = String(whole === 0 ? 0 : Math.max(0, value) / whole);
    if (value > 0) stack.append(part);
  }
  const rows = [
    [h('b', {}, 'Accepted'), h('b', {}, exact(accepted))],
    ...parts.map(({ name, value, kind }) => [h('span', { class: `key ${kind}` }, name), exact(value)]),
  ];
  const columns = [{ title: 'Increments' }, { title: 'Number', number: true }];
  const notes = [
    ...(inFlight < 0
      ? ['In flight is negative: records that were logged before this time were counted since.']
      : []),
    ...(redriven > 0 ? [`${exact(redriven)} quarantined increments were redriven.`] : []),
    ...(totals.added_at_once > 0
      ? [`${exact(totals.added_at_once)} more were added with mode=sync, which are not in the log.`]
      : []),
  ];
  replace(
    byId('balance-body'),
    stack,
    table('Balance', columns, rows),
    h('p', { class: 'hint' }, notes.join(' ')),
    h('p', { class: 'hint' }, auditText(audit)),
    h('p', { class: 'hint' }, canaryText(canary)),
  );
}

/** The last audit, which compares every total with the log. */
function auditText(audit: Stats['audit']): string {
  if (audit === null) return 'No audit has run yet.';
  const { status, at, counters, differences } = audit;
  const when = `The audit of ${moment(at)}`;
  switch (status) {
    case 'equal':
      return `${when}: all ${exact(counters)} counters match the log.`;
    case 'different':
      return `${when}: ${exact(differences)} of ${exact(counters)} counters differ from the log.`;
    case 'not-auditable':
      return `${when}: none of ${exact(counters)} counters differs; the log no longer holds the whole history of some.`;
    case 'unfinished':
      return `${when} ran out of time; the next run continues it.`;
    case 'failed':
      return `${when} failed; see the log of audit-counters.`;
  }
}

/** The last run of the canary, which sends an increment through the log and reads it back. */
function canaryText(canary: Stats['canary']): string {
  if (canary === null) return 'No canary has run yet.';
  const { status, at } = canary;
  const when = `The canary of ${moment(at)}`;
  switch (status) {
    case 'counted':
      return `${when} was counted once and in time.`;
    case 'late':
      return `${when} was not counted within 10 s; the next run goes on with it.`;
    case 'given-up':
      return `${when} is in the quarantine.`;
    case 'lost':
      return `${when} was lost.`;
    case 'doubled':
      return `${when} was counted more than once.`;
    case 'restarted':
      return `${when} began anew, because the table of counters was restored.`;
  }
}
