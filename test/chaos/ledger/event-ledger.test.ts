import { expect, it } from '@jest/globals';
import { Findings } from '../../load/ledger/findings.ts';
import { EventLedger, type EventNumbers, type Report } from './event-ledger.ts';

const report = (fields: Partial<Report> = {}): Report => ({
  ...{ ad: 'a', token: 't', kind: 'impression', invalid: false },
  ...fields,
});

/** Two tokens: the first was reported twice, once acknowledged; the second was clicked and nobody knows. */
function openLedger(goal?: number) {
  const findings = new Findings();
  const events = new EventLedger(findings);
  for (let token = 0; token < 2; token += 1) events.issued('a', goal);
  for (let tries = 0; tries < 2; tries += 1) events.sending(report());
  events.acknowledge(report());
  events.sending(report({ token: 'u', kind: 'click' }));
  events.sending(report({ token: 'u' }));
  events.drop(report({ token: 'u' }));
  events.sending(report({ invalid: true }));
  events.acknowledge(report({ invalid: true }));
  return { findings, events };
}

const right: EventNumbers = { impressions: 1, clicks: 0, duplicate: 0, late: 0, invalid: 1 };

it.each<[string, Partial<EventNumbers>, string[], goal?: number]>([
  ['what was acknowledged', {}, []],
  ['the repetition too, and the click', { duplicate: 1, clicks: 1 }, []],
  ['an acknowledged report in no number', { impressions: 0 }, ['lost']],
  ['an acknowledged invalid report in no number', { invalid: 0 }, ['lost']],
  ['a token that is counted although nothing of it was sent', { impressions: 2 }, ['double']],
  ['more records than were sent', { duplicate: 2, clicks: 1 }, ['double']],
  ['a report that counts and is invalid', { invalid: 2 }, ['double']],
  ['a click more than tokens', { clicks: 3 }, ['double']],
  ['a late one, which no ad without a goal has', { late: 1 }, ['wrong']],
  ['a late one of an ad with a goal', { impressions: 0, late: 1 }, [], 9],
  ['a late one that counts too', { late: 1, duplicate: 1, clicks: 1 }, ['double'], 9],
  ['as many as the goal', {}, [], 1],
  ['a goal that is passed', {}, ['double'], 0],
])('finds what is wrong with %s', (_, numbers, kinds, ...[goal]) => {
  const { findings, events } = openLedger(goal);
  events.audit('a', { ...right, ...numbers }, true);
  expect(findings.messages.map((message) => message.split(':')[0])).toEqual(kinds);
});

it('allows each ad an impression for each decision that is not answered yet', () => {
  const { findings, events } = openLedger();
  events.open.add({ tries: 2 });
  events.audit('a', { ...right, impressions: 2 }, true);
  expect(findings.total).toBe(0);
  events.audit('a', { ...right, impressions: 3 }, true);
  expect(findings.counts.double).toBe(1);
});

it('takes a number that may still grow for what it is, unless the server is at rest', () => {
  const { findings, events } = openLedger();
  events.audit('a', { ...right, impressions: 0, invalid: 0 }, false);
  expect(findings.total).toBe(0);
  expect(events.sums()).toEqual({ tokens: 2, acknowledged: 2, uncertain: 2 });
});
