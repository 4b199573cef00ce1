import { testStateStore } from '../contracts/state-store.ts';
import { openLocalStore } from './support/dynamodb-local.ts';

testStateStore(
  'DynamoDB (on DynamoDB Local)',
  async () => {
    const { client, store } = await openLocalStore();
    return {
      store,
      close: async () => {
        client.destroy();
        return Promise.resolve();
      },
    };
  },
  // One Java process behind one lock: about 850 writes a second.
  { writersMax: 10 },
);
