/**
 * What an Ingress controller does, as far as the chart relies on it: ends TLS, sends each request where the rules of an Ingress say, the longest
 * prefix first, and adds who asked to what the client claims.
 */
import { request as ask } from 'node:http';
import { createServer } from 'node:https';

/** How long a service may take to answer. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * @param ingress as the cluster has it; host names that it does not name lead nowhere
 * @param cookies where every Set-Cookie that passes is put
 */
export function frontDoor(ingress, { key, cert }, cookies) {
  const routes = ingress.spec.rules
    .flatMap(({ host, http }) =>
      http.paths.map(({ path, backend }) => ({ host, path, name: backend.service.name })),
    )
    .toSorted((one, other) => other.path.length - one.path.length);
  return createServer({ key, cert }, (request, response) => {
    const { pathname } = new URL(request.url, 'https://any.example');
    const hostname = request.headers.host?.split(':')[0];
    const route = routes.find(({ host, path }) => host === hostname && isBelow(pathname, path));
    if (!route) {
      response.writeHead(404).end('no rule of the Ingress leads anywhere\n');
      return;
    }
    pass(request, response, route.name, cookies);
  });
}

/** `Prefix` of an Ingress: whole elements of a path. */
function isBelow(pathname, prefix) {
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return `${pathname}/`.startsWith(folder);
}

function pass(request, response, host, cookies) {
  const claimed = request.headers['x-forwarded-for'];
  const seen = request.socket.remoteAddress;
  const headers = {
    ...request.headers,
    'x-forwarded-for': claimed === undefined ? seen : `${claimed}, ${seen}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': request.headers.host,
  };
  const { method, url: path } = request;
  const onward = ask({ host, port: 80, method, path, headers, timeout: ANSWER_WITHIN_MS }, (answer) => {
    cookies.push(...(answer.headers['set-cookie'] ?? []));
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  const nobody = (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(503).end(`${host} does not answer: ${error.message}\n`);
  };
  onward.on('timeout', () => onward.destroy(new Error('no answer in time'))).on('error', nobody);
  request.pipe(onward);
}
