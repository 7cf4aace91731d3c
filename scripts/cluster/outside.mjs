/** The world outside the cluster, in a pod that the release knows nothing of: what its files (outside/) say. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './cluster.mjs';
import { kubectl, NAMESPACE } from './pods.mjs';

const root = join(import.meta.dirname, '..', '..');
const NAME = 'outside';
const HTTPS_PORT = 8443;
const MAIL_PORT = 1025;
const CERTIFICATE_DAYS = '2';
const READY_MS = 120_000;

export const HOST = `${NAME}.${NAMESPACE}.svc`;
export const ORIGIN = `https://${HOST}:${HTTPS_PORT}`;
export const SMTP_URL = `smtp://${NAME}:${MAIL_PORT}`;
/** Secret with the certificate of the Ingress's host, and the one with the authority that it is trusted by. */
export const TLS_SECRET = `${NAME}-tls`;
export const CA_SECRET = `${NAME}-ca`;

/** With the secrets samspill-break-glass and samspill-mail, as `--set` takes them. */
export const SIGN_IN_VALUES = [
  `withoutSignIn=refused,signIn.publicOrigin=${ORIGIN},signIn.proxies=1,signIn.caSecret=${CA_SECRET}`,
  'signIn.breakGlass.secret=samspill-break-glass',
  `signIn.mail.secret=samspill-mail,signIn.mail.from=no-reply@samspill.example,signIn.mail.port=${MAIL_PORT}`,
  `ingress.enabled=true,ingress.host=${HOST},ingress.tlsSecret=${TLS_SECRET}`,
].join();

/** What the pod runs: by path below its folder, and where it comes from. */
const SCRIPTS = ['main.mjs', 'front-door.mjs', 'operator-in-browser.mjs'];
/** Of the tests' own browser, person and mail server; the image of the operator's pod has none of them. */
const SOURCES = ['sign-in/browser', 'sign-in/person', 'mail/smtp-receiver', 'wait-for'];

/** A certificate that nobody trusts who has not been told to, as one of an authority of a company's own. */
export async function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'samspill-certificate-'));
  const [cert, key] = ['crt', 'key'].map((end) => join(folder, `tls.${end}`));
  try {
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', CERTIFICATE_DAYS, '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`],
      ...['-keyout', key, '-out', cert],
    ]);
    await kubectl('create', 'secret', 'tls', TLS_SECRET, `--cert=${cert}`, `--key=${key}`);
    await kubectl('create', 'secret', 'generic', CA_SECRET, `--from-file=ca.crt=${cert}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts it with the rules of an Ingress as the cluster has it. One that was started before is ended. */
export async function startOutside(image, ingress) {
  await kubectl(...['delete', `pod/${NAME}`, `service/${NAME}`, `configmap/${NAME}`, '--ignore-not-found']);
  const files = { 'ingress.json': await kubectl('get', 'ingress', ingress, '-o', 'json'), ...program() };
  // The keys of a ConfigMap are no paths.
  const items = Object.keys(files).map((path) => ({ key: path.replaceAll('/', '_'), path }));
  const data = Object.fromEntries(items.map(({ key, path }) => [key, files[path]]));
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME }, data },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME },
      spec: {
        selector: { app: NAME },
        ports: [
          { name: 'https', port: HTTPS_PORT },
          { name: 'mail', port: MAIL_PORT },
        ],
      },
    },
    podOf(image, items),
  ];
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await run('kubectl', ['--namespace', NAMESPACE, 'create', '-f', '-'], { input: JSON.stringify(list) });
  await kubectl('wait', '--for=condition=Ready', `pod/${NAME}`, `--timeout=${READY_MS}ms`);
}

/** Has the person there do what it takes to confirm a code. @returns what was seen */
export async function confirmOutside(email, address) {
  const ask = `
    const query = new URLSearchParams({ email: process.argv[1], address: process.argv[2] });
    const response = await fetch('http://127.0.0.1:8081/?' + query);
    console.log(await response.text());
    process.exitCode = response.ok ? 0 : 1;`;
  const said = await kubectl('exec', NAME, '--', 'node', '--input-type=module', '-e', ask, email, address);
  return said.trim();
}

function program() {
  const scripts = SCRIPTS.map((name) => [name, join(import.meta.dirname, 'outside', name)]);
  const otpauth = join(root, 'node_modules', 'otpauth', 'dist', 'otpauth.node.min.mjs');
  return {
    'package.json': JSON.stringify({ type: 'module' }),
    'node_modules/otpauth/package.json': JSON.stringify({ exports: './index.mjs' }),
    'node_modules/otpauth/index.mjs': readFileSync(otpauth, 'utf8'),
    ...Object.fromEntries(scripts.map(([name, path]) => [name, readFileSync(path, 'utf8')])),
    ...Object.fromEntries(SOURCES.map((name) => [`${name}.js`, withoutTypes(name)])),
  };
}

function withoutTypes(name) {
  const source = readFileSync(join(root, 'libs', 'testing', 'src', `${name}.ts`), 'utf8');
  return stripTypeScriptTypes(source, { mode: 'transform' });
}

function podOf(image, items) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, labels: { app: NAME } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      // Not every network leads a pod to itself by way of a Service.
      hostAliases: [{ ip: '127.0.0.1', hostnames: [HOST] }],
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: NAME,
          image,
          command: ['node', '/outside/main.mjs'],
          env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/tls/tls.crt' }],
          readinessProbe: { tcpSocket: { port: HTTPS_PORT }, periodSeconds: 1 },
          resources: { requests: { cpu: '60m', memory: '128Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: [
            { name: 'program', mountPath: '/outside' },
            { name: 'tls', mountPath: '/etc/tls', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'program', configMap: { name: NAME, items } },
        { name: 'tls', secret: { secretName: TLS_SECRET } },
      ],
    },
  };
}
