import type { Defect } from '../defect.ts';

export const consoleDefects: readonly Defect[] = [
  {
    name: 'ad-dialog-shows-another-ad',
    file: 'console/page/panels/ad-dialog.ts',
    find: `        if (shown !== id) return;
        setText(byId('ad-title'), ad.title);`,
    replace: `        setText(byId('ad-title'), ad.title);`,
    breaks:
      'If the answer for an ad that was opened before comes late, its text and targets appear under the id of the ad that is open now, and the operator acts on the wrong ad.',
  },
  {
    name: 'console-answers-cached',
    file: 'console/page/api.ts',
    find: `    fetch: (url, options) => fetch(url, { ...options, cache: 'no-store', redirect: 'error' }),`,
    replace: `    fetch: (url, options) => fetch(url, { ...options, redirect: 'error' }),`,
    breaks:
      'The browser keeps answers of ads and revalidates or reuses them, so after another token is entered the console may show data that this token must not see, and stale ads.',
  },
];
