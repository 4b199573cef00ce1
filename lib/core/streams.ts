/** The two event logs. */
export type StreamName = 'ad-events' | 'increments';

/** The one partition key of `ad-events`: one order for all ad changes. */
export const adEventsPartitionKey = 'ads';

/**
 * The partition key of a record that has none: a log that distributes records by itself takes such ones. Any
 * other key has at least one character. Ours always have one, whatever the distribution.
 */
export const noPartitionKey = '';
