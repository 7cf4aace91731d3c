import { userEvents, type UserEvent } from '@samspill/contracts';
import { isUuid, parseStream, streamName, type DomainEvent } from '@samspill/kernel';

const TYPES: ReadonlySet<string> = new Set(userEvents.map((event) => event.type));

export function userStream(user: string): string {
  return streamName('identity.user', user);
}

/** The user that a stream is about. */
export function userOfStream(stream: string): string {
  return parseStream(stream).parts[0] ?? '';
}

export function isUserId(text: string): boolean {
  return isUuid(text);
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isUserEvent<Event extends DomainEvent>(event: Event): event is Event & UserEvent {
  return TYPES.has(event.type);
}
