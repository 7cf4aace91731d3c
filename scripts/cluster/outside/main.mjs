/**
 * Runs in a pod that stands for the world outside the cluster: the Ingress controller's part (port 8443), a mail server (1025), and a person at
 * a browser, who does what is asked at port 8081 of the pod itself.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';

import { frontDoor } from './front-door.mjs';
import { SmtpReceiver } from './mail/smtp-receiver.js';
import { confirmDevice } from './operator-in-browser.mjs';

const HTTPS_PORT = 8443;
const MAIL_PORT = 1025;
const PERSON_PORT = 8081;

const mails = await SmtpReceiver.start();
const mailPort = Number(new URL(mails.url).port);
createServer((socket) => {
  const onward = connect(mailPort, '127.0.0.1');
  const end = () => {
    socket.destroy();
    onward.destroy();
  };
  socket.on('error', end).pipe(onward);
  onward.on('error', end).pipe(socket);
}).listen(MAIL_PORT);

const ingress = JSON.parse(readFileSync(new URL('ingress.json', import.meta.url), 'utf8'));
const [cert, key] = ['crt', 'key'].map((end) => readFileSync(`/etc/tls/tls.${end}`));
const cookies = [];
frontDoor(ingress, { cert, key }, cookies).listen(HTTPS_PORT);

createHttpServer(async (request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  try {
    const seen = await confirmDevice(searchParams.get('email'), searchParams.get('address'), mails);
    requireSecure(cookies);
    response.end(seen);
  } catch (error) {
    response.writeHead(500).end(error.stack);
  }
}).listen(PERSON_PORT, '127.0.0.1', () => console.log('ready'));

/** Behind something that ends TLS, only the public origin says that there is any. */
function requireSecure(cookies) {
  const open = cookies
    .filter((cookie) => !/;\s*secure\b/i.test(cookie))
    .map((cookie) => cookie.split('=')[0]);
  if (cookies.length === 0 || open.length > 0)
    throw new Error(`of ${cookies.length} cookies these are not Secure: ${open.join()}`);
}
