const CONFLICT = 409;

/** An answer that is not a good one. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  constructor(
    what: string,
    readonly status: number,
    text: string,
  ) {
    super(`${what} was answered ${status}: ${text}`);
  }

  /** Something is so already, or under way. */
  get isConflict(): boolean {
    return this.status === CONFLICT;
  }
}

/** The public HTTP API as any client would use it. */
export class Api {
  constructor(private readonly base: string) {}

  async get<T>(path: string): Promise<T> {
    return await this.#send<T>('GET', path);
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return await this.#send<T>('POST', path, JSON.stringify(body), 'application/json');
  }

  /** Whatever it answers. */
  async call(method: string, path: string, body?: object): Promise<unknown> {
    return body === undefined
      ? await this.#send<unknown>(method, path)
      : await this.#send<unknown>(method, path, JSON.stringify(body), 'application/json');
  }

  async send<T>(path: string, contentType: string, body: string): Promise<T> {
    return await this.#send<T>('POST', path, body, contentType);
  }

  async #send<T>(method: string, path: string, body?: string, contentType?: string): Promise<T> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiRefusal(`${method} ${path}`, response.status, text);
    // The demo and the API are of one version; what does not fit shows as a step that fails.
    return JSON.parse(text) as T;
  }
}
