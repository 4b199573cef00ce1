import type { Defect } from '../defect.ts';

const choose = 'lib/core/delivery/choose.ts';
const draw = 'lib/core/delivery/draw.ts';
const tickets = 'lib/core/ads/catalog/tickets.ts';
const groups = 'lib/core/ads/catalog/weight-groups.ts';

/** The lottery of a decision: unfair shares, ads that should have lost, and ads that are gone. */
export const choosingDefects: readonly Defect[] = [
  {
    name: 'draw-by-remainder',
    file: draw,
    find: `      const number = this.#next() >>> surplusBits;`,
    replace: `      const number = surplusBits < 32 ? (this.#next() >>> 0) % n : 0;`,
    breaks:
      'Small tickets are drawn more often, so ads of small weights and early ends get more than their share.',
  },
  {
    name: 'barred-rows-stay-after-many-draws',
    file: choose,
    find: `  if (tickets.left > 0) tickets.takeWhere((row) => barred.has(row));`,
    replace: ``,
    breaks: 'If nearly all tickets are of an excluded campaign, an ad of it is chosen after 16 draws.',
  },
  {
    name: 'campaign-chosen-twice',
    file: choose,
    find: `    if (winners.length < wanted) choosing.show(row);`,
    replace: ``,
    breaks: 'One answer has two ads of a campaign.',
  },
  {
    name: 'groups-not-carried-along',
    file: 'lib/core/ads/catalog/catalog.ts',
    find: `    next.#groups = this.#groups?.change(shownByEnd);`,
    replace: `    next.#groups = this.#groups;`,
    breaks: 'A container that has made a decision goes on choosing ads that were paused, changed or deleted.',
  },
  {
    name: 'ended-ads-keep-their-tickets',
    file: groups,
    find: `    this.#untilMs = this.byEnd.at(first)?.endAt ?? Infinity;`,
    replace: `    this.#untilMs = Infinity;`,
    breaks: 'Ads that end while a container runs are chosen until something in their group changes.',
  },
  {
    name: 'words-of-an-earlier-lottery-are-read',
    file: tickets,
    find: `      const fromWord = end + Math.floor(firstRow / wordRows);`,
    replace: `      const fromWord = end;`,
    breaks:
      'Once 32 ads of a group have ended, a decision may choose an ended ad that an earlier one had found.',
  },
  {
    name: 'two-lotteries-share-their-words',
    file: tickets,
    find: `    spare.words = undefined;`,
    replace: ``,
    breaks: 'Of two decisions under way, one chooses among the matches of the other.',
  },
  {
    name: 'fewer-ads-before-than-wanted-explained-as-enough',
    file: 'lib/core/delivery/explain-decision.ts',
    find: `    if (chosenOf(higher) >= adsWanted(request)) return 'higher_priority';`,
    replace: `    if (higher.length >= adsWanted(request)) return 'higher_priority';`,
    breaks:
      'With several ads of one campaign at a higher priority, an explanation calls an ad excluded that is chosen.',
  },
];
