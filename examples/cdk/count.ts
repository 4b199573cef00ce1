import { createClient, ProblemError, type Client } from '@adtally/client';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

/** `Adtally.grantCall` sets both. */
const { ADTALLY_URL: baseUrl = '', ADTALLY_TOKEN_SECRET: secret = '' } = process.env;

let opened: Promise<Client> | undefined;

/** Counts a view for each message, such as `{"ad":"42"}`. Messages that were not counted come again. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  opened ??= open();
  const client = await opened.catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const failed = await Promise.all(Records.map((record) => count(client, record)));
  return { batchItemFailures: failed.filter((failure) => failure !== undefined) };
}

/** SQS may deliver a message twice. The API counts it once, by its id. */
async function count(
  client: Client,
  { messageId, body }: SQSRecord,
): Promise<SQSBatchItemFailure | undefined> {
  try {
    const { ad } = JSON.parse(body) as { readonly ad?: unknown };
    if (typeof ad !== 'string' || ad === '') throw new Error('the message names no ad');
    await client.increment({ idempotencyKey: messageId, body: { key: `${ad}/views`, value: 1 } });
    return undefined;
  } catch (error) {
    // The secret may have a new token by now.
    if (error instanceof ProblemError && error.status === 401) opened = undefined;
    console.error(messageId, error instanceof Error ? error.message : error);
    return { itemIdentifier: messageId };
  }
}

async function open(): Promise<Client> {
  const { SecretString: token = '' } = await new SecretsManagerClient().send(
    new GetSecretValueCommand({ SecretId: secret }),
  );
  return createClient({ baseUrl, token });
}
