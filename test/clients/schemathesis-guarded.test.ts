import { testSchemathesis } from './support/test-schemathesis.ts';

testSchemathesis('guarded');
