import { afterAll, beforeAll, describe } from '@jest/globals';
import { specifyAdDecisions } from '../specifications/ad-decisions.ts';
import { specifyCounting } from '../specifications/counting.ts';
import { roomsOf } from '../specifications/specification-store.ts';
import { openLocalStore, type LocalStore } from './support/dynamodb-local.ts';

/** The domain's specifications once more, with the store of a deployed stage. */
describe('on DynamoDB Local', () => {
  let local: LocalStore;
  beforeAll(async () => {
    local = await openLocalStore();
  });
  afterAll(() => {
    local.client.destroy();
  });

  const rooms = roomsOf(() => local.store);
  specifyCounting(rooms);
  specifyAdDecisions(rooms);
});
