import type { DataFolder, DemoMark } from './data-folder.js';
import { say } from './say.js';

/** What to do now, with addresses that work when clicked. */
export function sayWhereToLook(
  url: string,
  search: string,
  demo: DemoMark | undefined,
  logFile: string,
): void {
  say('Where to look:');
  say(`  API documentation   ${url}/api/docs`);
  if (demo) {
    say(
      `  Search              ${url}/api/contacts/v1/companies/${demo.company}/contacts?q=${encodeURIComponent(search)}`,
    );
    say(`  Link to the CRM     ${url}/api/crm/v1/companies/${demo.company}/link  (a simulated HubSpot)`);
    say(`  Sync status         ${url}/api/contacts/v1/companies/${demo.company}/sync-status`);
  }
  say(`  Sign-in pages       ${url}/api/identity/account/forgotten`);
  say(`  Mailbox             ${url}/api/identity/mailbox   (mails stay on this machine)`);
  say(`  State of services   ${url}/api/contacts/v1/operations/status`);
  say(`  The services' log   ${logFile}`);
  if (demo) {
    const imports = `${url}/api/contacts/v1/companies/${demo.ownCompany}/imports`;
    say();
    say(
      'Your own CSV file (customers, suppliers or contact persons) into the empty company «Din bedrift AS»:',
    );
    say(
      `  preview   curl -X POST -H 'content-type: text/csv' --data-binary @customers.csv '${imports}?fileName=customers.csv'`,
    );
    say(`  confirm   curl -X POST '${imports}/<id from the preview>/confirm'`);
    say(`  find      ${url}/api/contacts/v1/companies/${demo.ownCompany}/contacts`);
  }
  say();
  say('Nobody is asked to sign in here, so this listens on this machine only (127.0.0.1).');
  say('`npm start -- --sign-in` asks everybody, as in production, and says how to begin.');
  sayHowItEnds();
}

/** How the first operator of an empty system comes to be, and everybody after that. */
export function saySignIn(url: string, folder: Pick<DataFolder, 'breakGlassFile' | 'logFile'>): void {
  const at = `--url ${url}`;
  say('Everybody has to sign in here. The first operator, who can register others:');
  say(`  make      SAMSPILL_OPERATOR_TOKEN="$(cat ${folder.breakGlassFile})" npx samspill operators add \\`);
  say(`              --email you@example.com --first-name You --last-name Yourself ${at}`);
  say(
    `  activate  ${url}/api/identity/mailbox   (mails stay on this machine; follow the link, set a password)`,
  );
  say(`  sign in   npx samspill login ${at}`);
  say(`  look      npx samspill status ${at}`);
  say();
  say('Where to look:');
  say(`  API documentation   ${url}/api/docs   (with who may use what)`);
  say(`  Your user           ${url}/api/identity/account`);
  say(`  The services' log   ${folder.logFile}`);
  say();
  sayHowItEnds();
}

function sayHowItEnds(): void {
  say('Stop with Ctrl-C. Your data stays for the next start; `npm start -- --fresh` begins anew.');
}
