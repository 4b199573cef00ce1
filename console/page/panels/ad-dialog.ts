import { ProblemError } from '../../../client/index.ts';
import { api, words, type Ad, type DecisionExplanation } from '../api.ts';
import { onPress } from '../button.ts';
import { byId, controlById, h, replace, setText } from '../dom.ts';
import { count } from '../format.ts';
import { dayCell, moment } from '../instants.ts';
import { startAdDelivery } from './ad-delivery.ts';
import { askedPlacement, decisionWords } from './decision-words.ts';
import { exclusionText } from './exclusions.ts';

export interface AdDialog {
  /** Reads the ad again and shows the whole ad, what it delivered, and why it is not shown. */
  open(id: string): Promise<void>;
  /** Reads again what it delivered, while it is open. */
  refresh(): Promise<void>;
  redraw(): void;
}

/** The dialog with one whole ad. `explain` fills in the panel "Who sees what". */
export function startAdDialog({ explain }: { readonly explain: (id: string) => void }): AdDialog {
  const dialog = controlById('dialog', 'ad');
  const ask = controlById('button', 'ad-explain');
  const delivery = startAdDelivery();
  let shown = '';
  byId('ad-close').addEventListener('click', () => {
    dialog.close();
  });
  onPress(ask, () => {
    dialog.close();
    explain(shown);
    return Promise.resolve();
  });
  return {
    async open(id) {
      shown = id;
      setText(byId('ad-id'), id);
      setText(byId('ad-title'), 'Ad');
      setText(byId('ad-text'), 'Loading…');
      replace(byId('ad-body'));
      if (!dialog.open) dialog.showModal();
      // An ad that has ended or was deleted has its numbers all the same.
      void delivery.show(id);
      try {
        const [{ body: ad }, { body: explanation }] = await Promise.all([
          api.getAd({ id, include: 'ended' }),
          api.explainDecision({ body: { placements: [askedPlacement], ad: id } }),
        ]);
        if (shown !== id) return;
        setText(byId('ad-title'), ad.title);
        setText(byId('ad-text'), verdict(ad, explanation));
        replace(byId('ad-body'), content(ad), facts(ad));
      } catch (error) {
        if (shown !== id) return;
        const gone = error instanceof ProblemError && error.status === 404;
        setText(byId('ad-text'), gone ? 'This ad was deleted, or ended long ago.' : words(error));
      }
    },
    async refresh() {
      if (dialog.open) await delivery.refresh();
    },
    redraw: () => {
      delivery.redraw();
    },
  };
}

/** What keeps it from every list and decision, or what a decision does with it. */
function verdict({ ended_at: endedAt }: Ad, explanation: DecisionExplanation): string {
  if (endedAt !== undefined) return `It ended at ${moment(endedAt)}.`;
  const why = explanation.ad?.excluded_by ?? null;
  const isLost = why === 'higher_priority' || why === 'others_behind' || why === 'same_campaign';
  if (why !== null && !isLost) return `It ${exclusionText(why, explanation.ad ?? {})}.`;
  return `It is shown now. ${decisionWords(explanation, 'for anyone')}`;
}

function content(ad: Ad): HTMLElement {
  const attributes = {
    class: 'content',
    dir: 'auto',
    role: 'region',
    tabindex: '0',
    'aria-label': 'Content',
  };
  return h('div', attributes, ad.content);
}

function facts(ad: Ad): HTMLElement {
  const list = (values: readonly string[]): string => (values.length === 0 ? 'any' : values.join(', '));
  const rows: readonly (readonly [string, Node | string])[] = [
    ['Start', dayCell(ad.start_at)],
    ['End', dayCell(ad.end_at)],
    ['Age', ages(ad) ?? 'any'],
    ['Gender', list(ad.gender)],
    ['Country', list(ad.country)],
    ['Platform', list(ad.platform)],
    ...optionalFacts(ad),
    ['Version', count(ad.version)],
    ['Created', dayCell(ad.created_at)],
  ];
  return h(
    'dl',
    { class: 'facts' },
    ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

/** The fields that the ad has and others need not have. */
function optionalFacts(ad: Ad): readonly (readonly [string, Node | string])[] {
  const rows: readonly (readonly [string, Node | string | undefined])[] = [
    ['External id', text(ad.external_id)],
    ['Status', ad.status],
    ['Priority', ad.priority?.toString()],
    ['Weight', ad.weight?.toString()],
    ['Campaign', text(ad.campaign_id)],
    ['Click leads to', link(ad.click_url)],
    ['Picture', link(ad.image_url)],
    ['Size', size(ad)],
    ['Goal', goal(ad.goal)],
    ['Frequency', frequency(ad.frequency)],
    ['Metadata', metadata(ad.metadata)],
  ];
  return rows.filter((row): row is readonly [string, Node | string] => row[1] !== undefined);
}

/** 100,000 impressions, at most 5,000 a day (Asia/Taipei), evenly. */
function goal(goal: Ad['goal']): string | undefined {
  if (goal === undefined) return undefined;
  const { total, daily } = goal.impressions;
  const zone = goal.timezone ?? 'UTC';
  const days = daily === undefined ? undefined : `${count(daily)} a day (${zone})`;
  const all = total === undefined ? undefined : `${count(total)} in all`;
  const amounts = [all, days].filter((amount) => amount !== undefined).join(', ');
  return `${amounts}; ${goal.pacing === 'even' ? 'evenly' : 'as soon as possible'}`;
}

/** 3 in P1D for each user; users that are not known do not get it. */
function frequency(frequency: Ad['frequency']): string | undefined {
  if (frequency === undefined) return undefined;
  const { max, per, scope, anonymous } = frequency;
  const what = scope === 'campaign' ? `of its campaign ` : '';
  const unknown = anonymous === 'serve' ? 'without a cap' : 'never';
  return `${count(max)} ${what}each ${per} for a user; without a user ${unknown}`;
}

function metadata(values: Ad['metadata']): Node | undefined {
  if (values === undefined) return undefined;
  const pairs = Object.entries(values).map(([name, value]) =>
    h('div', {}, h('bdi', {}, name), ': ', h('bdi', {}, String(value))),
  );
  return h('div', {}, ...pairs);
}

function text(value: string | undefined): Node | undefined {
  return value === undefined ? undefined : h('bdi', {}, value);
}

/** Opens in a new tab, which does not know where it came from. */
function link(url: string | undefined): Node | undefined {
  if (url === undefined) return undefined;
  if (!url.startsWith('https://')) return text(url);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, url);
}

/** 300 × 250 pixels; of one side that is not known, a dash. */
function size({ width, height }: Pick<Ad, 'width' | 'height'>): string | undefined {
  if (width === undefined && height === undefined) return undefined;
  return `${width ?? '–'} × ${height ?? '–'} pixels`;
}

/** 18 to 35 · from 18 · up to 35; undefined: any. */
export function ages({
  age_start: from,
  age_end: to,
}: Pick<Ad, 'age_start' | 'age_end'>): string | undefined {
  if (from === null) return to === null ? undefined : `up to ${to}`;
  return to === null ? `from ${from}` : `${from} to ${to}`;
}
