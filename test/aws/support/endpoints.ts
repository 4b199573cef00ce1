/** Where run.ts tells the suites to find each service. */
export const endpointVariables = {
  dynamodb: 'ADTALLY_TEST_DYNAMODB_ENDPOINT',
  kinesis: 'ADTALLY_TEST_KINESIS_ENDPOINT',
} as const;

export function endpointOf(service: keyof typeof endpointVariables): string {
  const endpoint = process.env[endpointVariables[service]];
  if (endpoint === undefined) throw new Error(`no ${service} endpoint: run this suite by npm run test:aws`);
  return endpoint;
}

/** What every client of an emulator is given; emulators take any credentials. */
export const emulatorIdentity = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
} as const;
