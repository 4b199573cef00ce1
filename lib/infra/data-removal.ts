import { RemovalPolicy } from 'aws-cdk-lib';
import type { StageSettings } from '../stages.ts';

/**
 * What becomes of a store when its stack goes. A retained one outlives `cdk destroy`. But what a failed deployment
 * has just made goes with it: else its name would be in the way of the next try.
 */
export function dataRemoval({ cloud }: Pick<StageSettings, 'cloud'>): RemovalPolicy {
  return cloud.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
