/** What a browser does: cookies, redirects, forms. */
export class Browser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>();

  constructor(readonly origin: string) {}

  /** Follows redirects within the origin; one that leads elsewhere, or to `stopAt`, is where it ends. */
  async open(address: string, form?: Readonly<Record<string, string>>, stopAt = '\0'): Promise<Shown> {
    let url = new URL(address, this.origin);
    let body = form && new URLSearchParams(form);
    for (let hop = 0; hop < 15; hop += 1) {
      const response = await fetch(url, {
        method: body ? 'POST' : 'GET',
        redirect: 'manual',
        headers: {
          cookie: this.#cookiesFor(url.pathname),
          'accept-language': 'en',
          ...(body && { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(body && { body }),
      });
      this.#keep(response.headers.getSetCookie(), url.pathname);
      const location = response.headers.get('location');
      const text = await response.text();
      if (location === null) return new Shown(url, response.status, text, response.headers);
      url = new URL(location, url);
      if (url.origin !== this.origin || url.pathname.startsWith(stopAt))
        return new Shown(url, response.status, '', response.headers);
      body = undefined;
    }
    throw new Error(`too many redirects from ${address}`);
  }

  /** Fills in the form of a page, hidden fields as they are. */
  async send(page: Shown, fields: Readonly<Record<string, string>>, stopAt?: string): Promise<Shown> {
    const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? page.url.href;
    return await this.open(action, { ...page.hidden, ...fields }, stopAt);
  }

  /** The value of a cookie; undefined where there is none of this name. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name)?.value;
  }

  /** As if a page under a path had set it. */
  keepCookie(name: string, value: string, path: string): void {
    this.#cookies.set(name, { value, path });
  }

  #cookiesFor(path: string): string {
    return [...this.#cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  #keep(set: readonly string[], from: string): void {
    for (const line of set) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const attribute = (wanted: string): string | undefined =>
        attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
      const path = attribute('path') ?? from;
      const expires = attribute('expires');
      if (value === '' || (expires !== undefined && Date.parse(expires) < Date.now()))
        this.#cookies.delete(name);
      else this.#cookies.set(name, { value, path });
    }
  }
}

/** Where a browser has come to, and what it shows. */
export class Shown {
  constructor(
    readonly url: URL,
    readonly status: number,
    readonly text: string,
    readonly headers: Headers,
  ) {}

  get title(): string {
    return /<h1>([^<]*)<\/h1>/.exec(this.text)?.[1] ?? '';
  }

  get faults(): string {
    return (
      /<div class="faults"[^>]*>(.*?)<\/div>/s
        .exec(this.text)?.[1]
        ?.replaceAll(/<[^>]+>/g, ' ')
        .trim() ?? ''
    );
  }

  get hidden(): Readonly<Record<string, string>> {
    const found = this.text.matchAll(/<input\s+type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"/g);
    return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
  }
}
