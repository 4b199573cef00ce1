import { RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { routes, type Route } from '../api/routes.ts';
import type { FunctionName, StageSettings } from '../stages.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { logRetention } from './log-retention.ts';
import type { PipelineFunction } from './pipeline-function.ts';

/** Requests per address in five minutes before the web ACL of a stage that has one answers 403. */
const requestsPerAddressMax = 50_000;

/**
 * The REST API, made from the table of routes: each method of the table to its function; any other method of a known
 * path, and any other path, to describe-api, which answers OPTIONS, 405 and 404 the same way as the embedded gateway.
 */
export class PipelineApi extends Construct {
  readonly api: apigateway.RestApi;

  constructor(
    scope: Construct,
    settings: StageSettings,
    functions: ReadonlyMap<FunctionName, PipelineFunction>,
  ) {
    super(scope, 'Api');
    const accessLogs = new logs.LogGroup(this, 'AccessLogs', {
      logGroupName: `/adtally/${settings.stage}/access`,
      retention: logRetention(settings),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new apigateway.RestApi(this, 'RestApi', {
      restApiName: `adtally-${settings.stage}`,
      description: 'Targeted ads and exactly-once increments',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: true,
      deployOptions: {
        stageName: settings.stage,
        tracingEnabled: true,
        metricsEnabled: true,
        // Never data traces: bodies and keys are user data.
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        throttlingRateLimit: settings.cloud.throttle.ratePerSecond,
        throttlingBurstLimit: settings.cloud.throttle.burst,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.custom(accessLogFormat()),
      },
    });
    addGatewayResponses(this.api, settings);
    this.#addRoutes(settings, functions);
    if (settings.cloud.webAcl) this.#addWebAcl(settings);
  }

  #addRoutes(settings: StageSettings, functions: ReadonlyMap<FunctionName, PipelineFunction>): void {
    const integrations = new Map(
      [...functions].map(([name, { function: target }]) => [
        name,
        new apigateway.LambdaIntegration(target, { scopePermissionToMethod: false }),
      ]),
    );
    const add = (path: string, method: string, name: FunctionName, signed: boolean): void => {
      const resource = path === '/' ? this.api.root : this.api.root.resourceForPath(path);
      resource.addMethod(method, integrations.get(name), {
        authorizationType: signed ? apigateway.AuthorizationType.IAM : apigateway.AuthorizationType.NONE,
      });
    };
    for (const route of routes) {
      add(route.path, route.method, route.functionName, isSigned(route, settings));
      if (route.method === 'GET') add(route.path, 'HEAD', route.functionName, isSigned(route, settings));
    }
    for (const path of new Set([...routes.map((route) => route.path), '/', '/{proxy+}'])) {
      add(path, 'ANY', 'describe-api', false);
    }
  }

  #addWebAcl(settings: StageSettings): void {
    const metrics = (name: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({
      cloudWatchMetricsEnabled: true,
      metricName: `adtally-${settings.stage}-${name}`,
      sampledRequestsEnabled: false,
    });
    const webAcl = new wafv2.CfnWebACL(this, 'WebAcl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: metrics('web-acl'),
      rules: [
        {
          name: 'rate-per-address',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: requestsPerAddressMax, aggregateKeyType: 'IP' } },
          visibilityConfig: metrics('rate-per-address'),
        },
      ],
    });
    new wafv2.CfnWebACLAssociation(this, 'WebAclAssociation', {
      resourceArn: this.api.deploymentStage.stageArn,
      webAclArn: webAcl.attrArn,
    });
  }
}

function isSigned(route: Route, settings: StageSettings): boolean {
  if (settings.cloud.authorization === 'none' || route.scope === 'none') return false;
  return !(route.scope === 'ads:read' && settings.http.publicReads);
}

/** Who, what, how it went; no query string and no path parameter, because keys are user data. */
function accessLogFormat(): string {
  return JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTimeEpoch',
    method: '$context.httpMethod',
    resource: '$context.resourcePath',
    status: '$context.status',
    latencyMs: '$context.responseLatency',
    integrationMs: '$context.integrationLatency',
    responseBytes: '$context.responseLength',
    address: '$context.identity.sourceIp',
    caller: '$context.identity.userArn',
    error: '$context.error.responseType',
    trace: '$context.xrayTraceId',
  });
}
