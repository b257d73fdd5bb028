/**
 * Login by OPAQUE (RFC 9807): the server never sees the password, nor anything that could be guessed at. ristretto255-SHA512, 3DH;
 * the key stretching, Argon2id with 64 MiB and three passes, runs here. Identifiers: the account's id and the server's host.
 */
import { client, ready } from '@serenity-kit/opaque';
import { opaque, type ApiAccount, type Device } from '../api/members.ts';
import { invitations } from '../api/people.ts';
import { ApiProblem } from '../api/port.ts';

const STRETCHING = { 'argon2id-custom': { memory: 64 * 1024, iterations: 3, parallelism: 1 } };

export async function login(email: string, password: string, device: Device): Promise<ApiAccount> {
  await ready;
  const { clientLoginState, startLoginRequest } = client.startLogin({ password });
  const started = await opaque.loginStart(email, startLoginRequest);
  const finished = client.finishLogin({
    clientLoginState, loginResponse: started.response, password, keyStretching: STRETCHING,
    identifiers: { client: started.account, server: started.host },
  });
  // The answer does not fit the password: no such account, or another password. The server has counted the try.
  if (finished === undefined) throw new ApiProblem({ code: 'login_failed', status: 401 });
  return (await opaque.loginFinish(started.login, finished.finishLoginRequest, device)).account;
}

/**
 * Whether this is the login password of that address. Only the client learns it: nothing is finished, so nobody is logged in. The
 * server counts a try, as for every login that is begun.
 */
export async function isLoginPassword(email: string, password: string): Promise<boolean> {
  await ready;
  const { clientLoginState, startLoginRequest } = client.startLogin({ password });
  const started = await opaque.loginStart(email, startLoginRequest);
  const finished = client.finishLogin({
    clientLoginState, loginResponse: started.response, password, keyStretching: STRETCHING,
    identifiers: { client: started.account, server: started.host },
  });
  return finished !== undefined;
}

export async function makeFirst(code: string, email: string, name: string, password: string): Promise<void> {
  await ready;
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password });
  const started = await opaque.firstStart(code, email, name, registrationRequest);
  const { registrationRecord } = client.finishRegistration({
    clientRegistrationState, registrationResponse: started.response, password, keyStretching: STRETCHING,
    identifiers: { client: started.account, server: started.host },
  });
  await opaque.firstFinish(code, registrationRecord);
}

/** The account of an invitation; whatever somebody put on the address before ends with it. */
export async function makeInvited(token: string, name: string, password: string): Promise<void> {
  await ready;
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password });
  const started = await invitations.start(token, registrationRequest);
  const { registrationRecord } = client.finishRegistration({
    clientRegistrationState, registrationResponse: started.response, password, keyStretching: STRETCHING,
    identifiers: { client: started.account, server: started.host },
  });
  await invitations.finish(token, name, registrationRecord);
}
