import { openapiTypescriptClient } from './support/made-client.ts';
import { testClient } from './support/test-client.ts';

testClient(openapiTypescriptClient);
