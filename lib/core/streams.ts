/** The two event logs. */
export type StreamName = 'ad-events' | 'increments';

/** The one partition key of `ad-events`: one order for all ad changes. */
export const adEventsPartitionKey = 'ads';

/**
 * The partition key of a record that has none: a stream whose distribution is AUTO takes such records. A key
 * of Kinesis has at least one character. Ours always have one, whatever the distribution.
 */
export const noPartitionKey = '';
