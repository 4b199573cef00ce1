import { expect, it } from '@jest/globals';
import type { Client, ListAdsInput } from '../../client/index.ts';
import { pagesOf } from '../../lib/bulk/export-command.ts';

/** A list whose pages have so many ads each, of a hundred that fit. */
function fakeList(sizes: readonly number[]) {
  const asked: (ListAdsInput | undefined)[] = [];
  const listAds = ((input?: ListAdsInput) => {
    asked.push(input);
    const page = asked.length - 1;
    const ads = Array.from({ length: sizes[page] ?? 0 }, (_, i) => ({ external_id: `${page}-${i}` }));
    const next = page < sizes.length - 1 ? `after-${page}` : null;
    return Promise.resolve({ status: 200, headers: {}, body: { ads, next_cursor: next } });
  }) as unknown as Client['listAds'];
  return { asked, listAds };
}

it('an export reads on while there is a cursor, also after pages of few ads or none', async () => {
  const list = fakeList([100, 2, 0, 1]);
  const sizes: number[] = [];
  for await (const page of pagesOf(list, { title: 'Tea' })) sizes.push(page.length);
  expect(sizes).toEqual([100, 2, 0, 1]);
  expect(list.asked.map((input) => input?.cursor)).toEqual([undefined, 'after-0', 'after-1', 'after-2']);
  expect(list.asked.every((input) => input?.title === 'Tea' && input.consistency === 'strong')).toBe(true);
});
