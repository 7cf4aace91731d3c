import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { anyone, Permissions, TakesForm } from '@samspill/platform';
import { ISSUER_PATH } from '../pages/page-paths.js';
import { SIGN_IN_ORIGIN } from '../sign-in/sign-in.http.js';
import { OpenidProvider } from './openid-provider.js';
import { handToProvider, type RawReply, type RawRequest } from './to-provider.js';

/** The OpenID provider's own routes: `/.well-known/openid-configuration` under this path says which there are. */
@ApiExcludeController()
@Permissions(anyone('the OpenID provider checks clients and people itself'))
@Controller(ISSUER_PATH.slice(1))
export class OidcController {
  constructor(
    @Inject(OpenidProvider) private readonly openid: OpenidProvider,
    @Inject(SIGN_IN_ORIGIN) private readonly publicOrigin: string,
  ) {}

  @All('*')
  @TakesForm('unread')
  async handle(@Req() request: RawRequest, @Res() reply: RawReply): Promise<void> {
    await handToProvider(await this.openid.current(), request, reply, this.publicOrigin);
  }
}
