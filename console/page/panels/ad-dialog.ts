import { ProblemError } from '../../../client/index.ts';
import { api, words, type Ad } from '../api.ts';
import { onPress } from '../button.ts';
import { byId, controlById, h, replace, setText } from '../dom.ts';
import { count } from '../format.ts';
import { dayCell } from '../instants.ts';
import { exclusions } from './exclusions.ts';

export interface AdDialog {
  /** Reads the ad again and shows the whole ad. */
  open(id: string): Promise<void>;
}

/** The dialog with one whole ad. `explain` fills in the panel "Who sees what". */
export function startAdDialog({ explain }: { readonly explain: (id: string) => void }): AdDialog {
  const dialog = controlById('dialog', 'ad');
  const ask = controlById('button', 'ad-explain');
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
      try {
        const [{ body: ad }, { body: explanation }] = await Promise.all([
          api.getAd({ id }),
          api.explainAds({ id }),
        ]);
        if (shown !== id) return;
        setText(byId('ad-title'), ad.title);
        const excludedBy = explanation.ad?.excluded_by ?? null;
        setText(byId('ad-text'), excludedBy === null ? 'It is shown now.' : `It ${exclusions[excludedBy]}.`);
        replace(byId('ad-body'), content(ad), facts(ad));
      } catch (error) {
        if (shown !== id) return;
        const gone = error instanceof ProblemError && error.status === 404;
        setText(byId('ad-text'), gone ? 'This ad has ended or was deleted.' : words(error));
      }
    },
  };
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
    ['Version', count(ad.version)],
    ['Created', dayCell(ad.created_at)],
  ];
  return h(
    'dl',
    { class: 'facts' },
    ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

/** 18 to 35 · from 18 · up to 35; undefined: any. */
export function ages({
  age_start: from,
  age_end: to,
}: Pick<Ad, 'age_start' | 'age_end'>): string | undefined {
  if (from === null) return to === null ? undefined : `up to ${to}`;
  return to === null ? `from ${from}` : `${from} to ${to}`;
}
