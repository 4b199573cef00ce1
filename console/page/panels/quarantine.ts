import { CallError, call, post, type QuarantinePage, type Redriven } from '../api.ts';
import { byId, h, replace, setText, table, controlById } from '../dom.ts';
import { bytes, count, moment } from '../format.ts';

const perPage = '20';

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
      const query = { limit: perPage, ...(cursor !== undefined && { cursor }) };
      const page = await call<QuarantinePage>('api/v1/quarantine', query);
      next = page.next_cursor;
      show(page);
      setText(byId('quarantine-hint'), said === '' ? summary(page) : said);
    } catch (error) {
      fail(error);
    }
  }

  function show({ records, unreadable }: QuarantinePage): void {
    boxes = records.map(({ id }, i) =>
      h('input', { type: 'checkbox', value: id, 'aria-label': `record ${i + 1}` }),
    );
    for (const box of boxes) box.addEventListener('change', enable);
    const rows = records.map((record, i) => [
      boxes[i] ?? '',
      h('span', { class: 'clip', title: record.partition_key }, record.partition_key),
      h('span', { class: 'wrap' }, record.reason),
      record.state,
      bytes(record.bytes),
      moment(record.quarantined_at),
      h('span', { class: 'clip mono', title: record.id }, record.id),
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
    try {
      const { results } = await post<Redriven>('api/v1/quarantine/redrive', { ids });
      await load(undefined, tell(results));
    } catch (error) {
      fail(error);
      enable();
    }
  }

  function enable(): void {
    redriveButton.disabled = !boxes.some((box) => box.checked);
  }

  function fail(error: unknown): void {
    if (!(error instanceof CallError)) throw error;
    setText(byId('quarantine-hint'), error.message);
  }

  redriveButton.addEventListener('click', () => void redrive());
  moreButton.addEventListener('click', () => void load(next ?? undefined));
  byId('quarantine-load').addEventListener('click', () => void load());
  return { load: () => load() };
}

function summary({ records, next_cursor: next }: QuarantinePage): string {
  if (records.length === 0) return 'empty';
  return `${count(records.length)} records${next === null ? '' : ', and more'}`;
}

/** How many went which way; reasons once each. */
function tell(results: Redriven['results']): string {
  const numbers = new Map<string, number>();
  for (const { outcome, reason } of results) {
    const words = outcomes[outcome] + (reason === null ? '' : ` (${reason})`);
    numbers.set(words, (numbers.get(words) ?? 0) + 1);
  }
  return `Redrive: ${Array.from(numbers, ([words, number]) => `${number} ${words}`).join(', ')}`;
}
