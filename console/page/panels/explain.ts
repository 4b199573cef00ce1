import { api, words, type AdExplanation, type AdPage, type ExplainAdsInput } from '../api.ts';
import { bar, byId, h, replace, table, controlById } from '../dom.ts';
import { count, date, moment } from '../format.ts';

const conditionWords: Readonly<Record<string, string>> = {
  started: 'have started',
  not_ended: 'have not ended',
  age: 'suit the age',
  gender: 'suit the gender',
  platform: 'suit the platform',
  country: 'suit the country',
};

/** Ads of the page that is seen now. */
const pageShown = 10;

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
  // The API says what is wrong with any of them.
  const audience = Object.fromEntries(
    (['age', 'gender', 'platform', 'country'] as const)
      .map((name) => [name, name === 'country' ? text(name).toUpperCase() : text(name)])
      .filter(([, value]) => value !== ''),
  ) as Pick<ExplainAdsInput, 'age' | 'gender' | 'platform' | 'country'>;
  const at = text('at') === '' ? undefined : new Date(text('at')).toISOString();
  const id = text('id');
  try {
    const { body } = await api.explainAds({ ...audience, at, ...(id !== '' && { id }) });
    // Only of now is there a page: nobody is served ads of another instant.
    const page = at === undefined ? await api.queryAds({ ...audience, limit: pageShown }) : undefined;
    replace(byId('explain-body'), ...nodes(body, page?.body));
  } catch (error) {
    replace(byId('explain-body'), h('p', { class: 'error' }, words(error)));
  }
}

function nodes({ at, live, conditions, ad }: AdExplanation, page: AdPage | undefined): HTMLElement[] {
  const most = Math.max(1, live);
  const rows = [
    ['live ads', bar(1), count(live)],
    ...conditions.map(({ name, left }) => [
      `… that ${conditionWords[name] ?? name}`,
      bar(left / most),
      count(left),
    ]),
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
