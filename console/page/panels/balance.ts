import type { Stats } from '../api.ts';
import { byId, h, replace, setText, table } from '../dom.ts';
import { exact } from '../format.ts';
import { moment } from '../instants.ts';

/**
 * accepted = counted + duplicates + quarantined + in flight, with all digits, so that a reader can add it up
 */
export function showBalance({ totals }: Stats): void {
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
  );
}
