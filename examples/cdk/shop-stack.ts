import { fileURLToPath } from 'node:url';
import { Adtally } from '@adtally/cdk';
import { CfnOutput, Duration, Mixins, Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import shop from './adtally.config.ts';
import { KeepLogs } from './keep-logs.ts';

export interface ShopStackProps extends StackProps {
  /** Gets a mail when an alarm begins and when it ends, once it has confirmed the first mail. */
  readonly alarmsTo: string;
}

/** A shop's own resources, and adtally beside them: views of ads come in a queue and are counted. */
export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, { alarmsTo, ...props }: ShopStackProps) {
    super(scope, id, props);
    const ads = new Adtally(this, 'Ads', { stage: shop });

    // A rule of this shop, on every log group of the stage.
    Mixins.of(ads).requireAny().apply(new KeepLogs(RetentionDays.ONE_YEAR));

    ads.alarmTopic.addSubscription(new EmailSubscription(alarmsTo));

    const views = new Queue(this, 'Views', {
      visibilityTimeout: Duration.minutes(3),
      deadLetterQueue: { queue: new Queue(this, 'Uncounted'), maxReceiveCount: 10 },
    });
    const count = new NodejsFunction(this, 'Count', {
      description: 'Counts views of ads',
      entry: fileURLToPath(new URL('./count.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(30),
      bundling: { format: OutputFormat.ESM },
    });
    count.addEventSource(new SqsEventSource(views, { reportBatchItemFailures: true }));
    const token = new Secret(this, 'Token', { description: 'A token with the scope counters:write' });
    ads.grantCall(count, token);

    new CfnOutput(this, 'TokenSecret', { value: token.secretName });
    new CfnOutput(this, 'ViewsQueue', { value: views.queueUrl });
  }
}
