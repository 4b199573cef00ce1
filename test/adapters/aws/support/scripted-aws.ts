import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

/** A call as an adapter made it: `PutItem`, and what it asked for. */
export type Asked = readonly [operation: string, input: unknown];

/** What a call gets: an answer, or an error. */
export type Answer = object | Error;

export interface ScriptedAws<Client> {
  readonly client: Client;
  /** In the order in which they were made. */
  readonly asked: Asked[];
  /** The answers in turn, the last one for ever; or a function of the call. */
  answer(...answers: readonly Answer[]): void;
  answerBy(choose: (call: Asked, index: number) => Answer): void;
  readonly clock: VirtualClock;
  readonly ids: { random(): number; nonce(): string };
}

/**
 * A client of an AWS service that records each call as data and answers from a script: what an adapter asks
 * for is compared with what the service takes, without the service. The wire is test/aws's.
 */
export function scriptedAws<Client>(): ScriptedAws<Client> {
  const clock = createVirtualClock({ autoAdvance: true });
  const asked: Asked[] = [];
  let choose: (call: Asked, index: number) => Answer = () => ({});
  let nonces = 0;
  const client = {
    send: (command: { readonly constructor: { readonly name: string }; readonly input: unknown }) => {
      // The SDK's commands are named after their operations.
      const call: Asked = [command.constructor.name.replace(/Command$/, ''), structuredClone(command.input)];
      asked.push(call);
      const answer = choose(call, asked.length - 1);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return {
    client: client as unknown as Client,
    asked,
    answer(...answers) {
      asked.length = 0;
      choose = (_call, index) => answers[Math.min(index, answers.length - 1)] ?? {};
    },
    answerBy(chosen) {
      asked.length = 0;
      choose = chosen;
    },
    clock,
    ids: {
      random: () => 1,
      nonce: () => {
        nonces += 1;
        return `nonce-${nonces}`;
      },
    },
  };
}

/** An error as the SDK throws it for an answer with this status. */
export function serviceError(name: string, status: number, fields: object = {}): Error {
  return Object.assign(new Error(`${name}!`), { name, $metadata: { httpStatusCode: status }, ...fields });
}

export const lostAnswer = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
