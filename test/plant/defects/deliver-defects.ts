import type { Defect } from '../defect.ts';

const signature = 'lib/app/delivery/decision-signature.ts';
const judge = 'lib/app/delivery/event-judge.ts';
const track = 'functions/track-ads/track-ads.ts';
const decide = 'functions/decide-ads/decide-ads.ts';

/** Tokens and reports: forged, redirected elsewhere, too old, replayed, served twice. */
export const deliverDefects: readonly Defect[] = [
  {
    name: 'click-leads-anywhere',
    file: signature,
    find: '  return macOf(key, `${ad}\\n${url}`);',
    replace: '  return macOf(key, `${ad}\\n${url.slice(0, 8)}`);',
    breaks: 'Anybody who has one link of a stage makes links of it that lead to any address.',
  },
  {
    name: 'link-of-a-forged-token',
    file: signature,
    find: `  if (given.length !== macBytes || !isSigned(key, token)) return false;`,
    replace: `  if (given.length !== macBytes) return false;`,
    breaks: 'Anybody who has one link of an ad makes up clicks of it, as many as they like.',
  },
  {
    name: 'token-compared-in-part',
    file: signature,
    find: `  return timingSafeEqual(macOf(key, bytes.subarray(0, end)), bytes.subarray(end));`,
    replace: `  return timingSafeEqual(macOf(key, bytes.subarray(0, end)).subarray(0, 4), bytes.subarray(end, end + 4));`,
    breaks: 'A token is forged by four billion guesses, which a public call answers in a day.',
  },
  {
    name: 'token-has-many-texts',
    file: signature,
    find: `  if (bytes.toString('base64url') !== text) return undefined;`,
    replace: ``,
    breaks: 'One token is accepted in several spellings, which logs and caches take for several decisions.',
  },
  {
    name: 'head-counts',
    file: track,
    find: `    if (request.visitor.isHead) return undefined;`,
    replace: ``,
    breaks: 'Link checkers and previews, which ask by HEAD, count as people who saw the ad.',
  },
  {
    name: 'old-decisions-count',
    file: judge,
    find: `    if (nowMs >= countsUntilMs(kind, epoch, impressionMinutes)) return { status: 'expired' };`,
    replace: `    if (nowMs >= countsUntilMs('click', epoch, impressionMinutes)) return { status: 'expired' };`,
    breaks:
      'An impression counts for a day instead of minutes, so a page that was saved counts when it is opened.',
  },
  {
    name: 'retired-key-signs-on',
    file: judge,
    find: `    if (epochStartMs(epoch) > key.signsUntilMs + signsLateMsMax) return invalid;`,
    replace: ``,
    breaks: 'A key that leaked signs decisions of today for as long as it verifies, in spite of a rotation.',
  },
  {
    name: 'new-key-not-announced',
    file: 'lib/app/delivery/signing-keys.ts',
    find: `  const signsFromMs = nowMs + announcedMs;`,
    replace: `  const signsFromMs = nowMs;`,
    breaks: 'A new key signs before every container has read it, and its tokens are refused for a moment.',
  },
  {
    name: 'served-decision-made-anew',
    file: decide,
    find: `identity.draft(own).then((drafted) => answerServed(drafted, traceparent));`,
    replace: `identity.draft(own).then(() => answerServed(own, traceparent));`,
    breaks: 'A request that is sent twice at once counts the impressions of two decisions.',
  },
  {
    name: 'second-draft-overwrites',
    file: 'lib/app/idempotency.ts',
    find: `    condition: { op: 'all', of: [isPending(record), hasDraft(undefined)] },`,
    replace: `    condition: isPending(record),`,
    breaks: 'Two runs of one request each have a draft of their own, and the impressions of both count.',
  },
  {
    name: 'anybody-asks-what-was-shown',
    file: decide,
    find: "    if (body.user !== undefined && isStranger) throw tokenNeeded('`user`', 'ads:read');",
    replace: ``,
    breaks: 'Without a token, a guessed name shows which ads that person has seen often.',
  },
  {
    name: 'anybody-serves',
    file: decide,
    find: `      if (isServed) throw tokenNeeded('\`count: served\`', 'ads:decide');`,
    replace: ``,
    breaks: 'A program without a token makes impressions of any ad that nobody has seen.',
  },
  {
    name: 'click-lost-with-the-log',
    file: track,
    find: `    await waitAtMost(clock, clickWaitMsMax, appending);`,
    replace: `    await appending;`,
    breaks: 'While the log hangs, people wait for the page behind every ad.',
  },
  {
    name: 'prefetch-counts',
    file: 'functions/track-ads/visitor-fault.ts',
    find: `    if (visitor.isPrefetch) return 'prefetch';`,
    replace: ``,
    breaks: 'Pages that a browser loads ahead, and nobody opens, count as seen.',
  },
  {
    name: 'frozen-container-signs-on',
    file: 'lib/app/delivery/signing-keys.ts',
    find: `    Math.max(clock.monotonicMs() - monotonicMs, clock.nowMs() - wallMs);`,
    replace: `    clock.monotonicMs() - monotonicMs + 0 * wallMs;`,
    breaks: 'A container that was frozen over a rotation signs with the old key, and its tokens are refused.',
  },
];
