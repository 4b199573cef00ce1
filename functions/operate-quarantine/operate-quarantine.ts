import { createHttpFunction, type HttpFunction } from '../../lib/api/answer/http-function.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createListQuarantine } from './list-quarantine.ts';
import { createRedriveMany } from './redrive-many.ts';

export type OperateQuarantineDeps = Pick<
  Ports,
  'adEvents' | 'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
>;

/** The quarantine over HTTP. A function of its own, because no other has its rights. */
export function createOperateQuarantine(deps: OperateQuarantineDeps): HttpFunction {
  const listQuarantine = createListQuarantine(deps);
  const redriveMany = createRedriveMany(deps);
  return createHttpFunction(deps, (event) => {
    const { httpMethod: method, resource } = event;
    const reads = method === 'GET' || method === 'HEAD';
    if (reads && resource === '/api/v1/quarantine') return listQuarantine(event);
    if (method === 'POST' && resource === '/api/v1/quarantine/redrive') return redriveMany(event);
    return unroutedAnswer(event);
  });
}
