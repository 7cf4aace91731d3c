import type { LinkPurpose, UserLanguage } from '@samspill/contracts';
import type { NoticeKind } from './send-mail.reactor.js';

/** What a mail says: paragraphs before and after the link, where it has one. */
export interface MailText {
  readonly subject: string;
  readonly before: string;
  readonly click: string;
  readonly after: string;
}

type Texts<Kind extends string> = Readonly<Record<UserLanguage, Readonly<Record<Kind, MailText>>>>;

export const GREETINGS: Readonly<Record<UserLanguage, string>> = { nb: 'Hei', sv: 'Hej', en: 'Hello' };
const CLICK: Readonly<Record<UserLanguage, string>> = { nb: 'Klikk her', sv: 'Klicka här', en: 'Click here' };
const VALID: Readonly<Record<UserLanguage, string>> = {
  nb: 'Lenken virker i 24 timer, og én gang. Har du ikke bedt om den, kan du se bort fra denne e-posten.',
  sv: 'Länken fungerar i 24 timmar, och en gång. Har du inte bett om den kan du bortse från det här mejlet.',
  en: 'The link works for 24 hours, and once. If you did not ask for it, you can ignore this mail.',
};
const NOT_YOU: Readonly<Record<UserLanguage, string>> = {
  nb: 'Var det ikke deg? Be om et nytt passord på innloggingssiden med en gang, og si fra til administratoren din.',
  sv: 'Var det inte du? Be om ett nytt lösenord på inloggningssidan genast, och meddela din administratör.',
  en: 'Was it not you? Ask for a new password on the sign-in page at once, and tell your administrator.',
};

const link = (language: UserLanguage, subject: string, before: string): MailText => {
  return { subject, before, click: CLICK[language], after: VALID[language] };
};
const notice = (language: UserLanguage, subject: string, before: string): MailText => {
  return { subject, before, click: '', after: NOT_YOU[language] };
};

/** W25, W27: what the mails with a link say. */
export const LINK_TEXTS: Texts<LinkPurpose> = {
  nb: {
    activation: link(
      'nb',
      'Aktiver brukeren din i Samspill',
      'Du er registrert som bruker i Samspill. Aktiver brukeren din:',
    ),
    password: link(
      'nb',
      'Velg passordet ditt i Samspill',
      'Her velger du passordet ditt. Det gjelder for alle tjenestene:',
    ),
    email: link(
      'nb',
      'Bekreft den nye e-postadressen din',
      'Du vil bruke denne adressen i Samspill. Bekreft at den er din:',
    ),
  },
  sv: {
    activation: link(
      'sv',
      'Aktivera din användare i Samspill',
      'Du är registrerad som användare i Samspill. Aktivera din användare:',
    ),
    password: link(
      'sv',
      'Välj ditt lösenord i Samspill',
      'Här väljer du ditt lösenord. Det gäller för alla tjänster:',
    ),
    email: link(
      'sv',
      'Bekräfta din nya e-postadress',
      'Du vill använda den här adressen i Samspill. Bekräfta att den är din:',
    ),
  },
  en: {
    activation: link(
      'en',
      'Activate your user in Samspill',
      'You have been registered as a user of Samspill. Activate your user:',
    ),
    password: link(
      'en',
      'Choose your password for Samspill',
      'Here you choose your password. It holds for every service:',
    ),
    email: link(
      'en',
      'Confirm your new e-mail address',
      'You want to use this address in Samspill. Confirm that it is yours:',
    ),
  },
};

export const NOTICE_TEXTS: Texts<NoticeKind> = {
  nb: {
    'password-set': notice('nb', 'Passordet ditt er endret', 'Passordet ditt i Samspill er endret.'),
    'email-changed': notice(
      'nb',
      'E-postadressen din er endret',
      'Brukeren din i Samspill har fått en annen e-postadresse. Denne brukes ikke lenger.',
    ),
    locked: notice(
      'nb',
      'Noen prøver å logge inn som deg',
      'Det er gjort mange forsøk på å logge inn som deg. Innlogging er sperret en stund.',
    ),
    'second-factor-added': notice(
      'nb',
      'Totrinnsbekreftelse er slått på',
      'Innlogging i Samspill krever nå et trinn til.',
    ),
    'second-factor-removed': notice(
      'nb',
      'Totrinnsbekreftelse er slått av',
      'Innlogging i Samspill krever nå bare passordet.',
    ),
  },
  sv: {
    'password-set': notice('sv', 'Ditt lösenord har ändrats', 'Ditt lösenord i Samspill har ändrats.'),
    'email-changed': notice(
      'sv',
      'Din e-postadress har ändrats',
      'Din användare i Samspill har fått en annan e-postadress. Den här används inte längre.',
    ),
    locked: notice(
      'sv',
      'Någon försöker logga in som du',
      'Många försök har gjorts att logga in som du. Inloggningen är spärrad en stund.',
    ),
    'second-factor-added': notice(
      'sv',
      'Tvåstegsverifiering är påslagen',
      'Inloggning i Samspill kräver nu ett steg till.',
    ),
    'second-factor-removed': notice(
      'sv',
      'Tvåstegsverifiering är avslagen',
      'Inloggning i Samspill kräver nu bara lösenordet.',
    ),
  },
  en: {
    'password-set': notice('en', 'Your password was changed', 'Your password for Samspill was changed.'),
    'email-changed': notice(
      'en',
      'Your e-mail address was changed',
      'Your user of Samspill has another e-mail address now. This one is not used any more.',
    ),
    locked: notice(
      'en',
      'Somebody tries to sign in as you',
      'There were many attempts to sign in as you. Signing in is blocked for a while.',
    ),
    'second-factor-added': notice(
      'en',
      'Two-step sign-in is on',
      'Signing in to Samspill takes a second step from now on.',
    ),
    'second-factor-removed': notice(
      'en',
      'Two-step sign-in is off',
      'Signing in to Samspill takes the password alone from now on.',
    ),
  },
};
