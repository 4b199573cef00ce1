import { pythonClient } from './support/made-client.ts';
import { testClient } from './support/test-client.ts';

testClient(pythonClient);
