import { foldText, type ContactKind } from '@samspill/contracts';

/** The heading of the column that says what was wrong with a row of a rejected file; it is ignored when that file comes back. */
export const FAULT_HEADING = 'Feil/Error';

/**
 * What a heading says about its column, before it is known what the rows are: `Kundenr` is the number of a customer, which in
 * a file of contact persons is the number of the parent.
 */
export type HeadingMeaning =
  | 'number'
  | 'customer-number'
  | 'supplier-number'
  | 'person-number'
  | 'name'
  | 'company-name'
  | 'customer-name'
  | 'supplier-name'
  | 'person-name'
  | 'title'
  | 'person-title'
  | 'person-email'
  | 'person-phone'
  | 'person-mobile'
  | 'organisation-number'
  | 'country'
  | 'address-line-1'
  | 'address-line-2'
  | 'address-line-3'
  | 'address-line-4'
  | 'postcode'
  | 'town'
  | 'region'
  | 'phone'
  | 'mobile'
  | 'fax'
  | 'email'
  | 'website'
  | 'department'
  | 'notes'
  | 'fault';

/** Norwegian, Swedish, Danish and English headings as {@link headingKey} writes them. */
const HEADINGS: Readonly<Record<HeadingMeaning, string>> = {
  number: 'nr nummer no number id kode',
  'customer-number':
    'kundenr kundenummer kundeid kundekode kundnr kundnummer kundid customerid customerno customernumber custno customercode',
  'supplier-number':
    'leverandornr leverandornummer leverandorid levnr leverantorsnr leverantorsnummer leverantornr leverantorsid kreditornr ' +
    'supplierid supplierno suppliernumber supno suppliercode vendorid vendorno vendornumber',
  'person-number':
    'kontaktnr kontaktnummer kontaktid kontaktpersonnr kontaktpersonnummer kontaktpersonid contactid contactno contactnumber ' +
    'contactpersonno contactpersonnumber contactpersonid',
  name: 'navn namn name navn1 namn1 fulltnavn fullname',
  'company-name':
    'firma firmanavn firmanamn bedrift bedriftsnavn selskap selskapsnavn foretag foretagsnamn virksomhed company companyname',
  'customer-name': 'kundenavn kundnamn customername customer kunde kund',
  'supplier-name':
    'leverandornavn leverantorsnamn leverantornamn suppliername vendorname supplier leverandor leverantor',
  'person-name':
    'kontaktperson kontakt kontaktnavn kontaktnamn kontaktpersonnavn kontaktpersonnamn contactname contact contactperson',
  title: 'tittel titel title stilling befattning jobtitle rolle roll',
  'person-title': 'kontakttittel kontakttitel contacttitle',
  'person-email': 'kontaktepost kontaktpersonepost contactemail',
  'person-phone': 'kontakttelefon kontakttlf kontaktpersontelefon contactphone',
  'person-mobile': 'kontaktmobil kontaktpersonmobil contactmobile',
  'organisation-number':
    'orgnr orgnummer organisasjonsnr organisasjonsnummer organisationsnr organisationsnummer foretaksnr foretaksnummer ' +
    'organisationnumber organizationnumber orgno orgnumber registrationnumber cvr cvrnr cvrnummer ytunnus',
  country: 'land landkode landskode landkod landskod landnavn country countrycode countryname',
  'address-line-1':
    'adresse adress address adresse1 adress1 address1 addressline1 gateadresse gatuadress postadresse postadress gate gata ' +
    'street streetaddress',
  'address-line-2': 'adresse2 adress2 address2 addressline2',
  'address-line-3': 'adresse3 adress3 address3 addressline3',
  'address-line-4': 'adresse4 adress4 address4 addressline4',
  postcode: 'postnr postnummer postkode postkod postcode postalcode zip zipcode',
  town: 'poststed postort ort sted stad by city town',
  region: 'region fylke lan state county province',
  phone: 'telefon telefon1 telefonnr telefonnummer tlf tlfnr tel phone phone1 phonenumber phoneno telephone',
  mobile: 'mobil mobilnr mobilnummer mobiltelefon mobiltlf mobile mobilephone mobileno cellphone',
  fax: 'faks fax telefaks telefax faxnr faxnummer faksnr',
  email: 'epost epostadresse epostadress email emailaddress mail mailadresse mailadress',
  website: 'hjemmeside hemsida nettside nettsted webbplats webbsida website homepage webpage web www url',
  department: 'avdeling avdelning afdeling department',
  notes:
    'notat notater merknad merknader kommentar kommentarer anteckning anteckningar anmarkning notes note comment comments remarks memo',
  fault: headingKey(FAULT_HEADING),
};

const MEANINGS: ReadonlyMap<string, HeadingMeaning> = new Map(
  meanings().flatMap((meaning) => HEADINGS[meaning].split(' ').map((key) => [key, meaning] as const)),
);

/** What a heading of an unknown file means by itself, if that is known. */
export function meaningOf(heading: string): HeadingMeaning | undefined {
  return MEANINGS.get(headingKey(heading));
}

/** Headings that differ in case, accents, spaces and punctuation only are the same: `Org.nr`, `ORG NR`. */
export function headingKey(heading: string): string {
  return foldText(heading).replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/**
 * What the rows of a file are, by whose numbers it holds. A number of a contact person decides, since such a file also holds
 * the customer's or supplier's; a file with both a customer's and a supplier's number and no contact person's says nothing.
 */
export function detectKind(headings: readonly string[]): ContactKind | undefined {
  const found = new Set(headings.map(meaningOf));
  if (found.has('person-number')) return 'contact-person';
  if (found.has('customer-number') === found.has('supplier-number')) return undefined;
  return found.has('customer-number') ? 'customer' : 'supplier';
}

function meanings(): readonly HeadingMeaning[] {
  const names: HeadingMeaning[] = [];
  for (const name in HEADINGS) if (isMeaning(name)) names.push(name);
  return names;
}

function isMeaning(name: string): name is HeadingMeaning {
  return name in HEADINGS;
}
