import {
  api,
  words,
  type AdExplanation,
  type AdPage,
  type DecisionQuestion,
  type ExplainAdsInput,
} from '../api.ts';
import { bar, byId, h, linkButton, replace, setText, table, controlById } from '../dom.ts';
import { count, plural } from '../format.ts';
import { dayCell, moment, zoneName } from '../instants.ts';
import { askedPlacement, decisionWords } from './decision-words.ts';
import { exclusions } from './exclusions.ts';

const conditionWords: Readonly<Record<AdExplanation['conditions'][number]['name'], string>> = {
  started: 'have started',
  not_ended: 'have not ended',
  paused: 'are not paused',
  age: 'suit the age',
  gender: 'suit the gender',
  platform: 'suit the platform',
  country: 'suit the country',
};

/** Ads on the current page. */
const pageShown = 10;

export interface ExplainOptions {
  readonly openAd: (id: string) => void;
}

/**
 * Who sees what: the ads left after each condition, why one ad is not among them, and the page of ads for
 * this audience now.
 */
export function startExplain(options: ExplainOptions): { ask(id: string): void } {
  const form = controlById('form', 'explain-form');
  const id = controlById('input', 'explain-id');
  const zones = controlById('select', 'explain-zone');
  if (zoneName() !== 'UTC') zones.prepend(h('option', { value: '', selected: true }, zoneName()));
  let asked = 0;
  const explain = async (): Promise<void> => {
    asked += 1;
    const turn = asked;
    setText(byId('explain-text'), 'Loading…');
    const show = await explanationOf(new FormData(form), options);
    // An answer that comes after a newer question is not the one that is waited for.
    if (turn === asked) show();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void explain();
  });
  return {
    ask(wanted) {
      id.value = wanted;
      byId('explain').scrollIntoView({ block: 'start' });
      id.focus({ preventScroll: true });
      void explain();
    },
  };
}

/** Resolves to what shows the answer, or why there is none. */
async function explanationOf(data: FormData, { openAd }: ExplainOptions): Promise<() => void> {
  const text = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  // The API reports invalid values.
  const audience = Object.fromEntries(
    (['age', 'gender', 'platform', 'country'] as const)
      .map((name) => [name, name === 'country' ? toCountry(text(name)) : text(name)])
      .filter(([, value]) => value !== ''),
  ) as Audience;
  const at = text('at') === '' ? undefined : new Date(text('at') + text('zone')).toISOString();
  const id = text('id');
  const status = byId('explain-text');
  try {
    const { body } = await api.explainAds({ ...audience, at, ...(id !== '' && { id }) });
    // Ads are only served now, so another instant has no page.
    const page = at === undefined ? (await api.queryAds({ ...audience, limit: pageShown })).body : undefined;
    // Decisions too are only made now.
    const decided = body.ad !== null && at === undefined ? await decisionOn(body.ad.id, audience) : '';
    return () => {
      status.classList.remove('error');
      setText(status, `${verdict(body)} ${decided}`.trim());
      const opener = body.ad === null ? [] : [openerOf(body.ad.id, openAd)];
      replace(byId('explain-body'), ...opener, h('div', { class: 'two' }, funnel(body), seen(page, openAd)));
    };
  } catch (error) {
    return () => {
      status.classList.add('error');
      setText(status, words(error));
      replace(byId('explain-body'));
    };
  }
}

type Audience = Pick<ExplainAdsInput, 'age' | 'gender' | 'platform' | 'country'>;

/** What a decision for this audience would do with the ad. */
async function decisionOn(ad: string, { age, ...others }: Audience): Promise<string> {
  const person = { ...others, ...(age !== undefined && { age: age === 'unknown' ? age : Number(age) }) };
  const question = { ...person, placements: [askedPlacement], ad } as DecisionQuestion;
  return decisionWords((await api.explainDecision({ body: question })).body, 'for this audience');
}

/** Ads that have ended are in no table, and open from here. */
function openerOf(id: string, openAd: (id: string) => void): HTMLElement {
  const button = h('button', { type: 'button' }, 'Open this ad');
  button.addEventListener('click', () => {
    openAd(id);
  });
  return h('p', { class: 'opener' }, button);
}

/** The API requires a country in upper case, and the word `unknown` in lower case. */
function toCountry(text: string): string {
  return text === 'unknown' ? text : text.toUpperCase();
}

function verdict({ at, live, conditions, ad }: AdExplanation): string {
  const matching = conditions.at(-1)?.left ?? live;
  const all = `${count(matching)} of ${plural(live, 'live ad')} ${matching === 1 ? 'matches' : 'match'} at ${moment(at)}.`;
  if (ad === null) return all;
  const reason = ad.excluded_by === null ? 'is shown' : exclusions[ad.excluded_by];
  return `${ad.id} ${reason}. ${all}`;
}

function funnel({ live, conditions }: AdExplanation): HTMLElement {
  const most = Math.max(1, live);
  const rows = [
    ['live ads', bar(1), count(live)],
    ...conditions.map(({ name, left }) => [`… that ${conditionWords[name]}`, bar(left / most), count(left)]),
  ];
  const columns = [{ title: 'Condition' }, { title: '' }, { title: 'Left', number: true }];
  return h('div', {}, table('Ads left after each condition', columns, rows));
}

function seen(page: AdPage | undefined, openAd: (id: string) => void): HTMLElement {
  if (page === undefined) return h('div');
  const { ads, total } = page;
  if (ads.length === 0) return h('div', {}, h('p', { class: 'hint' }, 'This audience sees no ad now.'));
  const rows = ads.map(({ id, title, end_at: end }) => [adName(id, title, openAd), dayCell(end)]);
  const shown =
    ads.length < total ? `Showing ${ads.length} of ${count(total)}.` : `Showing all ${count(total)}.`;
  return h(
    'div',
    {},
    table('Shown now', [{ title: 'Shown now' }, { title: 'Ends' }], rows),
    h('p', { class: 'hint' }, shown),
  );
}

/** The title of an ad, a link to its dialog, above its id. */
export function adName(id: string, title: string, openAd: (id: string) => void): HTMLElement {
  const button = linkButton(h('bdi', {}, title), { focus: id, title });
  button.addEventListener('click', () => {
    openAd(id);
  });
  return h('div', {}, button, h('small', { class: 'mono' }, id));
}
