import { api, words, type QuarantinePage, type Redriven } from '../api.ts';
import { onPress, setUsable } from '../button.ts';
import { byId, controlById, h, replace, setText, table } from '../dom.ts';
import { bytes, plural } from '../format.ts';
import { momentCell } from '../instants.ts';
import { visible } from '../visible.ts';

const perPage = 20;
/** Records are redriven one after another. */
const redriveMsMax = 60_000;

const outcomes: Readonly<Record<Redriven['results'][number]['outcome'], string>> = {
  counted: 'counted',
  'counted-before': 'already counted',
  redriven: 'written to the log again',
  'ended-before': 'already settled',
  'not-quarantined': 'not in the quarantine',
  refused: 'refused',
  'bytes-missing': 'without payload',
  'log-unavailable': 'not done: the log is unavailable',
  unavailable: 'not done: a store is unavailable',
};

/** Lists records that could not be processed, and redrives them. */
export function startQuarantine(): { load(): Promise<void> } {
  const redriveButton = controlById('button', 'quarantine-redrive');
  const moreButton = controlById('button', 'quarantine-more');
  /** The number of records on earlier pages. */
  let before = 0;
  let next: string | null = null;
  let boxes: HTMLInputElement[] = [];

  async function load({ cursor, skipped = 0, said = '' }: PageWanted = {}): Promise<void> {
    try {
      const { body: page } = await api.listQuarantine({ limit: perPage, cursor });
      next = page.next_cursor;
      before = skipped;
      if (cursor === undefined) setText(byId('quarantine-number'), numberOf(page));
      show(page);
      say(said === '' ? summary(page, before) : said);
    } catch (error) {
      say(`${said} ${words(error)}`.trim(), true);
    }
  }

  async function loadNext(): Promise<void> {
    await load({ cursor: next ?? undefined, skipped: before + boxes.length });
    // The button may disappear on the last page.
    byId('quarantine-body').querySelector<HTMLElement>('.scroll')?.focus();
  }

  function show({ records, unreadable }: QuarantinePage): void {
    boxes = records.map(({ id }, i) =>
      h('input', {
        ...{ type: 'checkbox', value: id, 'data-focus': id },
        'aria-label': `record ${before + i + 1}: ${visible(records[i]?.partition_key ?? '')}`,
      }),
    );
    for (const box of boxes) box.addEventListener('change', enable);
    const rows = records.map((record, i) => [
      boxes[i] ?? '',
      wrapped(visible(record.partition_key)),
      wrapped(record.reason),
      record.state,
      bytes(record.bytes),
      momentCell(record.quarantined_at),
      wrapped(record.id, 'mono'),
    ]);
    const columns = [
      { title: 'Select' },
      { title: 'Key' },
      { title: 'Reason' },
      { title: 'State' },
      { title: 'Size', number: true },
      { title: 'Quarantined at' },
      { title: 'Record' },
    ];
    const lost = unreadable.map((id) => h('p', { class: 'error' }, `Unreadable record: ${id}`));
    const empty = h('p', { class: 'hint' }, 'No quarantined records.');
    replace(
      byId('quarantine-body'),
      ...(rows.length > 0 ? [table('Quarantine', columns, rows)] : [empty]),
      ...lost,
    );
    moreButton.hidden = next === null;
    enable();
  }

  async function redrive(): Promise<void> {
    const ids = boxes.filter((box) => box.checked).map((box) => box.value);
    setUsable(redriveButton, false);
    say(`Redriving ${plural(ids.length, 'record')}…`);
    try {
      const { body } = await api.redriveQuarantine(
        { body: { ids } },
        { timeoutMs: redriveMsMax, tryTimeoutMs: redriveMsMax },
      );
      await load({ said: outcomeText(body.results) });
    } catch (error) {
      say(`${words(error)} It is safe to redrive again: each record counts once.`, true);
      enable();
    }
  }

  function enable(): void {
    setUsable(
      redriveButton,
      boxes.some((box) => box.checked),
    );
  }

  function say(text: string, bad = false): void {
    const hint = byId('quarantine-hint');
    hint.classList.toggle('error', bad);
    setText(hint, text);
  }

  onPress(redriveButton, redrive);
  onPress(moreButton, loadNext);
  onPress(controlById('button', 'quarantine-load'), load);
  return { load };
}

interface PageWanted {
  readonly cursor?: string | undefined;
  readonly skipped?: number;
  /** Shown instead of the summary. */
  readonly said?: string;
}

function wrapped(text: string, kind = ''): HTMLElement {
  return h('bdi', { class: `wrap ${kind}`.trim() }, text);
}

/** For the bar at the top, which is always visible: the records of the first page. */
function numberOf({ records, unreadable, next_cursor: next }: QuarantinePage): string {
  const number = records.length + unreadable.length;
  return number === 0 ? '' : `${number}${next === null ? '' : '+'}`;
}

/** 6 records · Showing 1 to 20; there are more · Showing 21 to 26 */
function summary({ records, next_cursor: next }: QuarantinePage, before: number): string {
  if (before === 0 && next === null) return records.length === 0 ? '' : plural(records.length, 'record');
  return `Showing ${before + 1} to ${before + records.length}${next === null ? '' : '; there are more'}`;
}

/** Redrive: 2 counted, 1 refused (value: invalid_format) */
function outcomeText(results: Redriven['results']): string {
  const numbers = new Map<string, number>();
  for (const { outcome, reason } of results) {
    const became = outcomes[outcome] + (reason === null ? '' : ` (${reason})`);
    numbers.set(became, (numbers.get(became) ?? 0) + 1);
  }
  return `Redrive: ${Array.from(numbers, ([became, number]) => `${number} ${became}`).join(', ')}`;
}
