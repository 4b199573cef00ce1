import { goClient } from './support/made-client.ts';
import { testClient } from './support/test-client.ts';

testClient(goClient);
