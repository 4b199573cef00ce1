import { invalidInput } from '../build-request.ts';
import type { Client } from '../create-client.ts';
import { AdtallyError } from '../errors.ts';
import type { Increment } from '../generated/schemas.ts';
import type { BulkResult, IncrementAllOptions, IncrementedItem } from './bulk-types.ts';
import { sendAll, type BulkPlan } from './send-all.ts';

const nameForm = /^[!-~]{1,200}$/;

/**
 * Sends a list of increments of any length, in requests of up to 500 increments and 256 KiB, one after the other,
 * each with an Idempotency-Key for all its attempts. Resolves to what became of each; reads of the client then
 * include them. For increments that come one by one, use `batchIncrements`.
 */
export async function incrementAll(
  client: Pick<Client, 'incrementMany'>,
  increments: Iterable<Increment> | AsyncIterable<Increment>,
  { name, onProgress, ...options }: IncrementAllOptions = {},
): Promise<BulkResult<IncrementedItem>> {
  if (name !== undefined && !nameForm.test(name))
    throw invalidInput('name must have 1 to 200 visible ASCII characters');
  const plan: BulkPlan<Increment, IncrementedItem> = {
    list: 'increments',
    nameOf: () => undefined,
    refused: (increment, errors) => ({ ...partsOf(increment), result: 'refused', errors }),
    failed: (increment, error) => ({ ...partsOf(increment), result: 'failed', error }),
    send: async (items, place) => {
      const idempotencyKey = name === undefined ? undefined : `${name}/${place}`;
      const input = { body: { increments: items }, idempotencyKey };
      const { body } = await client.incrementMany(input, options);
      const lost = new Set((body.failed ?? []).map(({ index }) => index));
      return items.map((increment, index) =>
        lost.has(index)
          ? plan.failed(increment, notLogged(idempotencyKey))
          : { ...partsOf(increment), result: 'accepted' },
      );
    },
  };
  return sendAll(increments, plan, { onProgress });
}

/** A list may hold anything, as a file does that was read without checks. */
function partsOf(increment: Increment | null | undefined): Increment {
  const { key, value } = increment ?? ({} as Increment);
  return { key, value };
}

/**
 * An earlier attempt may have logged what the last one did not. `idempotencyKey`: of the request, if the list
 * has a name. The API refuses it for the increment alone, and takes it when the list is sent again.
 */
function notLogged(idempotencyKey: string | undefined): AdtallyError {
  const repeat = idempotencyKey === undefined ? ('unsafe' as const) : ('with-key' as const);
  const facts = { code: 'partly-accepted', retryable: false, ambiguous: true, repeat, tries: 1 };
  return new AdtallyError('the increment was not logged', { ...facts, idempotencyKey });
}
