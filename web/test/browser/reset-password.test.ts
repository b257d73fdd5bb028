/** What an administrator is told of a password that was taken away. */
import { expect, test } from 'vitest';
import { ApiProblem } from '../../src/api/port.ts';
import { ResetPasswordFlow } from '../../src/flows/reset-password.svelte.ts';

const EMAIL = 'vera@beispiel.test';

async function after(code: string | undefined, status = 0): Promise<{ at: string; sessions: number; asked: string[] }> {
  const [asked, seen]: [string[], { sessions: number }] = [[], { sessions: 0 }];
  const flow = new ResetPasswordFlow({
    reset: (email) => {
      asked.push(email);
      return code === undefined ? Promise.resolve() : Promise.reject(new ApiProblem({ code, status }));
    },
    onsession: () => { seen.sessions += 1; },
  });
  flow.reset(EMAIL);
  // A second click while the first is under way asks nothing.
  flow.reset(EMAIL);
  await expect.poll(() => flow.state.at).not.toBe('busy');
  return { at: flow.state.at, sessions: seen.sessions, asked };
}

test('done, nobody, no address, away, logged out: each is told apart, and asked once', async () => {
  expect(await after(undefined)).toEqual({ at: 'done', sessions: 0, asked: [EMAIL] });
  expect(await after('not_found', 404)).toEqual({ at: 'nobody', sessions: 0, asked: [EMAIL] });
  expect(await after('invalid', 422)).toEqual({ at: 'refused', sessions: 0, asked: [EMAIL] });
  expect(await after('offline', 0)).toEqual({ at: 'offline', sessions: 0, asked: [EMAIL] });
  expect(await after('busy', 503)).toEqual({ at: 'offline', sessions: 0, asked: [EMAIL] });
  expect(await after('not_logged_in', 401)).toEqual({ at: 'rest', sessions: 1, asked: [EMAIL] });
});
