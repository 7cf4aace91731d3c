import type { CheckedCountry } from '@samspill/contracts';

/** What people and companies are called, by country. */
export interface Names {
  readonly first: readonly string[];
  readonly last: readonly string[];
  /** What companies trade in, as it stands in their names. */
  readonly trades: readonly string[];
  /** The form of company at the end of its name. */
  readonly forms: readonly string[];
  readonly titles: readonly string[];
  readonly departments: readonly string[];
}

export const NAMES: Readonly<Record<CheckedCountry, Names>> = {
  NO: {
    first: words(
      'Anne,Kari,Ingrid,Liv,Berit,Marit,Astrid,Bjørg,Solveig,Randi,Hilde,Åse,Ragnhild,Silje,Ida,Nora,Emma,Maja,Tuva,Sigrid,Åshild,' +
        'Ola,Per,Lars,Bjørn,Kjell,Svein,Arne,Håkon,Haakon,Øyvind,Geir,Tor,Terje,Morten,Knut,Jørgen,Trygve,Eirik,Sindre,Magnus,' +
        'Sjur,Ståle,Pål,Åge,Stig,Øystein,Gunnar,Leif,Rolf,Einar,Asbjørn,Torbjørn,Vegard,Espen,Jan Erik,Odd-Arne,Anne-Lise',
    ),
    last: words(
      'Hansen,Johansen,Olsen,Larsen,Andersen,Pedersen,Nilsen,Kristiansen,Jensen,Karlsen,Johnsen,Pettersen,Eriksen,Berg,Haugen,' +
        'Hagen,Johannessen,Andreassen,Jacobsen,Dahl,Jørgensen,Halvorsen,Henriksen,Lund,Sørensen,Jakobsen,Moen,Gundersen,Iversen,' +
        'Strand,Solberg,Svendsen,Eide,Knutsen,Martinsen,Paulsen,Bakken,Kristoffersen,Mathisen,Lie,Amundsen,Nguyen,Rasmussen,' +
        'Ali,Lunde,Solheim,Berge,Moe,Nygård,Bakke,Kristensen,Fredriksen,Holm,Lien,Hauge,Christensen,Andresen,Nielsen,Knudsen,' +
        'Evensen,Sæther,Aas,Myhre,Hanssen,Haugland,Ødegård,Kjær,Næss,Bråten,Sjøberg,Åsen,Ruud,Tveit,Vik,Skår,Fjeld,Røed,Grønli,Aamodt',
    ),
    trades: words(
      'Rør,Elektro,Bygg,Transport,Regnskap,Eiendom,Bil,Maskin,Fisk,Mat,Trelast,Design,Data,Bakeri,Frukt og Grønt,Kontorrekvisita,' +
        'Emballasje,Sjømat,Møbler,Tak og Blikk,Maling,Renhold,Kjøl og Frys,Hagesenter,Båtbyggeri,Brønnboring,Rådgivning,Vaskeri,' +
        'Verksted,Kafé,Apotek,Sport,Gummi,Stål,Betong,Blomster,Optikk,Energi,Shipping,Havbruk',
    ),
    forms: words('AS,AS,AS,AS,ASA,ANS,DA,SA,& Sønner AS,& Co. AS,Gruppen AS'),
    titles: words(
      'Daglig leder,Innkjøper,Salgssjef,Regnskapssjef,Økonomisjef,Selger,Prosjektleder,Lagersjef,Sekretær,Kundekontakt',
    ),
    departments: words('Innkjøp,Salg,Økonomi,Lager,Drift,Ledelse,Kundeservice'),
  },
  SE: {
    first: words(
      'Anna,Eva,Maria,Karin,Kristina,Lena,Kerstin,Sara,Emma,Elin,Åsa,Görel,Ulla,Märta,Hjördis,Ebba,Wilma,Linnéa,Désirée,Ann-Sofie,' +
        'Lars,Mikael,Anders,Johan,Erik,Per,Karl,Göran,Jan,Peter,Håkan,Björn,Sören,Jörgen,Mårten,Åke,Östen,Stefan,Fredrik,Gösta,' +
        'Torbjörn,Kjell,Örjan,Nils,Oskar,Lucas,Hugo,Lennart,Bengt-Åke,Carl-Johan',
    ),
    last: words(
      'Andersson,Johansson,Karlsson,Nilsson,Eriksson,Larsson,Olsson,Persson,Svensson,Gustafsson,Pettersson,Jonsson,Jansson,' +
        'Hansson,Bengtsson,Jönsson,Lindberg,Jakobsson,Magnusson,Olofsson,Lindström,Lindqvist,Lindgren,Axelsson,Berg,Bergström,' +
        'Lundberg,Lind,Lundgren,Lundqvist,Mattsson,Berglund,Fredriksson,Sandberg,Henriksson,Forsberg,Sjöberg,Wallin,Engström,' +
        'Eklund,Danielsson,Håkansson,Lundin,Björk,Åkesson,Öberg,Nyström,Holm,Bäckström,Ström,Åberg,Hedlund,Söderberg,Ahmed',
    ),
    trades: words(
      'Rör,El,Bygg,Åkeri,Redovisning,Fastigheter,Bil,Maskin,Fisk,Livsmedel,Trä,Design,Data,Bageri,Grönsaker,Kontor,Förpackning,' +
        'Möbler,Plåt,Färg,Städ,Kyl,Trädgård,Båt,Konsult,Tvätt,Verkstad,Café,Apotek,Sport,Gummi,Stål,Betong,Blommor,Optik,Energi',
    ),
    forms: words('AB,AB,AB,AB,HB,KB,& Söner AB,& Co AB,Gruppen AB'),
    titles: words(
      'VD,Inköpare,Säljchef,Ekonomichef,Redovisningschef,Säljare,Projektledare,Lagerchef,Assistent',
    ),
    departments: words('Inköp,Försäljning,Ekonomi,Lager,Drift,Ledning,Kundtjänst'),
  },
  DK: {
    first: words(
      'Anne,Kirsten,Mette,Hanne,Anna,Helle,Susanne,Lene,Maria,Marianne,Inge,Karen,Bodil,Rikke,Signe,Freja,Bente,Jytte,Dorthe,Sørine,' +
        'Peter,Jens,Michael,Lars,Thomas,Henrik,Søren,Christian,Martin,Jan,Morten,Niels,Jørgen,Mads,Rasmus,Bjørn,Aage,Palle,Kjeld,Troels',
    ),
    last: words(
      'Nielsen,Jensen,Hansen,Andersen,Pedersen,Christensen,Larsen,Sørensen,Rasmussen,Jørgensen,Petersen,Madsen,Kristensen,Olsen,' +
        'Thomsen,Christiansen,Poulsen,Johansen,Møller,Mortensen,Knudsen,Jakobsen,Jacobsen,Mikkelsen,Olesen,Frederiksen,Laursen,' +
        'Henriksen,Lund,Schmidt,Eriksen,Holm,Kristiansen,Clausen,Simonsen,Svendsen,Andreasen,Iversen,Østergaard,Kjær,Nørgaard,Bach',
    ),
    trades: words(
      'VVS,El,Byg,Transport,Revision,Ejendomme,Auto,Maskinfabrik,Fisk,Fødevarer,Tømrer,Design,Data,Bageri,Frugt og Grønt,Kontor,' +
        'Emballage,Møbler,Blik,Maling,Rengøring,Køl,Gartneri,Bådebyggeri,Rådgivning,Vaskeri,Værksted,Café,Apotek,Sport,Stål,Beton',
    ),
    forms: words('A/S,ApS,ApS,ApS,I/S,& Søn A/S,& Co. ApS,Gruppen A/S'),
    titles: words('Direktør,Indkøber,Salgschef,Økonomichef,Bogholder,Sælger,Projektleder,Lagerchef'),
    departments: words('Indkøb,Salg,Økonomi,Lager,Drift,Ledelse,Kundeservice'),
  },
  FI: {
    first: words(
      'Maria,Helena,Anneli,Johanna,Kaarina,Marjatta,Hannele,Kristiina,Liisa,Päivi,Satu,Tuula,Pirkko,Anne,Sari,Jaana,Heidi,' +
        'Juhani,Johannes,Olavi,Antero,Tapani,Kalevi,Tapio,Matti,Mikko,Jari,Pekka,Väinö,Yrjö,Heikki,Timo,Hannu,Jukka,Ville,Jyrki,Göran',
    ),
    last: words(
      'Korhonen,Virtanen,Mäkinen,Nieminen,Mäkelä,Hämäläinen,Laine,Heikkinen,Koskinen,Järvinen,Lehtonen,Lehtinen,Saarinen,Salminen,' +
        'Heinonen,Niemi,Heikkilä,Salonen,Kinnunen,Turunen,Salo,Laitinen,Tuominen,Rantanen,Karjalainen,Jokinen,Mattila,Savolainen,' +
        'Lahtinen,Ahonen,Öhman,Lindström,Nyström,Väisänen,Hyvönen,Pöyhönen,Räsänen',
    ),
    trades: words(
      'Putki,Sähkö,Rakennus,Kuljetus,Tilitoimisto,Kiinteistöt,Auto,Kone,Kala,Ruoka,Puu,Muotoilu,Data,Leipomo,Vihannes,Toimisto,' +
        'Pakkaus,Kaluste,Pelti,Maali,Siivous,Kylmä,Puutarha,Vene,Konsultointi,Pesula,Korjaamo,Kahvila,Apteekki,Urheilu,Teräs,Betoni',
    ),
    forms: words('Oy,Oy,Oy,Oy,Oyj,Ky,Ab,& Pojat Oy'),
    titles: words(
      'Toimitusjohtaja,Ostaja,Myyntipäällikkö,Talousjohtaja,Kirjanpitäjä,Myyjä,Projektipäällikkö,Sihteeri',
    ),
    departments: words('Osto,Myynti,Talous,Varasto,Tuotanto,Johto,Asiakaspalvelu'),
  },
};

function words(text: string): readonly string[] {
  return text.split(',');
}
