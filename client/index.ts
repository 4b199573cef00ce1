export { createClient, type Client, type ClientOptions } from './create-client.ts';
export type { Answer, CallOptions } from './call-types.ts';
export type { ClassFacts, SenderFacts as ClientFacts } from './call/sender.ts';
export { neverSentCodes } from './call/try-once.ts';
export type { OperationClass } from './operation-class.ts';
export type { ClientClock, ClientDeps, Fetch, FetchedAnswer, FetchOptions } from './deps.ts';
export { AdtallyError, InvalidInputError, ProblemError, type ClientFailure, type Repeat } from './errors.ts';
export { parseExactJson, type ExactInteger } from './exact-json.ts';
export { browserConnections, defaultPolicy, type ClientPolicy, type PolicyOptions } from './policy.ts';
export type { BatcherFacts, IncrementBatcher } from './batch/batcher.ts';
export {
  defaultBatchPolicy,
  type BatcherOptions,
  type BatchPolicy,
  type FailedIncrements,
} from './batch/batch-policy.ts';
export {
  createEventBatcher,
  type EventBatcher,
  type EventBatcherFacts,
  type EventBatcherOptions,
  type FailedEvents,
} from './batch/event-batcher.ts';
export { closeOnSignal, type SignalledProcess } from './close-on-signal.ts';
export { flushOnPageHide } from './flush-on-page-hide.ts';
export * from './generated/enums.ts';
export { importAllAds } from './bulk/import-all.ts';
export { incrementAll } from './bulk/increment-all.ts';
export type {
  BulkOptions,
  BulkProgress,
  BulkResult,
  ImportedItem,
  IncrementedItem,
  IncrementAllOptions,
} from './bulk/bulk-types.ts';
export type * from './generated/calls.ts';
export type * from './generated/schemas.ts';
