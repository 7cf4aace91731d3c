/**
 * Tries sign-in from inside the cluster, over HTTP alone: every service is ready, refuses who has no token, and reaches the issuer's keys to
 * refuse who has a token of nobody; the issuer, where it is ours, says that it is the one that services want.
 */
const DEADLINE_MS = 60_000;
const POLL_MS = 500;
const deadline = Date.now() + DEADLINE_MS;
const urls = Object.fromEntries(process.env.URLS.split(',').map((entry) => entry.split(/=(.*)/s)));
const issuer = process.env.ISSUER;
/** What every service has, and nobody may use without a role. */
const path = (context) => `api/${context}/v1/operations/rebuilds`;
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** In the form of an access token, signed by nobody with a key that nobody knows. */
const ofNobody = [
  part({ alg: 'ES256', typ: 'at+jwt', kid: 'nobody' }),
  part({ iss: issuer, aud: 'urn:samspill', sub: 'nobody', client_id: 'nobody', iat: 0, exp: 600 }),
  Buffer.alloc(64).toString('base64url'),
].join('.');

async function ask(url, token) {
  const response = await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

/** Asks until the answer is as it should be, for as long as pods may take. */
async function expected(what, look, isRight) {
  for (let last; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    try {
      last = await look();
      if (isRight(last)) return;
    } catch (error) {
      last = `${error.message} ${error.cause?.message ?? ''}`;
    }
    if (Date.now() > deadline) throw new Error(`${what}; the answer is ${JSON.stringify(last)}`);
  }
}

for (const [context, url] of Object.entries(urls)) {
  await expected(
    `${context} is not ready`,
    () => ask(`${url}/health/ready`),
    ({ status }) => status === 200,
  );
  await expected(
    `${context} should refuse who has no token`,
    () => ask(`${url}/${path(context)}`),
    ({ status, body }) => status === 401 && body.code === 'access.sign-in-needed',
  );
  await expected(
    `${context} should fetch the issuer's keys, and refuse a token of nobody`,
    () => ask(`${url}/${path(context)}`, ofNobody),
    ({ status, body }) => status === 401 && body.code === 'access.token-invalid',
  );
  console.log(`${context} lets nobody in without a token of ${issuer}`);
}

if ('identity' in urls && issuer.endsWith('/api/identity/oidc')) {
  const openid = `${urls.identity}/api/identity/oidc`;
  await expected(
    `identity should be the issuer ${issuer}`,
    () => ask(`${openid}/.well-known/openid-configuration`),
    ({ status, body }) => status === 200 && body.issuer === issuer,
  );
  await expected(
    'identity should show its keys',
    () => ask(`${openid}/jwks`),
    ({ status, body }) => status === 200 && body.keys?.length > 0,
  );
  console.log('identity signs people in, and shows its keys');
}
