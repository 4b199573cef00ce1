import type { StageSettings } from '../stages.ts';

const aclRegion = 'us-east-1';

/**
 * Why a stage cannot be deployed to a region; undefined: it can, or the region is not known yet. A web ACL before
 * CloudFront has a region all the same.
 */
export function edgeFaultIn({ stage, cloud }: StageSettings, region: string | undefined): string | undefined {
  const makesAcl = cloud.webAcl && cloud.edge !== undefined && cloud.edge.webAclArn === undefined;
  if (!makesAcl || region === undefined || region === aclRegion) return undefined;
  return `The web ACL of ${stage} is before CloudFront. AWS makes such an ACL in ${aclRegion} alone, not in ${region}: deploy to ${aclRegion}, or make an ACL there and name it in cloud.edge.webAclArn.`;
}
