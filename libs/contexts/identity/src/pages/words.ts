import { userLanguage, type UserLanguage } from '@samspill/contracts';
import { DEFAULT_LANGUAGE } from '../user/user-form.js';

/** What pages say: Norwegian (bokmål), Swedish, English. */
const WORDS = {
  product: ['Samspill', 'Samspill', 'Samspill'],
  signIn: ['Logg inn', 'Logga in', 'Sign in'],
  signOut: ['Logg ut', 'Logga ut', 'Sign out'],
  signOutAsk: ['Vil du logge ut?', 'Vill du logga ut?', 'Do you want to sign out?'],
  signedOut: ['Du er logget ut.', 'Du är utloggad.', 'You are signed out.'],
  stay: ['Nei, bli her', 'Nej, stanna', 'No, stay'],
  email: ['E-postadresse', 'E-postadress', 'E-mail address'],
  password: ['Passord', 'Lösenord', 'Password'],
  currentPassword: ['Passordet ditt nå', 'Ditt nuvarande lösenord', 'Your password now'],
  newPassword: ['Nytt passord', 'Nytt lösenord', 'New password'],
  next: ['Fortsett', 'Fortsätt', 'Continue'],
  save: ['Lagre', 'Spara', 'Save'],
  forgotten: ['Glemt passordet?', 'Glömt lösenordet?', 'Forgotten your password?'],
  forgottenHelp: [
    'Skriv e-postadressen din, så sender vi en lenke til den.',
    'Skriv din e-postadress, så skickar vi en länk till den.',
    'Write your e-mail address, and we send a link to it.',
  ],
  sendLink: ['Send lenke', 'Skicka länk', 'Send link'],
  linkSent: [
    'Finnes det en bruker med denne adressen, er en e-post med en lenke på vei.',
    'Finns det en användare med den här adressen är ett mejl med en länk på väg.',
    'If there is a user with this address, a mail with a link is on its way.',
  ],
  activate: ['Aktiver brukeren din', 'Aktivera din användare', 'Activate your user'],
  activateHelp: [
    'Trykk på knappen for å aktivere brukeren. Etterpå velger du passord.',
    'Tryck på knappen för att aktivera användaren. Sedan väljer du lösenord.',
    'Press the button to activate your user. Then you choose a password.',
  ],
  linkUnusable: [
    'Lenken er brukt, for gammel eller ikke riktig. Be om en ny.',
    'Länken är använd, för gammal eller felaktig. Be om en ny.',
    'The link has been used, is too old or is not right. Ask for a new one.',
  ],
  askNewLink: ['Få en ny lenke', 'Få en ny länk', 'Get a new link'],
  choosePassword: ['Velg passord', 'Välj lösenord', 'Choose a password'],
  passwordHolds: [
    'Passordet gjelder for alle tjenestene.',
    'Lösenordet gäller för alla tjänster.',
    'The password holds for every service.',
  ],
  policy: [
    'Minst {n} tegn. Gjerne en setning. Ikke et vanlig passord, og ikke navnet eller adressen din.',
    'Minst {n} tecken. Gärna en mening. Inte ett vanligt lösenord, och inte ditt namn eller din adress.',
    'At least {n} characters. A sentence is good. Not a common password, and not your name or address.',
  ],
  'fault.too-short': ['Det er for kort.', 'Det är för kort.', 'It is too short.'],
  'fault.too-long': [
    'Det har mer enn 128 tegn.',
    'Det har mer än 128 tecken.',
    'It has more than 128 characters.',
  ],
  'fault.common': [
    'Mange bruker dette passordet.',
    'Många använder det här lösenordet.',
    'Many people use this password.',
  ],
  'fault.weak': [
    'Det er for lett å gjette. Legg til et ord eller to.',
    'Det är för lätt att gissa. Lägg till ett ord eller två.',
    'It is too easy to guess. Add a word or two.',
  ],
  'fault.about-you': [
    'Det er navnet eller adressen din.',
    'Det är ditt namn eller din adress.',
    'It is your name or address.',
  ],
  strength: ['Styrke', 'Styrka', 'Strength'],
  strengthGood: ['Bra', 'Bra', 'Good'],
  passwordDone: ['Passordet er lagret.', 'Lösenordet är sparat.', 'Your password is saved.'],
  doneSignIn: ['Nå kan du logge inn.', 'Nu kan du logga in.', 'You can sign in now.'],
  wrong: [
    'E-postadressen eller passordet er ikke riktig.',
    'E-postadressen eller lösenordet är inte rätt.',
    'The e-mail address or the password is not right.',
  ],
  wrongPassword: ['Passordet er ikke riktig.', 'Lösenordet är inte rätt.', 'The password is not right.'],
  blocked: [
    'For mange forsøk. Prøv igjen om {n} min.',
    'För många försök. Försök igen om {n} min.',
    'Too many attempts. Try again in {n} min.',
  ],
  tooOld: [
    'Innloggingen tok for lang tid. Begynn på nytt fra tjenesten du vil bruke.',
    'Inloggningen tog för lång tid. Börja om från tjänsten du vill använda.',
    'Signing in took too long. Begin again from the service that you want to use.',
  ],
  secondStep: ['Ett trinn til', 'Ett steg till', 'One more step'],
  code: [
    'Kode fra appen, eller en gjenopprettingskode',
    'Kod från appen, eller en återställningskod',
    'Code of the app, or a recovery code',
  ],
  wrongCode: [
    'Koden er ikke riktig, eller er brukt.',
    'Koden är inte rätt, eller är använd.',
    'The code is not right, or has been used.',
  ],
  terms: ['Vilkår for bruk', 'Användarvillkor', 'Terms of use'],
  termsText: [
    'Du bruker Samspill på vegne av bedriften som har gitt deg tilgang. Passordet er ditt alene. Det du gjør, lagres med navnet ditt, så andre i bedriften kan se hvem som endret hva.',
    'Du använder Samspill för det företag som har gett dig åtkomst. Lösenordet är bara ditt. Det du gör sparas med ditt namn, så att andra i företaget kan se vem som ändrade vad.',
    'You use Samspill for the company that has given you access. Your password is yours alone. What you do is kept with your name, so that others in the company can see who changed what.',
  ],
  acceptTerms: ['Jeg godtar vilkårene', 'Jag godkänner villkoren', 'I accept the terms'],
  confirmEmail: ['Bekreft ny e-postadresse', 'Bekräfta ny e-postadress', 'Confirm your new e-mail address'],
  confirm: ['Bekreft', 'Bekräfta', 'Confirm'],
  emailDone: ['E-postadressen er endret.', 'E-postadressen är ändrad.', 'Your e-mail address is changed.'],
  emailTaken: [
    'Adressen brukes av en annen.',
    'Adressen används av någon annan.',
    'Somebody else uses the address.',
  ],
  emailInvalid: [
    'Dette er ikke en e-postadresse.',
    'Detta är ingen e-postadress.',
    'This is no e-mail address.',
  ],
  account: ['Din bruker', 'Din användare', 'Your user'],
  changePassword: ['Endre passord', 'Ändra lösenord', 'Change password'],
  changeEmail: ['Endre e-postadresse', 'Ändra e-postadress', 'Change e-mail address'],
  sessions: ['Steder du er logget inn', 'Platser där du är inloggad', 'Where you are signed in'],
  thisOne: ['denne nettleseren', 'den här webbläsaren', 'this browser'],
  since: ['Siden', 'Sedan', 'Since'],
  end: ['Avslutt', 'Avsluta', 'End'],
  factor: ['Totrinnsbekreftelse', 'Tvåstegsverifiering', 'Two-step sign-in'],
  factorOn: ['På: en app på telefonen.', 'På: en app i telefonen.', 'On: an app on your phone.'],
  factorPasskeys: [
    'På: passnøklene dine. Du kan legge til en app på telefonen.',
    'På: dina nycklar. Du kan lägga till en app i telefonen.',
    'On: your passkeys. You can add an app on your phone.',
  ],
  factorOff: ['Av.', 'Av.', 'Off.'],
  factorStart: ['Slå på', 'Slå på', 'Switch on'],
  factorStop: ['Slå av', 'Slå av', 'Switch off'],
  factorHelp: [
    'Legg denne nøkkelen inn i en autentiseringsapp, og skriv koden som den viser.',
    'Lägg in den här nyckeln i en autentiseringsapp, och skriv koden som den visar.',
    'Put this key into an authenticator app, and write the code that it shows.',
  ],
  factorNeeded: [
    'Den som administrerer en bedrift eller tjenestene, trenger totrinnsbekreftelse.',
    'Den som administrerar ett företag eller tjänsterna behöver tvåstegsverifiering.',
    'Whoever administers a company or the services needs two-step sign-in.',
  ],
  factorAgain: [
    'Skriv koden som appen viser nå. Har du ikke lagt inn nøkkelen, logger du inn på nytt for å få en ny.',
    'Skriv koden som appen visar nu. Har du inte lagt in nyckeln loggar du in på nytt för att få en ny.',
    'Write the code that the app shows now. If you have not put the key in, sign in again to get a new one.',
  ],
  recoveryCode: ['Gjenopprettingskode', 'Återställningskod', 'Recovery code'],
  passkeys: ['Passnøkler', 'Nycklar', 'Passkeys'],
  passkey: ['Passnøkkel', 'Nyckel', 'Passkey'],
  passkeysHelp: [
    'Logg inn med fingeravtrykk, ansikt eller PIN i stedet for passord.',
    'Logga in med fingeravtryck, ansikte eller PIN i stället för lösenord.',
    'Sign in with a fingerprint, your face or a PIN instead of a password.',
  ],
  passkeyName: ['Navn på enheten', 'Namn på enheten', 'Name of the device'],
  passkeyAdd: ['Legg til passnøkkel', 'Lägg till nyckel', 'Add a passkey'],
  passkeyCreate: ['Lag passnøkkel', 'Skapa nyckel', 'Make the passkey'],
  passkeySignIn: ['Bruk passnøkkel', 'Använd nyckel', 'Use a passkey'],
  passkeyRemove: ['Fjern', 'Ta bort', 'Remove'],
  passkeyFailed: [
    'Det gikk ikke med passnøkkelen. Prøv igjen.',
    'Det gick inte med nyckeln. Försök igen.',
    'That did not work with the passkey. Try again.',
  ],
  passkeysMany: [
    'Du har så mange passnøkler som det kan være. Fjern en først.',
    'Du har så många nycklar som det kan vara. Ta bort en först.',
    'You have as many passkeys as there can be. Remove one first.',
  ],
  passkeyUnused: ['ikke brukt ennå', 'inte använd än', 'not used yet'],
  passkeyUsed: ['sist brukt', 'senast använd', 'last used'],
  passkeyOnlyHere: ['bare på denne enheten', 'bara på den här enheten', 'on this device only'],
  passkeysUnusable: [
    'Denne nettleseren kan ikke bruke passnøkler her.',
    'Den här webbläsaren kan inte använda nycklar här.',
    'This browser cannot use passkeys here.',
  ],
  codeOfApp: ['Kode fra appen', 'Kod från appen', 'Code of the app'],
  openInApp: ['Åpne i appen', 'Öppna i appen', 'Open in the app'],
  codes: ['Gjenopprettingskoder', 'Återställningskoder', 'Recovery codes'],
  codesHelp: [
    'Ta vare på kodene. Hver av dem virker én gang når du ikke har telefonen. De vises bare nå.',
    'Spara koderna. Var och en fungerar en gång när du inte har telefonen. De visas bara nu.',
    'Keep these codes. Each works once when you do not have your phone. They are shown only now.',
  ],
  attempts: ['Siste forsøk på å logge inn', 'Senaste försök att logga in', 'Latest attempts to sign in'],
  attemptsHelp: [
    'Var det ikke deg? Bytt passord.',
    'Var det inte du? Byt lösenord.',
    'Was it not you? Change your password.',
  ],
  attemptCode: ['Kode', 'Kod', 'Code'],
  attemptRight: ['riktig', 'rätt', 'right'],
  attemptWrong: ['feil', 'fel', 'wrong'],
  yourData: [
    'Alt vi vet om deg, som fil',
    'Allt vi vet om dig, som fil',
    'All that we know of you, as a file',
  ],
  deviceCode: ['Koden som enheten viser', 'Koden som enheten visar', 'The code that the device shows'],
  deviceConfirm: [
    'Et program vil logge inn som deg. Stemmer koden med den som programmet viser?',
    'Ett program vill logga in som du. Stämmer koden med den som programmet visar?',
    'A program wants to sign in as you. Is the code the one that the program shows?',
  ],
  deviceDone: [
    'Ferdig. Gå tilbake til programmet.',
    'Klart. Gå tillbaka till programmet.',
    'Done. Go back to the program.',
  ],
  failed: ['Dette gikk ikke', 'Det här gick inte', 'This did not work'],
  again: [
    'Begynn på nytt fra tjenesten du vil bruke.',
    'Börja om från tjänsten du vill använda.',
    'Begin again from the service that you want to use.',
  ],
} as const satisfies Readonly<Record<string, readonly [string, string, string]>>;

export type Word = keyof typeof WORDS;
/** Says a word in one language; `{n}` becomes the number. */
export type Say = (word: Word, n?: number) => string;

const COLUMN: Readonly<Record<UserLanguage, 0 | 1 | 2>> = { nb: 0, sv: 1, en: 2 };

export function sayIn(language: UserLanguage): Say {
  return (word, n) => WORDS[word][COLUMN[language]].replace('{n}', String(n ?? ''));
}

/** What a browser asks for in `Accept-Language` (RFC 9110, 12.5.4), as far as there are words in it. */
export function languageOf(header: string | undefined): UserLanguage {
  const wanted = (header ?? '')
    .split(',')
    .map((part, index) => {
      const [tag = '', quality] = part
        .trim()
        .toLowerCase()
        .split(/;\s*q=/);
      return { tag: tag.split('-')[0] ?? '', weight: quality === undefined ? 1 : Number(quality), index };
    })
    .toSorted((a, b) => b.weight - a.weight || a.index - b.index);
  for (const { tag } of wanted) {
    const known = userLanguage.safeParse(tag === 'no' || tag === 'nn' || tag === 'da' ? 'nb' : tag);
    if (known.success) return known.data;
  }
  return DEFAULT_LANGUAGE;
}
