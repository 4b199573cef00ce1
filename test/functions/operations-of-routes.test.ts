import { expect, it } from '@jest/globals';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { routes } from '../../lib/api/routes.ts';
import { toEvent } from '../support/proxy-event.ts';
import { createHttpWorld } from '../support/http-world.ts';

const world = createHttpWorld();

it.each(routes.map((route) => [route.operationId, route] as const))(
  'the function of %s has its operation',
  async (_name, { method, path, functionName }) => {
    const target = path.replace('{id}', '01a0c8f2-5a00-7f6e-9d4c-2b1f3c5d7e90').replace('{key}', 'k');
    const { statusCode } = await world.functions[functionName](toEvent({ method, path: target }));
    expect([405, 501]).not.toContain(statusCode);
  },
);

it('a call without an operation is not said to be another method', () => {
  expect(unroutedAnswer({ httpMethod: 'GET', resource: '/health' }).statusCode).toBe(501);
});
