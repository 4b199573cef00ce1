import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct, type IDependable } from 'constructs';
import type { StageSettings } from '../stages.ts';
import type { CustomerKey } from './customer-key.ts';
import { logRetention } from './log-retention.ts';

export interface TableProtectionProps {
  readonly settings: StageSettings;
  readonly tables: Readonly<Record<string, dynamodb.TableV2>>;
  /** What a creation makes last. */
  readonly last: IDependable;
  /** Encrypts the logs; default: a key of AWS. */
  readonly customerKey?: CustomerKey | undefined;
}

/**
 * Protects the tables of a stage that retains its data against deletion, when all else exists. Were it a property of the
 * table, CloudFormation could not delete it after a first deployment that fails, and the stage would be stuck.
 *
 * It costs a function of CDK's own, which runs while the stage is deployed for the first time and never again. A
 * switch in the settings would be forgotten, and a command after the deployment too. The rollback of a failed creation
 * takes the protection back; `cdk destroy` does not, as this resource is retained with the tables.
 */
export class TableProtection extends Construct {
  constructor(scope: Construct, { settings, tables, last, customerKey }: TableProtectionProps) {
    super(scope, 'TableProtection');
    const encryptionKey = customerKey?.encrypting;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/adtally/${settings.stage}/table-protection`,
      retention: logRetention(settings),
      ...(encryptionKey && { encryptionKey }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Its own role: CDK's could create log groups, and so leave one behind.
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['dynamodb:UpdateTable'],
        resources: Object.values(tables).map(({ tableArn }) => tableArn),
      }),
    );
    for (const [name, table] of Object.entries(tables)) {
      const protect = (enabled: boolean) => ({
        service: 'dynamodb',
        action: 'UpdateTable',
        parameters: { TableName: table.tableName, DeletionProtectionEnabled: enabled },
        physicalResourceId: PhysicalResourceId.of(`${name}-protection`),
        // Its answer describes the table, and is of no use here.
        outputPaths: ['TableDescription.TableStatus'],
      });
      const protection = new AwsCustomResource(this, name, {
        onCreate: protect(true),
        onDelete: protect(false),
        role,
        logGroup,
        installLatestAwsSdk: false,
        memorySize: 256,
        // The call takes a second and its function 2 minutes at most. For an answer that is lost, CloudFormation
        // would wait an hour.
        serviceTimeout: Duration.minutes(5),
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      });
      protection.node.addDependency(last);
    }
  }
}
