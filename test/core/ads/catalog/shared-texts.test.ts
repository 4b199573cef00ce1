import { expect, test } from '@jest/globals';
import { SharedTexts, sharedTextsMax } from '../../../../lib/core/ads/catalog/shared-texts.ts';

function read(texts: SharedTexts, text: string): string {
  const json = Buffer.from(`[${JSON.stringify(text)}]`);
  return texts.read(json, 1, json.length - 1);
}

test('texts are read as they are, whatever was read before', () => {
  const texts = new SharedTexts();
  for (const text of ['tea', 'tee', '', 'tea', '茶 "two"', 'te\u0001', 'tea time'])
    expect(read(texts, text)).toBe(text);
});

test('two texts with one hash stay apart', () => {
  // Found by trying: as JSON, both have the FNV-1a hash of the other.
  const [first, second] = ['campaign-179599', 'campaign-362382'];
  const texts = new SharedTexts();
  for (const text of [first, second, first, second]) expect(read(texts, text)).toBe(text);
});

test('texts beyond those that are kept are read as well', () => {
  const texts = new SharedTexts();
  const all = Array.from({ length: sharedTextsMax + 10 }, (_, index) => `campaign ${index}`);
  for (let time = 0; time < 2; time += 1) expect(all.map((text) => read(texts, text))).toEqual(all);
});
