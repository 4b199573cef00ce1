import { Mixin } from 'aws-cdk-lib';
import { CfnLogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';

/** Keeps the lines of log groups for so many days. */
export class KeepLogs extends Mixin {
  readonly #days: RetentionDays;

  constructor(days: RetentionDays) {
    super();
    this.#days = days;
  }

  override supports(construct: IConstruct): construct is CfnLogGroup {
    return CfnLogGroup.isCfnLogGroup(construct);
  }

  override applyTo(construct: IConstruct): void {
    if (this.supports(construct)) construct.retentionInDays = this.#days;
  }
}
