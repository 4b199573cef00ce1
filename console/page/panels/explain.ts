import { CallError, call, type AdExplanation, type AdPage } from '../api.ts';
import { bar, byId, h, replace, table, controlById } from '../dom.ts';
import { count, date, moment } from '../format.ts';

const words: Readonly<Record<string, string>> = {
  started: 'have started',
  not_ended: 'have not ended',
  age: 'suit the age',
  gender: 'suit the gender',
  platform: 'suit the platform',
  country: 'suit the country',
};

/** Who sees what: how many ads each condition left, why one is not among them, and the page that is seen now. */
export function startExplain(): void {
  const form = controlById('form', 'explain-form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void explain(new FormData(form));
  });
}

async function explain(data: FormData): Promise<void> {
  const text = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const audience: Record<string, string> = {};
  for (const name of ['age', 'gender', 'platform']) if (text(name) !== '') audience[name] = text(name);
  if (text('country') !== '') audience['country'] = text('country').toUpperCase();
  const at = text('at') === '' ? undefined : new Date(text('at')).toISOString();
  const id = text('id');
  const asked = { ...audience, ...(at !== undefined && { at }), ...(id !== '' && { id }) };
  try {
    const explanation = await call<AdExplanation>('api/v1/ad/explain', asked);
    // Only of now is there a page: nobody is served ads of another instant.
    const page = at === undefined ? await call<AdPage>('api/v1/ad', { ...audience, limit: '10' }) : undefined;
    replace(byId('explain-body'), ...nodes(explanation, page));
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    replace(byId('explain-body'), h('p', { class: 'error' }, error.message));
  }
}

function nodes({ at, live, conditions, ad }: AdExplanation, page: AdPage | undefined): HTMLElement[] {
  const most = Math.max(1, live);
  const rows = [
    ['live ads', bar(1), count(live)],
    ...conditions.map(({ name, left }) => [`… that ${words[name] ?? name}`, bar(left / most), count(left)]),
  ];
  const columns = [{ title: `At ${moment(at)}` }, { title: '' }, { title: 'Left', number: true }];
  const funnel = h('div', {}, table('What each condition leaves', columns, rows));
  if (ad !== null) funnel.prepend(h('p', { class: 'verdict' }, verdict(ad)));
  if (page === undefined) return [funnel];
  const seen =
    page.ads.length === 0
      ? h('p', { class: 'hint' }, 'Nothing is shown to them now.')
      : table(
          'Shown now',
          [{ title: `Shown now, ${count(page.total)} in all` }, { title: 'Ends' }],
          page.ads.map(({ title, end_at: end }) => [h('span', { class: 'clip', title }, title), date(end)]),
        );
  return [h('div', { class: 'two' }, funnel, h('div', {}, seen))];
}

function verdict({ id, excluded_by: excludedBy }: NonNullable<AdExplanation['ad']>): string {
  if (excludedBy === null) return `${id} is among them.`;
  if (excludedBy === 'unknown') return `${id} is no live ad.`;
  return `${id} is not among them; the first condition that excludes it: ${excludedBy}.`;
}
