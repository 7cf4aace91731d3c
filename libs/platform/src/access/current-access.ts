import { requestContext, type RequestContext } from '../http/request-context.js';
import type { Access } from './access.js';
import type { KnownCaller } from './actors.js';

const callers = new WeakMap<RequestContext, KnownCaller>();
const accesses = new WeakMap<RequestContext, Access>();

export function rememberCaller(request: RequestContext, caller: KnownCaller): void {
  callers.set(request, caller);
}

export function rememberAccess(request: RequestContext, access: Access): void {
  accesses.set(request, access);
}

/** Who has signed in for this request; undefined where nobody has. @throws Error outside a request */
export function currentCaller(): KnownCaller | undefined {
  return callers.get(requestContext());
}

/**
 * What the caller of this request may do, for routes that show each caller something else; undefined where there is no sign-in, and
 * everyone may see everything. @throws Error outside a request
 */
export function currentAccess(): Access | undefined {
  return accesses.get(requestContext());
}
