import { beforeEach, describe, expect, it } from '@jest/globals';
import { AdLedger } from './ad-ledger.ts';
import { contentOf, type AdStory, type ServedAd } from './ad-story.ts';
import { Findings } from '../../load/ledger/findings.ts';

const endMs = Date.parse('2030-01-01T00:00:00.000Z');
const before = { earliestMs: endMs - 2000, latestMs: endMs - 1000 };

let findings: Findings;
let ledger: AdLedger;
let story: AdStory;
let titles: string[];
beforeEach(() => {
  findings = new Findings();
  ledger = new AdLedger(findings);
  story = ledger.open('a');
  story.ends.push(endMs);
  titles = [story.nextTitle(), story.nextTitle(), story.nextTitle()];
  for (const title of titles) story.sending(title);
  story.acknowledge(titles[0]!);
  story.acknowledge(titles[1]!);
});

function served(over: Partial<ServedAd> = {}): ServedAd {
  const title = over.title ?? titles[1]!;
  return {
    id: 'id',
    title,
    content: contentOf(title),
    start_at: '2029-01-01T00:00:00.000Z',
    end_at: '2030-01-01T00:00:00.000Z',
    version: 2,
    ...over,
  };
}

function found(): Record<string, number> {
  return Object.fromEntries(Object.entries(findings.counts).filter(([, count]) => count > 0));
}

describe('an ad that is served', () => {
  it('is as the last acknowledged write left it, or as an uncertain one after it', () => {
    ledger.served(served(), before, true);
    ledger.served(served({ title: titles[2]!, version: 3 }), before, true);
    ledger.served(served({ title: titles[0]!, version: 1 }), before, false);
    expect(found()).toEqual({});
  });

  it.each<[string, () => ServedAd, string]>([
    ['an acknowledged change is missing', () => served({ title: titles[0]! }), 'lost'],
    ['it is a mixture of two versions', () => served({ content: contentOf(titles[0]!) }), 'wrong'],
    ['nobody gave it its end', () => served({ end_at: '2031-01-01T00:00:00.000Z' }), 'wrong'],
    ['nobody wrote it', () => served({ title: 'chaos other v1' }), 'wrong'],
  ])('is wrong when %s', (_, ad, kind) => {
    ledger.served(ad(), before, true);
    expect(found()).toEqual({ [kind]: 1 });
  });

  it('is late at its end by every clock there may be, and not while one of them may be before it', () => {
    ledger.served(served(), { earliestMs: endMs - 1, latestMs: endMs + 9 }, true);
    expect(found()).toEqual({});
    ledger.served(served(), { earliestMs: endMs, latestMs: endMs + 9 }, true);
    expect(found()).toEqual({ late: 1 });
  });

  it('is early before its start', () => {
    ledger.servedActive(served({ start_at: '2029-12-31T23:59:59.500Z' }), before);
    expect(found()).toEqual({ late: 1 });
  });

  it('is double under two ids', () => {
    ledger.served(served(), before, true);
    ledger.served(served({ id: 'another' }), before, true);
    expect(found()).toEqual({ double: 1 });
  });

  it('is not there once its deletion was acknowledged', () => {
    story.removed = 'yes';
    ledger.served(served(), before, true);
    expect(found()).toEqual({ lost: 1 });
  });
});

it('a version stands for one change, versions of an ad grow, and the catalog never goes back', () => {
  ledger.applied(story, served());
  ledger.applied(story, served({ title: titles[2]!, version: 2 }));
  expect(found()).toEqual({ wrong: 2 });
  ledger.catalogVersion(5, 0);
  ledger.catalogVersion(4, ledger.versionSeen);
  expect(found()).toEqual({ wrong: 2, lost: 1 });
});

it.each<[number[], boolean]>([
  [[0, 1], true],
  [[0, 1, 2], true],
  [[1], false],
  [[0, 2], false],
  [[1, 0], false],
  [[0, 1, 2, 2], false],
  [[0, 1, 0], false],
])('the log of an ad tells %j of two certain versions and an uncertain one: %s', (logged, explained) => {
  expect(story.explains(logged.map((index) => titles[index]!))).toBe(explained);
});
