import type { ExpiryInput } from '../../lib/ports/expiry-schedule.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import type {
  AppendedRecord,
  AppliedWrite,
  Auditor,
  Exchange,
  ItemChange,
  ServedCall,
} from './audit/auditor.ts';
import type { Kernel } from './kernel.ts';

/** Reports each event to the auditors at its instant. A violation that they find ends the seed. */
export class Witness {
  readonly #kernel: Kernel;
  readonly #auditors: readonly Auditor[];

  constructor(kernel: Kernel, auditors: readonly Auditor[]) {
    this.#kernel = kernel;
    this.#auditors = auditors;
  }

  appended(stream: StreamName, record: AppendedRecord): void {
    this.#kernel.tell(
      `${record.containerId ?? 'somebody'} logged ${stream} ${record.shardId.slice(-2)}/${record.sequenceNumber}`,
    );
    this.#each((auditor) => auditor.appended?.(stream, record));
  }

  askedForSchedule(input: ExpiryInput): void {
    this.#each((auditor) => auditor.askedForSchedule?.(input));
  }

  schedulerAnswered(containerId: string, ok: boolean): void {
    this.#each((auditor) => auditor.schedulerAnswered?.(containerId, ok));
  }

  wrote(
    changes: readonly ItemChange[],
    source: { readonly containerId?: string; readonly functionName?: AppliedWrite['functionName'] },
  ): void {
    const atMs = this.#kernel.nowMs();
    const keys = changes.map(({ key }) => `${key.pk}${key.sk === '' ? '' : `/${key.sk}`}`).join(' ');
    this.#kernel.tell(`${source.containerId ?? 'somebody'} wrote ${keys}`);
    this.#each((auditor) =>
      auditor.wrote?.({
        atMs,
        changes,
        ...(source.containerId !== undefined && { containerId: source.containerId }),
        ...(source.functionName !== undefined && { functionName: source.functionName }),
      }),
    );
  }

  served(call: ServedCall): void {
    this.#each((auditor) => auditor.served?.(call));
  }

  exchanged(exchange: Exchange): void {
    const { method, target } = exchange.request;
    const answer = exchange.answer === undefined ? 'no answer' : String(exchange.answer.status);
    this.#kernel.tell(`request ${exchange.id} ${method} ${target}: ${answer}`);
    // Their tokens name the winners, and the decisions: two runs of a seed have the same.
    if (target === '/api/v1/decisions')
      this.#kernel.tell(`chosen ${exchange.answer?.body.match(/"token":"[\w-]+"/g)?.join(' ') ?? 'nobody'}`);
    this.#each((auditor) => auditor.exchanged?.(exchange));
  }

  #each(tell: (auditor: Auditor) => void): void {
    try {
      for (const auditor of this.#auditors) tell(auditor);
    } catch (error) {
      this.#kernel.fail(error);
    }
  }
}
