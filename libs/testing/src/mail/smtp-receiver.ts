import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { waitFor } from '../wait-for.js';

export interface TakenMail {
  readonly to: string;
  readonly subject: string;
  /** Its plain text. */
  readonly text: string;
}

/** A mail server for tests: takes what it is sent over SMTP (RFC 5321), and keeps it. */
export class SmtpReceiver implements AsyncDisposable {
  readonly #mails: TakenMail[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** What services are given as the server's address. */
    readonly url: string,
  ) {}

  static async start(): Promise<SmtpReceiver> {
    const server = createServer((socket) => receiver.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const receiver: SmtpReceiver = new SmtpReceiver(server, `smtp://127.0.0.1:${port}`);
    return receiver;
  }

  /** The newest mail to an address whose subject holds these words, once it has come. */
  async mailTo(to: string, subject: string): Promise<TakenMail> {
    return await waitFor(
      () => this.#mails.findLast((mail) => mail.to === to && mail.subject.includes(subject)),
      { describe: `the mail «${subject}» to ${to}` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
    const say = (line: string): unknown => socket.write(`${line}\r\n`);
    let to = '';
    let message: string[] | undefined;
    say('220 test');
    createInterface({ input: socket }).on('line', (line) => {
      if (message !== undefined) {
        if (line !== '.') {
          // RFC 5321, 4.5.2: a dot at the beginning of a line was doubled.
          message.push(line.startsWith('.') ? line.slice(1) : line);
          return;
        }
        this.#mails.push(mailOf(to, message));
        message = undefined;
        say('250 taken');
        return;
      }
      const command = line.slice(0, 4).toUpperCase();
      if (command === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (command === 'DATA') message = [];
      if (command === 'DATA') say('354 go on');
      else if (command === 'QUIT') socket.end('221 bye\r\n');
      else say('250 ok');
    });
  }
}

function mailOf(to: string, lines: readonly string[]): TakenMail {
  const whole = lines.join('\r\n');
  const { headers, body } = partOf(whole);
  const boundary = /boundary="?([^";\r\n]+)/i.exec(headers)?.[1];
  const parts = boundary === undefined ? [whole] : body.split(`--${boundary}`);
  const plain = parts.map(partOf).find((part) => /content-type: *text\/plain/i.test(part.headers));
  return {
    to,
    subject: /^subject: *(.*)$/im.exec(headers)?.[1] ?? '',
    text: plain === undefined ? '' : decoded(plain.headers, plain.body),
  };
}

function partOf(text: string): { readonly headers: string; readonly body: string } {
  const [headers = '', ...rest] = text.replace(/^\r\n/, '').split('\r\n\r\n');
  return { headers: headers.replaceAll(/\r\n[ \t]+/g, ' '), body: rest.join('\r\n\r\n') };
}

/** RFC 2045, 6.7 and 6.8. */
function decoded(headers: string, body: string): string {
  const encoding = /content-transfer-encoding: *(\S+)/i.exec(headers)?.[1]?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
