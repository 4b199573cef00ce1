import { api, words, type QuarantinePage, type Redriven } from '../api.ts';
import { byId, h, replace, setText, table, controlById } from '../dom.ts';
import { bytes, moment, plural, visible } from '../format.ts';

const perPage = 20;
/** One record after another is redriven. */
const redriveMsMax = 60_000;

const outcomes: Readonly<Record<Redriven['results'][number]['outcome'], string>> = {
  counted: 'counted',
  'counted-before': 'counted before',
  redriven: 'logged again',
  'ended-before': 'ended before',
  'not-quarantined': 'not in the quarantine',
  refused: 'refused',
  'bytes-missing': 'its bytes are gone',
  'log-unavailable': 'the log takes nothing now',
  unavailable: 'a store did not answer',
};

/** Records that could not be processed, and their way back. */
export function startQuarantine(): { load(): Promise<void> } {
  const [redriveButton, moreButton] = [controlById('button', 'quarantine-redrive'), byId('quarantine-more')];
  let next: string | null = null;
  let boxes: HTMLInputElement[] = [];

  async function load(cursor?: string, said = ''): Promise<void> {
    try {
      const { body: page } = await api.listQuarantine({ limit: perPage, cursor });
      next = page.next_cursor;
      if (cursor === undefined) setText(byId('quarantine-number'), numberOf(page));
      show(page);
      say(said === '' ? summary(page) : said);
    } catch (error) {
      say(`${said} ${words(error)}`.trim(), true);
    }
  }

  function show({ records, unreadable }: QuarantinePage): void {
    boxes = records.map(({ id }, i) =>
      h('input', { type: 'checkbox', value: id, 'aria-label': `record ${i + 1}` }),
    );
    for (const box of boxes) box.addEventListener('change', enable);
    const rows = records.map((record, i) => [
      boxes[i] ?? '',
      clipped(visible(record.partition_key)),
      h('span', { class: 'wrap' }, record.reason),
      record.state,
      bytes(record.bytes),
      moment(record.quarantined_at),
      clipped(record.id, 'mono'),
    ]);
    const columns = [
      { title: 'Take' },
      { title: 'Key' },
      { title: 'Reason' },
      { title: 'State' },
      { title: 'Size', number: true },
      { title: 'Since' },
      { title: 'Record' },
    ];
    const lost = unreadable.map((id) => h('p', { class: 'error' }, `Cannot be read: ${id}`));
    const empty = h('p', { class: 'hint' }, 'Nothing here: every record was processed.');
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
    redriveButton.disabled = true;
    say(`Redriving ${ids.length}…`);
    try {
      const { body } = await api.redriveQuarantine(
        { body: { ids } },
        { timeoutMs: redriveMsMax, tryTimeoutMs: redriveMsMax },
      );
      await load(undefined, tell(body.results));
    } catch (error) {
      say(`${words(error)} Redrive again if need be: each record counts once.`, true);
      enable();
    }
  }

  function enable(): void {
    redriveButton.disabled = !boxes.some((box) => box.checked);
  }

  function say(text: string, bad = false): void {
    const hint = byId('quarantine-hint');
    hint.classList.toggle('error', bad);
    setText(hint, text);
  }

  redriveButton.addEventListener('click', () => void redrive());
  moreButton.addEventListener('click', () => void load(next ?? undefined));
  byId('quarantine-load').addEventListener('click', () => void load());
  return { load: () => load() };
}

function clipped(text: string, kind = ''): HTMLElement {
  return h('span', { class: `clip ${kind}`.trim(), title: text }, text);
}

/** For the bar on top, which is in sight wherever somebody is: records of the first page. */
function numberOf({ records, unreadable, next_cursor: next }: QuarantinePage): string {
  const number = records.length + unreadable.length;
  return number === 0 ? '' : `${number}${next === null ? '' : '+'}`;
}

function summary({ records, next_cursor: next }: QuarantinePage): string {
  if (records.length === 0) return 'empty';
  return `${plural(records.length, 'record')}${next === null ? '' : ', and more'}`;
}

/** How many went which way; reasons once each. */
function tell(results: Redriven['results']): string {
  const numbers = new Map<string, number>();
  for (const { outcome, reason } of results) {
    const became = outcomes[outcome] + (reason === null ? '' : ` (${reason})`);
    numbers.set(became, (numbers.get(became) ?? 0) + 1);
  }
  return `Redrive: ${Array.from(numbers, ([became, number]) => `${number} ${became}`).join(', ')}`;
}
