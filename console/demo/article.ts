import type { Decisions } from '../../client/index.ts';
import { onPress, setUsable } from '../page/button.ts';
import { h, setText } from '../page/dom.ts';
import { call, CallError } from './api.ts';
import { note } from './calls.ts';

type Decided = Decisions['decisions'][number]['ads'][number];

export interface Article {
  /** Its placements, in the order in which they are filled. */
  readonly placements: readonly string[];
  /** Shows the ads that were decided, and reports each when it is seen. */
  show(decisions: Decisions['decisions']): void;
  /** Shows this in the first placement, and no ads. */
  showInstead(element: HTMLElement): void;
}

/** So much of an ad is in view when its impression is reported. */
const partInView = 0.5;
/** As many as the style sheet has. */
const looks = 6;

/** The placements of the article. Calls `reported` after each report of something. */
export function startArticle(reported: () => void): Article {
  const slots = [...document.querySelectorAll<HTMLElement>('[data-placement]')];
  const placementOf = (slot: HTMLElement): string => slot.dataset['placement'] ?? '';
  let seen: OnceInView | undefined;

  return {
    placements: slots.map(placementOf),
    show(decisions) {
      seen?.disconnect();
      const watch = (seen = onceInView());
      const ads = new Map(decisions.map(({ placement, ads: [ad] }) => [placement, ad]));
      for (const slot of slots) {
        const placement = placementOf(slot);
        const ad = ads.get(placement);
        slot.replaceChildren(
          ...(ad === undefined ? [empty(placement)] : filled(ad, { placement, seen: watch, reported })),
        );
      }
    },
    showInstead(element) {
      seen?.disconnect();
      const [first, ...others] = slots;
      first?.replaceChildren(element);
      for (const slot of others) slot.replaceChildren();
    },
  };
}

interface Place {
  readonly placement: string;
  readonly seen: OnceInView;
  readonly reported: () => void;
}

type OnceInView = IntersectionObserver & { whenSeen(element: HTMLElement, seen: () => void): void };

/** Calls back once for each element, when half of it is in view. */
function onceInView(): OnceInView {
  const waiting = new Map<Element, () => void>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        waiting.get(target)?.();
        waiting.delete(target);
      }
    },
    { threshold: partInView },
  );
  return Object.assign(observer, {
    whenSeen(element: HTMLElement, seen: () => void) {
      waiting.set(element, seen);
      observer.observe(element);
    },
  });
}

function empty(placement: string): HTMLElement {
  return h('p', { class: 'nothing' }, `No ad for this visitor in ${placement}.`);
}

function filled(ad: Decided, { placement, seen, reported }: Place): readonly HTMLElement[] {
  const state = h('span', {}, 'not seen yet');
  const { impression_url: impression = '' } = ad.decision;
  const again = h('button', { type: 'button', 'aria-label': `Send again: ${ad.title}` }, 'Send again');
  const ahead = h('button', { type: 'button', 'aria-label': `Fetch ahead: ${ad.title}` }, 'Fetch ahead');
  setUsable(again, false);
  onPress(again, () => report({ method: 'POST', address: impression }, 'sent again'));
  // Browsers that fetch ahead say so in this header.
  onPress(ahead, () =>
    report({ method: 'GET', address: impression, headers: { purpose: 'prefetch' } }, 'fetched ahead'),
  );

  async function report(what: Parameters<typeof call>[0], done: string): Promise<void> {
    try {
      const { status } = await call(what);
      note(what.method, what.address, `${status}, ${done}`);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      note(what.method, what.address, error.message, true);
    }
    reported();
  }

  const shown = creative(ad, reported);
  seen.whenSeen(shown, () => {
    const picture = new Image();
    picture.addEventListener('load', () => {
      setText(state, 'impression sent');
      setUsable(again, true);
      note('GET', impression, 'picture loaded: seen');
      reported();
    });
    picture.addEventListener('error', () => {
      setText(state, 'impression not sent');
      note('GET', impression, 'picture not loaded', true);
      reported();
    });
    picture.src = impression;
  });
  return [
    h('p', { class: 'label' }, 'Advertisement'),
    shown,
    h(
      'div',
      { class: 'under' },
      h('span', {}, state, ` · ${placement}`, h('small', {}, rankOf(ad))),
      h('span', { class: 'buttons' }, again, ahead),
    ),
  ];
}

function rankOf({ priority = 8, weight = 1, campaign_id: campaign }: Decided): string {
  return `priority ${priority}, weight ${weight}${campaign === undefined ? '' : `, campaign ${campaign}`}`;
}

/** Drawn from text, so that the page needs no other server. */
function creative(ad: Decided, clicked: () => void): HTMLElement {
  const { click_url: link } = ad.decision;
  const content = [
    h('span', { class: 'title', dir: 'auto' }, ad.title),
    h('span', { class: 'text', dir: 'auto' }, ad.content),
  ];
  const attributes = { class: `creative look${lookOf(ad)}` };
  if (link === undefined || !/^https?:/.test(link)) return h('div', attributes, ...content);
  const anchor = h(
    'a',
    { ...attributes, href: link, target: '_blank', rel: 'noopener noreferrer' },
    ...content,
    h('span', { class: 'go' }, 'Open', h('span', { class: 'sr' }, ' in a new tab')),
  );
  const follow = (): void => {
    note('GET', link, 'link followed: clicked');
    clicked();
  };
  anchor.addEventListener('click', follow);
  // The middle button.
  anchor.addEventListener('auxclick', ({ button }) => {
    if (button === 1) follow();
  });
  return anchor;
}

/** The same for all ads of a campaign. */
function lookOf({ id, campaign_id: campaign = id }: Decided): number {
  let sum = 0;
  for (const character of campaign) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % looks;
}
