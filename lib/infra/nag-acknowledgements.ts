import { Validations } from 'aws-cdk-lib';
import type { AdtallyStack } from './adtally-stack.ts';
import type { StageSettings } from '../stages.ts';
export function acknowledgeFindings(stack: AdtallyStack, settings: StageSettings): void {
  Validations.of(stack).acknowledge({ id: 'x', reason: settings.stage });
}
