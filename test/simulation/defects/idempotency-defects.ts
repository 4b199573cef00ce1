import type { SimulatedDefect } from '../../plant/defect.ts';

const idempotency = 'lib/app/idempotency.ts';

/** What an Idempotency-Key promises. */
export const idempotencyDefects: readonly SimulatedDefect[] = [
  {
    name: 'fingerprint-without-body',
    file: 'lib/api/answer/answer-once.ts',
    find: `    .update(bodyText ?? body ?? '', bodyText === undefined && isBase64Encoded ? 'base64' : 'utf8')`,
    replace: `    .update('')`,
    breaks: 'A changed payload with a used key gets the old answer and is lost in silence.',
    expects: ['G1', 'I3', 'I10'],
    needs: ['key-with-other-body'],
  },
  {
    name: 'fingerprint-not-compared',
    file: idempotency,
    find: `  if (!isSame(record, fingerprints)) return { status: 'mismatch' };`,
    replace: `  if (!isSame(record, [record.fingerprint, ...fingerprints])) return { status: 'mismatch' };`,
    breaks: 'Another request with a used key is taken for the first one.',
    expects: ['G1', 'I3', 'I10'],
    needs: ['key-with-other-body'],
  },
  {
    name: 'event-ids-not-from-the-nonce',
    file: idempotency,
    find: `      const { nonce, adId, draft: drafted } = found.record;`,
    replace: `      const { adId, draft: drafted } = found.record;
      const nonce = deps.ids.nonce();`,
    breaks: 'The retry of a request without a recorded end appends new event ids, which no claim stops.',
    expects: ['G1', 'I1', 'I2'],
    needs: ['duplicate-request', 'client-gives-up', 'crash-after-append', 'crash-before-append'],
  },
  {
    name: 'pending-not-written',
    file: idempotency,
    find: `    const result = await deps.state.write({
      type: 'put',
      key,
      attributes: toAttributes(record),
      condition,
    });`,
    replace: `    const there = await deps.state.get(key);
    const gone = Number(there?.['expires_at'] ?? 0n) <= Math.floor(nowMs / 1000);
    const result = { status: gone ? 'written' : 'condition-failed', item: there };
    void condition;`,
    breaks:
      'Nothing is stored before the append, so a request that died after it is repeated with other ids.',
    expects: ['G1', 'I1', 'I2'],
  },
  {
    name: 'pending-taken-for-done',
    file: idempotency,
    find: `  if (record.answer !== undefined) return { status: 'answered', answer: record.answer, replayed: true };`,
    replace: `  const headers = { 'Content-Type': 'application/json' };
  const accepted = { statusCode: 202, headers, body: '{"status":"accepted"}' };
  if (key !== undefined) return { status: 'answered', answer: record.answer ?? accepted, replayed: true };`,
    breaks: 'A retry is answered "accepted" although the first try died before it was logged.',
    expects: ['G1', 'I3', 'I10'],
    needs: ['crash-before-append', 'client-gives-up', 'duplicate-request', 'append-lost', 'condition-failed'],
  },
  {
    name: 'every-answer-kept',
    file: idempotency,
    find: `      if (completeStatusCodes.has(answer.statusCode)) return finish(deps, found, answer);`,
    replace: `      if (completeStatusCodes.has(answer.statusCode) || answer.statusCode < 500) return finish(deps, found, answer);`,
    breaks: 'A 207 is replayed for 24 h, so its refused entries can never be sent again with its key.',
    expects: ['G1', 'I10', 'I14'],
    needs: ['append-entry-throttled', 'append-entry-failed'],
  },
  {
    name: 'done-before-the-append-is-sure',
    file: idempotency,
    find: `const completeStatusCodes: ReadonlySet<number> = new Set([200, 201, 202, 204]);`,
    replace: `const completeStatusCodes: ReadonlySet<number> = new Set([200, 201, 202, 204, 503]);`,
    breaks: 'A failure is stored as the answer: the retry that should log the write gets the 503 for 24 h.',
    expects: ['G1', 'I10', 'I14'],
  },
  {
    name: 'answer-too-large-to-keep',
    file: idempotency,
    find: `export const answerBytesMax = 300_000;`,
    replace: `export const answerBytesMax = 3_000_000;`,
    breaks:
      'A long answer does not fit its item, so a keyed batch is logged and then answered 500, each time.',
    expects: ['G9', 'I10'],
    needs: ['item-too-large'],
  },
  {
    name: 'used-key-swallows-a-day-later',
    file: idempotency,
    find: `  return { op: 'any', of: [{ op: 'item-absent' }, { op: '<=', attribute: 'expires_at', value: nowSeconds }] };`,
    replace: `  return { op: 'any', of: [{ op: 'item-absent' }, { op: '<=', attribute: 'expires_at', value: nowSeconds - 172_800n }] };`,
    breaks:
      'A key used again after its 24 h is swallowed while the store has not yet deleted the old record.',
    expects: ['G1', 'I3', 'I10'],
    needs: ['ttl-late'],
  },
  {
    name: 'key-remembered-ten-minutes',
    file: idempotency,
    find: `const recordLifeSeconds = 24 * 3600;`,
    replace: `const recordLifeSeconds = 600;`,
    breaks: 'A request that is repeated after ten minutes takes effect twice.',
    expects: ['G1', 'I1', 'I2', 'I10'],
    needs: ['client-gives-up', 'duplicate-request'],
  },
  {
    name: 'ad-id-made-anew',
    file: idempotency,
    find: `fromAttributes(result.item), record.nonce)`,
    replace: `{ ...fromAttributes(result.item), adId: record.adId }, record.nonce)`,
    breaks: 'The retry of a create is answered with the id of an ad that is never created.',
    expects: ['G1', 'G7', 'I3', 'I10'],
  },
  {
    name: 'replay-not-told',
    file: 'lib/api/answer/answer-once.ts',
    find: `headers: result.replayed ? {`,
    replace: `headers: result.replayed && statusCode === 0 ? {`,
    breaks: 'A client cannot distinguish a replayed answer from a second effect.',
    expects: ['I10'],
  },
  {
    name: 'done-record-of-anyone',
    file: idempotency,
    find: `    { op: '=', attribute: 'nonce', value: nonce },
    { op: '=', attribute: 'state', value: 'pending' },`,
    replace: `    { op: '>=', attribute: 'nonce', value: nonce.slice(0, 0) },`,
    breaks: 'A late concurrent run overwrites the first answer, and a replay returns another one.',
    expects: ['G1', 'I10'],
  },
  {
    name: 'refusal-sticks-to-its-key',
    file: idempotency,
    find: `      if (isRefusal(answer.statusCode)) return free(deps, found, answer);`,
    replace: `      if (isRefusal(answer.statusCode) && found.joined) return free(deps, found, answer);`,
    breaks: 'What a client sends under the key of a refused request is answered 422 for 24 h.',
    expects: ['G8'],
  },
];
