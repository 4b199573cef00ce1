/** Where the functions' metrics stand in CloudWatch: written by lambda-telemetry.ts, read by alarms and dashboard. */
export const metricNamespace = 'adtally';

/** Each metric has exactly these dimensions: a combination is billed as a metric of its own. */
export const metricDimensions = { stage: 'stage', functionName: 'function' } as const;
