import type { LogHistory } from '../../ports/log-history.ts';
import type { Ports } from '../ports.ts';

/** `history`: of `increments`. */
export type AuditPorts = Pick<Ports, 'state' | 'clock' | 'telemetry'> & { readonly history: LogHistory };
