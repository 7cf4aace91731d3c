import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { EXIT, Stop } from './exit-codes.js';
import type { ServiceAddress } from './service-addresses.js';
import type { Credentials } from './sign-in/credentials.js';

/** A status with hashes of all rows may take a while; nobody waits longer for an answer. */
const TIMEOUT_MS = 120_000;
/** Nobody has signed in, or not any more. */
const UNAUTHORIZED = 401;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const problem = z.object({
  code: z.string(),
  detail: z.string(),
  faults: z.array(z.object({ pointer: z.string(), detail: z.string() })).default([]),
  correlationId: z.string().optional(),
});

/** A service has understood and does not do it. */
export class Refused extends Stop {
  constructor(
    readonly service: string,
    readonly code: string,
    readonly status: number,
    detail: string,
  ) {
    super(EXIT.refused, detail);
  }
}

/** An answer of a service, as it came and as it was understood. */
export interface Answer<T> {
  readonly raw: unknown;
  readonly value: T;
}

/** The operations API of one service, and what it answers about people. */
export class ServiceClient {
  /** @param credentials of whoever asks */
  constructor(
    readonly address: ServiceAddress,
    private readonly credentials: Credentials,
  ) {}

  get service(): string {
    return this.address.service;
  }

  /**
   * @param path below `/api/<service>/v1/operations/`
   * @throws Refused; Stop where the service cannot be reached or cannot be understood
   */
  async call<Schema extends z.ZodType>(
    method: Method,
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<Answer<z.output<Schema>>> {
    return await this.#call(method, `operations/${path}`, schema, body);
  }

  /**
   * @param path below `/api/<service>/v1/companies/<company>/`
   * @throws Refused; Stop where the service cannot be reached or cannot be understood
   */
  async ofCompany<Schema extends z.ZodType>(
    company: string,
    path: string,
    schema: Schema,
    body: unknown,
  ): Promise<Answer<z.output<Schema>>> {
    return await this.#call('POST', `companies/${company}/${path}`, schema, body);
  }

  /**
   * What belongs to no company: users, and who looks after the services.
   * @param path below `/api/<service>/v1/`
   * @throws as {@link call}
   */
  async ofPlatform<Schema extends z.ZodType>(
    method: Method,
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<Answer<z.output<Schema>>> {
    return await this.#call(method, path, schema, body);
  }

  async #call<Schema extends z.ZodType>(
    method: Method,
    path: string,
    schema: Schema,
    body: unknown,
  ): Promise<Answer<z.output<Schema>>> {
    const response = await this.#send(method, path, body, AbortSignal.timeout(TIMEOUT_MS));
    const text = await response.text().catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    if (!response.ok) throw this.#refusal(response.status, text);
    const raw = parseJson(text);
    const parsed = schema.safeParse(raw);
    if (parsed.success) return { raw, value: parsed.data };
    throw this.#notUnderstood(parsed.error);
  }

  /** The bytes of an answer as they come. */
  async download(path: string): Promise<Readable> {
    const response = await this.#send('GET', `operations/${path}`, undefined, undefined);
    if (!response.ok) throw this.#refusal(response.status, await response.text());
    return response.body ? Readable.fromWeb(response.body) : Readable.from([]);
  }

  /**
   * The lines of an answer of newline-delimited JSON, as they come. Who does not read on breaks it off.
   * @throws as {@link call}
   */
  async *lines<Schema extends z.ZodType>(
    method: Method,
    path: string,
    schema: Schema,
    body?: unknown,
  ): AsyncGenerator<z.output<Schema>> {
    const response = await this.#send(method, `operations/${path}`, body, undefined);
    if (!response.ok) throw this.#refusal(response.status, await response.text());
    if (!response.body) return;
    const input = Readable.fromWeb(response.body);
    try {
      for await (const line of createInterface({ input })) yield schema.parse(parseJson(line));
    } catch (error) {
      if (error instanceof z.ZodError) throw this.#notUnderstood(error);
      throw this.#unreachable(error);
    } finally {
      input.destroy();
    }
  }

  async #send(
    method: Method,
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const url = `${this.address.url}/api/${this.service}/v1/${path}`;
    const token = await this.credentials.tokenFor(this.address.url);
    try {
      return await fetch(url, {
        method,
        ...(signal && { signal }),
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #notUnderstood(error: z.ZodError): Stop {
    return new Stop(
      EXIT.unreachable,
      `${this.service} at ${this.address.url} gave an answer that this samspill does not understand (${z.prettifyError(error).split('\n')[0] ?? ''}). Use the samspill of the same version as the service.`,
    );
  }

  #unreachable(error: unknown): Stop {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    return new Stop(
      EXIT.unreachable,
      `${this.service} cannot be reached at ${this.address.url} (${reason}). See whether it runs, or say where it is with --url or SAMSPILL_OPERATOR_URLS.`,
    );
  }

  #refusal(status: number, text: string): Stop {
    const parsed = problem.safeParse(parseJson(text));
    if (!parsed.success) {
      return new Stop(
        EXIT.unreachable,
        `What answers at ${this.address.url} is not ${this.service}: it said ${status} without a reason. See --url and SAMSPILL_OPERATOR_URLS.`,
      );
    }
    const { code, detail, faults, correlationId } = parsed.data;
    const lines = faults.map((fault) => `  ${fault.pointer}: ${fault.detail}`);
    const advice = status === UNAUTHORIZED ? ` ${this.credentials.advice}` : '';
    const trace = status >= 500 && correlationId !== undefined ? ` Correlation id ${correlationId}.` : '';
    return new Refused(
      this.service,
      code,
      status,
      [`${this.service}: ${detail}${advice}${trace}`, ...lines].join('\n'),
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
