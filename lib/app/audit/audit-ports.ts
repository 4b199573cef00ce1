import type { LogHistory } from '../../ports/log-history.ts';
import type { Ports } from '../ports.ts';

/** `history`: of `increments`. */
export type ComparePorts = Pick<Ports, 'state' | 'clock'> & { readonly history: LogHistory };
export type AuditPorts = ComparePorts & Pick<Ports, 'telemetry'>;
