import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { EventLog, Logger } from '@samspill/eventlog';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { HttpProblem } from '../http/http-problem.js';
import { commandContext, requestContext } from '../http/request-context.js';
import type { Access } from './access.js';
import type { Caller } from './access-tokens.js';
import { countedAccess, verdictOf, type Asked } from './allowed.js';
import { currentCaller, rememberAccess } from './current-access.js';
import type { Grants } from './grants.js';
import { inWords, PERMISSIONS, type Permission } from './permission.js';

/** `acr` of a sign-in in which two factors were shown, or a passkey that has looked who uses it. */
export const TWO_FACTORS = 'urn:samspill:acr:two-factors';
/** RFC 6750, 3.1: the token was good, and is so no more. */
const TOKEN_INVALID = 'Bearer error="invalid_token"';
const STEP_UP = `Bearer error="insufficient_user_authentication", acr_values="${TWO_FACTORS}"`;

/** What of a context the guard asks. */
export interface GuardedContext {
  readonly grants: Grants;
  readonly audit: Pick<EventLog['audit'], 'record'>;
}

/** Lets nobody use a route but those whom it names: everything is denied that is not declared. */
export class AccessGuard implements CanActivate {
  readonly #reflector = new Reflector();

  constructor(
    /** By the name that is the second part of their paths, `/api/<name>/…`. */
    private readonly contexts: ReadonlyMap<string, GuardedContext>,
    private readonly logger: Logger,
  ) {}

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const permissions = this.#reflector.getAllAndOverride<readonly Permission[] | undefined>(PERMISSIONS, [
      execution.getHandler(),
      execution.getClass(),
    ]);
    if (permissions?.some(({ kind }) => kind === 'anyone') === true) return true;
    const caller = currentCaller();
    if (!caller)
      throw new HttpProblem(
        401,
        'access.sign-in-needed',
        'Sign in: send an access token as Authorization: Bearer.',
      );
    if (!permissions) throw forbidden('The route is open to nobody.');
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = this.contexts.get(contextName(request));
    if (!context) throw forbidden('The route belongs to no service.');
    if (caller.kind === 'break-glass') return this.#breakGlass(permissions, request, context);
    const access = context.grants.of(caller.id);
    return access instanceof Promise
      ? access.then((known) => decide(permissions, caller, known, execution))
      : decide(permissions, caller, access, execution);
  }

  /** Works for operators, and loudly: in the log of the process, and on record. */
  async #breakGlass(
    permissions: readonly Permission[],
    request: FastifyRequest,
    { audit }: GuardedContext,
  ): Promise<boolean> {
    const path = request.routeOptions.url ?? '';
    if (!permissions.some(({ kind }) => kind === 'operator'))
      throw forbidden('The break-glass credential is for what operators do, and nothing else.');
    this.logger.error('THE BREAK-GLASS CREDENTIAL IS USED', { method: request.method, path });
    try {
      const scope = { method: request.method, path };
      await audit.record({ kind: 'break-glass', step: 'begun', scope }, commandContext());
    } catch (error) {
      // It is for the hour in which other things are broken; the line above has been written.
      this.logger.error('the use of the break-glass credential could not be put on record', { error });
    }
    return true;
  }
}

function decide(
  permissions: readonly Permission[],
  caller: Caller,
  access: Access,
  execution: ExecutionContext,
): boolean {
  const asked = askedOf(execution.switchToHttp().getRequest<FastifyRequest>());
  switch (verdictOf(permissions, caller, access, asked)) {
    case 'allowed':
      rememberAccess(requestContext(), countedAccess(caller, access));
      return true;
    case 'hidden':
      // The same for a company that is not there: nobody learns who is registered.
      throw new HttpProblem(404, 'company.not-found', `There is no company ${asked.company ?? ''}.`);
    case 'second-factor-needed':
      // RFC 9470: signing in again, with what is missing, helps.
      void execution.switchToHttp().getResponse<FastifyReply>().header('www-authenticate', STEP_UP);
      throw new HttpProblem(
        401,
        'access.second-factor-needed',
        'Administrators and operators sign in with a second factor: sign in again, and set one up where there is none.',
      );
    case 'locked':
      void execution.switchToHttp().getResponse<FastifyReply>().header('www-authenticate', TOKEN_INVALID);
      throw new HttpProblem(401, 'access.locked', 'This user is locked. An operator can let them in again.');
    case 'forbidden':
      throw forbidden(`This needs ${permissions.map(inWords).join(', or ')}.`);
  }
}

function forbidden(detail: string): HttpProblem {
  return new HttpProblem(403, 'access.forbidden', detail);
}

function askedOf({ params }: FastifyRequest): Asked {
  if (typeof params !== 'object' || params === null) return {};
  const part = (name: string): string | undefined => {
    const value: unknown = Reflect.get(params, name);
    return typeof value === 'string' ? value : undefined;
  };
  return { company: part('company'), gateway: part('gateway'), user: part('user') };
}

function contextName({ routeOptions }: FastifyRequest): string {
  return routeOptions.url?.split('/')[2] ?? '';
}
