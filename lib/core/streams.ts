/** The two event logs. */
export type StreamName = 'ad-events' | 'increments';

/** The one partition key of `ad-events`: one order for all ad changes. */
export const adEventsPartitionKey = 'ads';
