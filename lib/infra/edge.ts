import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { RestApiOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { edgeHeader } from '../api/headers.ts';
import type { EdgeSettings, StageSettings } from '../stages.ts';
import { edgeCaches, type EdgeCache } from './edge-cache.ts';
import type { PipelineApi } from './rest-api.ts';
import { webAclAtTheEdge } from './web-acl.ts';

/** API Gateway answers within 29 s; the edge waits a little longer. */
const originSeconds = 35;

/** Longer than any answer may be kept; the icon, for a day. */
const keptDaysMax = 1;

/** Those of which CloudFront would keep an answer for ten seconds, though it is `no-store`. */
const errorStatuses = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] as const;

/**
 * CloudFront before the API. Calls that change something, and answers to a token, pass it; of the others it keeps
 * what shared caches may keep, for as long as the answer says (edge-cache.ts).
 */
export class Edge extends Construct {
  readonly distribution: cloudfront.Distribution;
  /** In the origin's requests alone, so that the API knows them. */
  readonly secret: secretsmanager.Secret;
  /** Where callers find the stage. */
  readonly url: string;
  /** What names of one's own point to; undefined: the stage has none. */
  readonly cname: string | undefined;

  constructor(scope: Construct, settings: StageSettings, edge: EdgeSettings, { api }: PipelineApi) {
    super(scope, 'Edge');
    const { domain, originShield } = edge;
    this.secret = new secretsmanager.Secret(this, 'OriginSecret', {
      description: `What CloudFront says to the API of adtally-${settings.stage}, and nobody else can`,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const secret = this.secret.secretValue.unsafeUnwrap();
    const behaviour = {
      origin: new RestApiOrigin(api, {
        readTimeout: Duration.seconds(originSeconds),
        // Referer is the only header of a request that a policy of an API can ask for, besides User-Agent.
        customHeaders: { Referer: secret, [edgeHeader]: domain?.names[0] ?? '-' },
        ...(originShield === undefined
          ? { originShieldEnabled: false }
          : { originShieldRegion: originShield }),
      }),
      // As the API does: a token is never sent in the clear, not even to be redirected.
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      // API Gateway knows its APIs by their Host. All other headers pass, Authorization too.
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    };
    const webAclId = settings.cloud.webAcl ? (edge.webAclArn ?? webAclAtTheEdge(this, settings)) : undefined;
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: `adtally-${settings.stage}`,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        ...behaviour,
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        compress: false,
      },
      additionalBehaviors: Object.fromEntries(
        this.#cachePolicies(settings).map(({ path, cachePolicy }) => [path, { ...behaviour, cachePolicy }]),
      ),
      errorResponses: errorStatuses.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...(domain && {
        domainNames: [...domain.names],
        certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
        minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      ...(webAclId !== undefined && { webAclId }),
    });
    this.url = `https://${domain?.names[0] ?? this.distribution.domainName}/`;
    this.cname = domain && this.distribution.domainName;
    if (edge.api !== 'open') closeApi(api, secret);
  }

  /** One for each way to tell calls apart. */
  #cachePolicies(
    settings: StageSettings,
  ): { readonly path: string; readonly cachePolicy: cloudfront.ICachePolicy }[] {
    const policies = new Map<string, cloudfront.ICachePolicy>();
    return edgeCaches(settings).map((cache) => {
      const key = JSON.stringify([cache.query, cache.headers]);
      const cachePolicy = policies.get(key) ?? this.#cachePolicy(`Cache${policies.size + 1}`, cache);
      policies.set(key, cachePolicy);
      return { path: cache.path, cachePolicy };
    });
  }

  #cachePolicy(id: string, { query, headers }: EdgeCache): cloudfront.ICachePolicy {
    return new cloudfront.CachePolicy(this, id, {
      queryStringBehavior:
        query === 'all'
          ? cloudfront.CacheQueryStringBehavior.all()
          : cloudfront.CacheQueryStringBehavior.none(),
      headerBehavior:
        headers.length === 0
          ? cloudfront.CacheHeaderBehavior.none()
          : cloudfront.CacheHeaderBehavior.allowList(...headers),
      cookieBehavior: cloudfront.CacheCookieBehavior.none(),
      // An answer that does not say how long it lives is not kept, and one that says `no-store` is not either.
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.days(keptDaysMax),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    });
  }
}

/** Callers who go around the edge get 403. They would go around the web ACL, too. */
function closeApi(api: PipelineApi['api'], secret: string): void {
  const statement = { principals: [new iam.AnyPrincipal()], actions: ['execute-api:Invoke'] };
  const resources = ['execute-api:/*'];
  api.addToResourcePolicy(new iam.PolicyStatement({ ...statement, resources }));
  api.addToResourcePolicy(
    new iam.PolicyStatement({
      ...statement,
      resources,
      effect: iam.Effect.DENY,
      conditions: { StringNotEquals: { 'aws:Referer': secret } },
    }),
  );
}
