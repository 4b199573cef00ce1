/** Tries before a test gives up waiting: with the pause below at least a minute. */
const triesMax = 3000;
const pauseMs = 20;

/** Asks again until there is an answer; an adapter may be a network away and its reads may lag behind. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < triesMax; attempt += 1) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`never came: ${what}`);
}
