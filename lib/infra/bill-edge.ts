import type { StageSettings } from '../stages.ts';
import { gb, tiered, type BillRow } from './bill-row.ts';
import { edgePlans, edgeTiers, listPrices as price, type EdgePlan, type Tier } from './list-prices.ts';
import { assumed, secondsPerMonth, type Load, type Traffic } from './load.ts';

/** The bill of CloudFront, by use or by a flat-rate plan. */
export function edgeRows(settings: StageSettings, load: Load, traffic: Traffic): BillRow[] {
  const { edge } = settings.cloud;
  if (edge === undefined) return [];
  const { callersCalls, incrementCalls, shielded } = traffic;
  const millions = (callersCalls * secondsPerMonth + load.ads) / 1e6;
  const pages = load.queriesPerSecond * secondsPerMonth;
  const answers = pages * assumed.edgePageBytes + (millions * 1e6 - pages) * assumed.answerBytes;
  const sent = (incrementCalls * secondsPerMonth + load.ads) * assumed.callBytes;
  const row = (item: string, quantity: number, unit: string, dollars: number): BillRow => ({
    ...{ service: 'CloudFront', item, quantity, unit, dollars, fixed: false },
  });
  const { plan } = load;
  const level = plan && levelOf(plan, millions);
  return [
    ...(level === undefined
      ? [
          row('calls', millions, 'million', millions * price.edgeRequestsPerMillion),
          row('answers', answers / gb, 'GB', tiered(edgeTiers, answers / gb)),
          row('sent to the API', sent / gb, 'GB', (sent / gb) * price.edgeToOriginGb),
        ]
      : [
          {
            ...row(`plan ${plan ?? ''}, up to ${level.upTo} million calls`, 1, 'plan', level.price),
            fixed: true,
          },
        ]),
    row(
      'calls through the origin shield',
      (shielded * secondsPerMonth) / 1e6,
      'million',
      ((shielded * secondsPerMonth) / 1e6) * price.edgeShieldPerMillion,
    ),
    {
      ...{ service: 'Secrets Manager', item: 'what CloudFront says to the API', quantity: 1, unit: 'secret' },
      ...{ dollars: price.secretMonth, fixed: true },
    },
  ];
}

/** Calls, traffic and web ACL are in the price of a plan. */
export function isPlanned({ cloud }: StageSettings, { plan }: Load): boolean {
  return cloud.edge !== undefined && plan !== undefined;
}

/** The level of a plan for so many calls; the largest if none has as many. */
export function levelOf(plan: EdgePlan, millions: number): Tier | undefined {
  const levels: readonly Tier[] = edgePlans[plan];
  return levels.find(({ upTo }) => millions <= upTo) ?? levels.at(-1);
}
