import type { Stats } from '../api.ts';
import { byId, h, replace, setText, table } from '../dom.ts';
import { count, moment } from '../format.ts';

/** accepted = counted + counted before + quarantined + in flight */
export function showBalance({ totals }: Stats): void {
  const { accepted, counted, duplicates, quarantined, in_flight: inFlight, redriven } = totals;
  setText(byId('balance-since'), `since ${moment(totals.since)}`);
  const parts = [
    { name: 'Counted', value: counted, kind: 'b' },
    { name: 'Sent twice, counted once', value: duplicates, kind: 'c' },
    { name: 'In quarantine or redriven', value: quarantined, kind: 'bad' },
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
    [h('b', {}, 'Accepted'), h('b', {}, count(accepted))],
    ...parts.map(({ name, value, kind }) => [h('span', { class: `key ${kind}` }, name), count(value)]),
  ];
  const columns = [{ title: 'Increments' }, { title: 'Number', number: true }];
  const notes = [
    ...(inFlight < 0 ? ['Below zero: what had been logged before was counted since.'] : []),
    ...(redriven > 0 ? [`${count(redriven)} redriven from the quarantine.`] : []),
    ...(totals.added_at_once > 0
      ? [`${count(totals.added_at_once)} more were added at once (mode=sync).`]
      : []),
  ];
  replace(
    byId('balance-body'),
    stack,
    table('Balance', columns, rows),
    h('p', { class: 'hint' }, notes.join(' ')),
  );
}
