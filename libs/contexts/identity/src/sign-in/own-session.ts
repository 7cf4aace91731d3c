import { createHash, randomBytes } from 'node:crypto';
import { ACCOUNT_CLIENT, SIGNED_IN } from '../oidc/clients.js';
import type { OidcStore } from '../oidc/oidc-store.js';
import type { OpenidProvider } from '../oidc/openid-provider.js';
import { underPublicOrigin } from '../oidc/to-provider.js';
import { ISSUER_PATH } from '../pages/page-paths.js';
import { seeOther, type PageReply, type PageRequest } from './page-request.js';

/** Who is signed in in a browser. */
export interface OwnSession {
  readonly user: string;
  /** As the list of sessions names it. */
  readonly name: string;
}

const RANDOM_BYTES = 32;

/** The provider's session, for the pages of ours on which people look after their own user. */
export class OwnSessions {
  constructor(
    private readonly openid: OpenidProvider,
    private readonly store: OidcStore,
    private readonly publicOrigin: string,
  ) {}

  /** Undefined where nobody is signed in: the browser has been sent to sign in then. */
  async require(request: PageRequest, reply: PageReply): Promise<OwnSession | undefined> {
    const provider = await this.openid.current();
    const raw = underPublicOrigin(request.raw, this.publicOrigin);
    const session = await provider.Session.get(provider.createContext(raw, reply.raw));
    if (session.accountId !== undefined)
      return { user: session.accountId, name: this.store.sessionName(session.jti) };
    seeOther(reply, this.#signInAddress());
    return undefined;
  }

  /**
   * An authorization request of the pages' own client. The session is what they want of it: the code is never redeemed, so its verifier is
   * thrown away.
   */
  #signInAddress(): string {
    const verifier = randomBytes(RANDOM_BYTES).toString('base64url');
    const query = new URLSearchParams({
      client_id: ACCOUNT_CLIENT,
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${this.publicOrigin}${SIGNED_IN}`,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: randomBytes(RANDOM_BYTES).toString('base64url'),
    });
    return `${ISSUER_PATH}/auth?${query.toString()}`;
  }
}
