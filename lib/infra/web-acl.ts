import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { answerSecurity } from '../api/answer/answer-security.ts';
import { problemBody, problemKind } from '../api/answer/problems.ts';
import { rateHeaders } from '../api/answer/refusal-headers.ts';
import type { StageName, StageSettings } from '../stages.ts';
import { addressLimits, addressWindowSeconds, type AddressLimit } from './address-limits.ts';

const bodyKey = 'too-many-requests';

/** A web ACL before the API. */
export function addWebAcl(scope: Construct, settings: StageSettings, stageArn: string): void {
  new wafv2.CfnWebACLAssociation(scope, 'WebAclAssociation', {
    resourceArn: stageArn,
    webAclArn: webAclOf(scope, settings, 'REGIONAL').attrArn,
  });
}

/** The ARN of a web ACL before CloudFront, which sees the callers' addresses. AWS allows it in us-east-1 alone. */
export function webAclAtTheEdge(scope: Construct, settings: StageSettings): string {
  return webAclOf(scope, settings, 'CLOUDFRONT').attrArn;
}

/**
 * Limits the calls of each address, before any token is read. A call over a limit gets the problem
 * `too-many-requests` with `Retry-After`, so that clients wait; WAF's own answer would be a 403. WAF names no
 * media type for problems, so the body goes as `application/json`.
 */
function webAclOf(
  scope: Construct,
  settings: StageSettings,
  where: 'REGIONAL' | 'CLOUDFRONT',
): wafv2.CfnWebACL {
  const visibility = (name: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({
    cloudWatchMetricsEnabled: true,
    metricName: `adtally-${settings.stage}-${name}`,
    sampledRequestsEnabled: false,
  });
  return new wafv2.CfnWebACL(scope, 'WebAcl', {
    scope: where,
    defaultAction: { allow: {} },
    visibilityConfig: visibility('web-acl'),
    customResponseBodies: {
      [bodyKey]: {
        contentType: 'APPLICATION_JSON',
        content: problemBody('too-many-requests', 'The address is over its rate limit.'),
      },
    },
    rules: addressLimits(settings).map((limit, priority) => ({
      name: limit.name,
      priority,
      action: { block: { customResponse: tooManyRequests(settings.stage, limit) } },
      statement: { rateBasedStatement: rateOf(limit) },
      visibilityConfig: visibility(limit.name),
    })),
  });
}

function rateOf({ requestsMax, counts }: AddressLimit): wafv2.CfnWebACL.RateBasedStatementProperty {
  return {
    limit: requestsMax,
    aggregateKeyType: 'IP',
    evaluationWindowSec: addressWindowSeconds,
    ...(counts === 'calls without Authorization' && { scopeDownStatement: withoutAuthorization }),
  };
}

/** A header that is absent or empty: neither has a size above 0. */
const withoutAuthorization: wafv2.CfnWebACL.StatementProperty = {
  notStatement: {
    statement: {
      sizeConstraintStatement: {
        fieldToMatch: { singleHeader: { Name: 'authorization' } },
        comparisonOperator: 'GT',
        size: 0,
        textTransformations: [{ priority: 0, type: 'NONE' }],
      },
    },
  },
};

function tooManyRequests(
  stage: StageName,
  { requestsMax }: AddressLimit,
): wafv2.CfnWebACL.CustomResponseProperty {
  const quota = { calls: requestsMax, windowSeconds: addressWindowSeconds };
  const headers = {
    ...rateHeaders(quota, addressWindowSeconds, 'address'),
    'Cache-Control': 'no-store',
    ...answerSecurity(stage),
  };
  return {
    responseCode: problemKind('too-many-requests').status,
    customResponseBodyKey: bodyKey,
    responseHeaders: Object.entries(headers).map(([name, value]) => ({ name, value })),
  };
}
