import { EXIT, Stop } from '../exit-codes.js';
import { TOKEN_VARIABLE } from '../service-addresses.js';
import type { Changed, KeptSignIns, SignIn } from './kept-sign-ins.js';
import { SignInProvider } from './provider.js';

/** A token that ends sooner is not shown any more: it could end on the way. */
const SPARE_MS = 30_000;

/** Shows services who asks. */
export interface Credentials {
  /** An access token for the service at an address; undefined where there is none for it. @throws Stop where it has ended */
  tokenFor(service: string): Promise<string | undefined>;
  /** What to do where a service does not accept it. */
  readonly advice: string;
}

/** What was given in the environment: for scripts, and the break-glass credential. */
export function givenToken(token: string): Credentials {
  return {
    tokenFor: () => Promise.resolve(token),
    advice: `What ${TOKEN_VARIABLE} holds is not accepted there (any more).`,
  };
}

/** Tokens of `samspill login`, made new before they end. */
export class KeptCredentials implements Credentials {
  readonly advice: string;
  #refreshing: Promise<string> | undefined;

  /** @param addressing as hints of the command line repeat it */
  constructor(
    private readonly kept: KeptSignIns,
    private readonly addressing: string,
  ) {
    this.advice = `Sign in: samspill login${addressing}.`;
  }

  async tokenFor(service: string): Promise<string | undefined> {
    const signIn = await this.kept.of(service);
    if (!signIn) return undefined;
    if (isFresh(signIn)) return signIn.accessToken;
    this.#refreshing ??= this.#refresh(signIn.issuer).finally(() => (this.#refreshing = undefined));
    return await this.#refreshing;
  }

  async #refresh(issuer: string): Promise<string> {
    const token = await this.kept.change((signIns) => refreshed(signIns, issuer));
    if (token !== undefined) return token;
    throw new Stop(
      EXIT.refused,
      `Your sign-in at ${issuer} has ended. Sign in again: samspill login${this.addressing}.`,
    );
  }
}

async function refreshed(signIns: readonly SignIn[], issuer: string): Promise<Changed<string | undefined>> {
  const signIn = signIns.find((one) => one.issuer === issuer);
  if (!signIn) return { signIns, result: undefined };
  // Another process may have done it while this one waited.
  if (isFresh(signIn)) return { signIns, result: signIn.accessToken };
  const others = signIns.filter((one) => one !== signIn);
  const tokens = await (await SignInProvider.of(issuer)).refreshed(signIn.refreshToken);
  if (tokens === 'ended') return { signIns: others, result: undefined };
  return { signIns: [...others, { ...signIn, ...tokens }], result: tokens.accessToken };
}

function isFresh({ accessTokenEndsAt }: SignIn): boolean {
  return Date.parse(accessTokenEndsAt) - Date.now() > SPARE_MS;
}
