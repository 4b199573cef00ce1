import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as xray from 'aws-cdk-lib/aws-xray';
import { Construct } from 'constructs';
import { needsToken } from '../api/access/access-policy.ts';
import { routes, type Route } from '../api/routes.ts';
import { bearerForm } from '../core/token-form.ts';
import type { CloudSettings, FunctionName, StageName, StageSettings } from '../stages.ts';
import { accessLogFormat, countAccessLog } from './access-log.ts';
import type { CustomerKey } from './customer-key.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { logRetention } from './log-retention.ts';
import type { PipelineFunction } from './pipeline-function.ts';
import { addWebAcl } from './web-acl.ts';

/**
 * The REST API from the table of routes: each method of the table invokes its function. All other methods and
 * paths invoke describe-api, which answers OPTIONS, 405 and 404 like the embedded gateway.
 */
export class PipelineApi extends Construct {
  readonly api: apigateway.RestApi;
  /** The usage plan that limits the rate of each token's API key. */
  readonly usagePlan: apigateway.UsagePlan;
  readonly #authorizer: apigateway.IAuthorizer;

  constructor(
    scope: Construct,
    settings: StageSettings,
    functions: ReadonlyMap<FunctionName, PipelineFunction>,
    customerKey?: CustomerKey,
  ) {
    super(scope, 'Api');
    const encryptionKey = customerKey?.encrypting;
    const accessLogs = new logs.LogGroup(this, 'AccessLogs', {
      logGroupName: `/adtally/${settings.stage}/access`,
      retention: logRetention(settings),
      ...(encryptionKey && { encryptionKey }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    countAccessLog(accessLogs, settings.stage);
    this.api = new apigateway.RestApi(this, 'RestApi', {
      restApiName: `adtally-${settings.stage}`,
      description: 'Targeted ads and exactly-once increments',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // Bodies arrive as base64. As text, every byte that is not UTF-8 would become U+FFFD, and two counters
      // one. Answers are unaffected: they are text unless the function says `isBase64Encoded`.
      binaryMediaTypes: ['*/*'],
      // The authorizer returns the API key of a token's principal; an API key in a request is ignored.
      apiKeySourceType: apigateway.ApiKeySourceType.AUTHORIZER,
      cloudWatchRole: true,
      deployOptions: {
        stageName: settings.stage,
        tracingEnabled: true,
        ...methodOptions(settings, 1),
        methodOptions: readMethods(settings),
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        accessLogFormat: apigateway.AccessLogFormat.custom(accessLogFormat(settings)),
      },
    });
    this.#keepExecutionLogs(settings, encryptionKey);
    addGatewayResponses(this.api, settings);
    this.#authorizer = authorizerOf(this, settings, functions);
    this.usagePlan = this.api.addUsagePlan('UsagePlan', {
      name: `adtally-${settings.stage}-tokens`,
      description: 'The rate limit of each API token',
      throttle: { rateLimit: settings.tokens.rate.ratePerSecond, burstLimit: settings.tokens.rate.burst },
      apiStages: [{ stage: this.api.deploymentStage }],
    });
    this.#addRoutes(settings, functions);
    if (settings.cloud.webAcl && !settings.cloud.edge)
      addWebAcl(this, settings, this.api.deploymentStage.stageArn);
    if (settings.cloud.traces) this.#sampleTraces(settings.stage, settings.cloud.traces);
  }

  /** API Gateway would make this group itself at its first error, for ever and outside of the stack. */
  #keepExecutionLogs(settings: StageSettings, encryptionKey: kms.IKey | undefined): void {
    const group = new logs.LogGroup(this, 'ExecutionLogs', {
      logGroupName: `API-Gateway-Execution-Logs_${this.api.restApiId}/${settings.stage}`,
      retention: logRetention(settings),
      ...(encryptionKey && { encryptionKey }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api.deploymentStage.node.addDependency(group);
  }

  #addRoutes(settings: StageSettings, functions: ReadonlyMap<FunctionName, PipelineFunction>): void {
    const integrations = new Map(
      [...functions].map(([name, { target }]) => [
        name,
        new apigateway.LambdaIntegration(target, { scopePermissionToMethod: false }),
      ]),
    );
    const add = (path: string, method: string, name: FunctionName, route?: Route): void => {
      const resource = path === '/' ? this.api.root : this.api.root.resourceForPath(path);
      const guarded = route !== undefined && needsToken(route.scope, settings);
      resource.addMethod(
        method,
        integrations.get(name),
        guarded
          ? { authorizer: this.#authorizer, apiKeyRequired: true }
          : { authorizationType: apigateway.AuthorizationType.NONE },
      );
    };
    for (const route of routes) {
      add(route.path, route.method, route.functionName, route);
      if (route.method === 'GET') add(route.path, 'HEAD', route.functionName, route);
    }
    for (const path of new Set([...routes.map((route) => route.path), '/', '/{proxy+}'])) {
      add(path, 'ANY', 'describe-api');
    }
  }

  /**
   * Functions follow the sampling decision of the API; consumers have Lambda's own sampling, which is fixed.
   */
  #sampleTraces(stage: StageName, { perSecond, share }: NonNullable<CloudSettings['traces']>): void {
    const name = `adtally-${stage}`;
    new xray.CfnSamplingRule(this, 'Traces', {
      samplingRule: {
        ruleName: name,
        serviceName: `${name}/${stage}`,
        serviceType: 'AWS::ApiGateway::Stage',
        reservoirSize: perSecond,
        fixedRate: share,
        // The account's default rule comes last, at 10,000.
        priority: 1000,
        version: 1,
        ...{ host: '*', httpMethod: '*', urlPath: '*', resourceArn: '*' },
      },
    });
  }
}

/** `share`: of the stage's rate. */
function methodOptions(
  { cloud: { detailedMetrics, throttle } }: StageSettings,
  share: number,
): apigateway.MethodDeploymentOptions {
  return {
    metricsEnabled: detailedMetrics,
    // No data traces: bodies and keys are user data.
    loggingLevel: apigateway.MethodLoggingLevel.ERROR,
    dataTraceEnabled: false,
    throttlingRateLimit: Math.floor(throttle.ratePerSecond * share),
    throttlingBurstLimit: Math.floor(throttle.burst * share),
  };
}

/** The options of a method replace those of the stage, so they are complete. */
function readMethods(settings: StageSettings): Record<string, apigateway.MethodDeploymentOptions> {
  const options = methodOptions(settings, settings.cloud.readShare);
  const reads = routes.filter(({ method }) => method === 'GET');
  return Object.fromEntries(
    reads.flatMap(({ path }) => ['GET', 'HEAD'].map((method) => [`${path}/${method}`, options])),
  );
}

/** A call without the header gets 401 before the function runs. */
function authorizerOf(
  scope: Construct,
  settings: StageSettings,
  functions: ReadonlyMap<FunctionName, PipelineFunction>,
): apigateway.IAuthorizer {
  const found = functions.get('authorize-request');
  if (found === undefined) throw new Error('no function authorize-request');
  const common = {
    handler: found.target,
    resultsCacheTtl: Duration.seconds(settings.tokens.cacheSeconds),
  };
  const header = apigateway.IdentitySource.header('Authorization');
  return settings.cloud.refusesMalformedTokens
    ? new apigateway.TokenAuthorizer(scope, 'TokenAuthorizer', {
        ...common,
        identitySource: header,
        validationRegex: bearerForm.source,
      })
    : new apigateway.RequestAuthorizer(scope, 'Authorizer', { ...common, identitySources: [header] });
}
