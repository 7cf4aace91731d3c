/** A fact in the past tense: what a decider returns and a projection folds. `type` is `<context>.<noun>.<verb>`. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** Who caused an event: a person, an ERP agent, or a service acting by itself. Written as `user:…`, `agent:…`, `service:…`. */
export type Actor = `${'user' | 'agent' | 'service'}:${string}`;

/** What is known about an event besides its data. */
export interface EventMeta {
  /** UUIDv7. */
  readonly id: string;
  /** The stream, e.g. `contacts.customer/<company>/<number>`. */
  readonly stream: string;
  /** Counts from 1 in its stream, without holes. */
  readonly version: number;
  /** Record key on the log: the company's id, or the user's where no company is concerned. */
  readonly key: string;
  /** When it happened, RFC 3339 in UTC. */
  readonly time: string;
  readonly actor: Actor;
  /** The same for everything that followed from one request. */
  readonly correlationId: string;
  /** The id of the request or event that caused this one. */
  readonly causationId: string;
  /** W3C trace context of the request, when it was traced. */
  readonly traceparent?: string;
}

/** An event as it was stored: the fact and what is known about it. */
export type Recorded<Event extends DomainEvent = DomainEvent> = Event & { readonly meta: EventMeta };
