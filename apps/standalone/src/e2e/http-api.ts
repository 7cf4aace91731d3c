import type { z } from 'zod';

/** What came back, whatever it was. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Nobody waits longer for an answer; a request to a process that was killed ends at once. */
const TIMEOUT_MS = 60_000;

/** The public HTTP API as any client would use it, of services that may be started again under other addresses. */
export class HttpApi {
  /**
   * @param addressOf where the service of a context (`identity`, `contacts`) is now
   * @param token of whoever calls; nobody has signed in without
   * @param heard is told every answer
   */
  constructor(
    private readonly addressOf: (context: string) => string,
    private readonly token?: string,
    private readonly heard: (answer: Answer) => void = () => undefined,
  ) {}

  /** The same API, as somebody calls it who has signed in. */
  as(token: string): HttpApi {
    return new HttpApi(this.addressOf, token, this.heard);
  }

  /** A call whose answer may also be a refusal. @throws when there is no answer */
  async call(
    method: Method,
    path: string,
    sent?: { readonly type: string; readonly content: string },
  ): Promise<Answer> {
    const [, , context = ''] = path.split('/');
    const response = await fetch(`${this.addressOf(context)}${path}`, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(sent && { body: sent.content }),
      headers: {
        ...(sent && { 'content-type': sent.type }),
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
      },
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    const answer = { status: response.status, text, body };
    this.heard(answer);
    return answer;
  }

  async callJson(method: Method, path: string, content?: unknown): Promise<Answer> {
    return await this.call(
      method,
      path,
      content === undefined ? undefined : { type: 'application/json', content: JSON.stringify(content) },
    );
  }

  /** @throws Error with what was answered where it is a refusal */
  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return read(await this.call('GET', path), schema);
  }
}

/** The body of an answer that is expected to be good. @throws Error with what was answered instead */
export function read<Schema extends z.ZodType>(
  { status, text, body }: Answer,
  schema: Schema,
): z.output<Schema> {
  if (status < 200 || status > 299) throw new Error(`answered ${status}: ${text}`);
  return schema.parse(body);
}
