/** Who is called after each durable append to a log, with the shard. */
export class AppendListeners {
  readonly #listeners = new Set<(shardId: string) => void>();

  /**
   * Returns the function that unsubscribes. A listener that subscribes twice is called twice, and may leave
   * once.
   */
  add(listener: (shardId: string) => void): () => void {
    const subscription = (shardId: string): void => {
      listener(shardId);
    };
    this.#listeners.add(subscription);
    return () => {
      this.#listeners.delete(subscription);
    };
  }

  call(shardId: string): void {
    for (const listener of this.#listeners) listener(shardId);
  }
}
