import { isRejection, type Rejection } from '@samspill/kernel';

/** A decider's refusal on its way to the caller, who gets it as problem+json. Controllers throw it; nothing else does. */
export class RejectionError extends Error {
  override readonly name = 'RejectionError';

  constructor(readonly rejection: Rejection) {
    super(`${rejection.code}: ${rejection.detail}`);
  }
}

/** The outcome of a command, unless it is a refusal. @throws RejectionError for a refusal */
export function accepted<Outcome>(outcome: Outcome): Exclude<Outcome, Rejection> {
  if (isRejection(outcome)) throw new RejectionError(outcome);
  return withoutRejection(outcome);
}

function withoutRejection<Outcome>(outcome: Outcome): Exclude<Outcome, Rejection>;
function withoutRejection(outcome: unknown): unknown {
  return outcome;
}
