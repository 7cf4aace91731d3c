import { topics, type LinkPurpose, type UserEvent, type UserLanguage } from '@samspill/contracts';
import { defineReactor, type Delivery } from '@samspill/kernel';
import { userOfStream } from '../user/user-stream.js';

export const SEND_MAIL = 'identity.send-mail';

/**
 * A mail that shall be sent. With a link: to the address that the event names, with the link's name; the secret in it is made when it is
 * sent. A notice goes to the user's address of then, or to the former one where that is what has changed.
 */
export type MailOrder =
  | {
      readonly kind: 'link';
      readonly user: string;
      readonly purpose: LinkPurpose;
      readonly link: string;
      readonly validUntil: string;
      readonly to: string;
      readonly firstName: string;
      readonly language: UserLanguage;
    }
  | {
      readonly kind: 'notice';
      readonly user: string;
      readonly about: NoticeKind;
      /** Where it is not the user's address of now. */
      readonly to?: string;
      readonly at: string;
    };

export type NoticeKind =
  'password-set' | 'email-changed' | 'locked' | 'second-factor-added' | 'second-factor-removed';

/** Mails to users (W25, W27, C23), each once for its event. What is about a person who has been forgotten since is not sent. */
export const sendMail = defineReactor<UserEvent, MailOrder>({
  name: SEND_MAIL,
  topics: [topics.identity],
  reads: [
    'identity.user.link-issued',
    'identity.user.password-set',
    'identity.user.email-changed',
    'identity.user.second-factor-changed',
    'identity.user.locked',
  ],
  begins: 'first-event',
  // Redelivery sends to people again what they have read; they can ask for a new link themselves.
  mayRedeliver: false,
  react(event) {
    const user = userOfStream(event.meta.stream);
    const order = (payload: MailOrder): readonly Delivery<MailOrder>[] => [
      { thing: `mail/${event.meta.id}`, payload },
    ];
    const notice = (about: NoticeKind, to?: string): readonly Delivery<MailOrder>[] =>
      order({ kind: 'notice', user, about, ...(to !== undefined && { to }), at: event.meta.time });
    switch (event.type) {
      case 'identity.user.link-issued': {
        const { email: to, ...rest } = event.data;
        return to === '' ? [] : order({ kind: 'link', user, to, ...rest });
      }
      case 'identity.user.password-set':
        return event.data.how === 'first' ? [] : notice('password-set');
      case 'identity.user.email-changed':
        return event.data.before === '' ? [] : notice('email-changed', event.data.before);
      case 'identity.user.second-factor-changed':
        if (event.data.change === 'used-up' || event.data.factor === 'recovery-codes') return [];
        return notice(event.data.change === 'added' ? 'second-factor-added' : 'second-factor-removed');
      case 'identity.user.locked':
        return notice('locked');
      default:
        return [];
    }
  },
});
