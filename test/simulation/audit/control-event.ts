/** The record of ad-events that says what an operator changed. */
export interface ControlEvent {
  readonly id: string;
  readonly version: number;
  readonly by: string;
  readonly at: number;
  readonly content: object;
}

/** undefined: another record. */
export function controlEventOf(data: Uint8Array): ControlEvent | undefined {
  try {
    const event = JSON.parse(Buffer.from(data).toString()) as { readonly type?: unknown } | null;
    return event?.type === 'ControlChanged' ? (event as unknown as ControlEvent) : undefined;
  } catch {
    return undefined;
  }
}
