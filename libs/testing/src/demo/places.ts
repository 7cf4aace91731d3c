import type { CheckedCountry } from '@samspill/contracts';

export interface Place {
  readonly postcode: string;
  readonly town: string;
}

/** Postcodes with the towns that they really belong to. */
export const PLACES: Readonly<Record<CheckedCountry, readonly Place[]>> = {
  NO: places(
    '0150 Oslo,0250 Oslo,0484 Oslo,0661 Oslo,1337 Sandvika,1366 Lysaker,1472 Fjellhamar,1540 Vestby,1601 Fredrikstad,' +
      '1706 Sarpsborg,2000 Lillestrøm,2050 Jessheim,2317 Hamar,2609 Lillehammer,2821 Gjøvik,3015 Drammen,3110 Tønsberg,' +
      '3211 Sandefjord,3256 Larvik,3290 Stavern,3510 Hønefoss,3611 Kongsberg,3717 Skien,3916 Porsgrunn,4006 Stavanger,' +
      '4313 Sandnes,4370 Egersund,4612 Kristiansand S,4836 Arendal,5003 Bergen,5020 Bergen,5527 Haugesund,5700 Voss,' +
      '6002 Ålesund,6413 Molde,6509 Kristiansund N,6800 Førde,7010 Trondheim,7030 Trondheim,7500 Stjørdal,7600 Levanger,' +
      '7713 Steinkjer,8006 Bodø,8514 Narvik,8622 Mo i Rana,9008 Tromsø,9405 Harstad,9510 Alta,9600 Hammerfest,9800 Vadsø',
  ),
  SE: places(
    '11120 Stockholm,11421 Stockholm,11864 Stockholm,15133 Södertälje,21119 Malmö,22222 Lund,25220 Helsingborg,' +
      '29131 Kristianstad,30243 Halmstad,35230 Växjö,39231 Kalmar,41103 Göteborg,41319 Göteborg,45130 Uddevalla,50330 Borås,' +
      '55315 Jönköping,58222 Linköping,60221 Norrköping,62157 Visby,63220 Eskilstuna,65224 Karlstad,70210 Örebro,' +
      '72210 Västerås,75320 Uppsala,79130 Falun,80320 Gävle,83131 Östersund,85231 Sundsvall,90325 Umeå,93131 Skellefteå,' +
      '97231 Luleå,98131 Kiruna',
  ),
  DK: places(
    '1050 København K,1620 København V,2000 Frederiksberg,2100 København Ø,2800 Kongens Lyngby,3000 Helsingør,3400 Hillerød,' +
      '4000 Roskilde,4600 Køge,4700 Næstved,4800 Nykøbing F,5000 Odense C,5700 Svendborg,6000 Kolding,6100 Haderslev,' +
      '6400 Sønderborg,6700 Esbjerg,7000 Fredericia,7100 Vejle,7400 Herning,7500 Holstebro,8000 Aarhus C,8600 Silkeborg,' +
      '8700 Horsens,8800 Viborg,8900 Randers C,9000 Aalborg,9800 Hjørring',
  ),
  FI: places(
    '00100 Helsinki,00180 Helsinki,01300 Vantaa,02100 Espoo,04400 Järvenpää,05800 Hyvinkää,06100 Porvoo,13100 Hämeenlinna,' +
      '15110 Lahti,20100 Turku,24100 Salo,26100 Rauma,28100 Pori,33100 Tampere,40100 Jyväskylä,45100 Kouvola,48100 Kotka,' +
      '50100 Mikkeli,53100 Lappeenranta,60100 Seinäjoki,65100 Vaasa,67100 Kokkola,68600 Pietarsaari,70100 Kuopio,' +
      '80100 Joensuu,87100 Kajaani,90100 Oulu,96100 Rovaniemi',
  ),
};

export const STREETS: Readonly<Record<CheckedCountry, readonly string[]>> = {
  NO: words(
    'Storgata,Kirkegata,Skolegata,Strandgata,Havnegata,Industriveien,Fjellveien,Bjørkeveien,Granveien,Åsveien,Sjøgata,' +
      'Jernbanegata,Nedre Torggate,Øvre Slottsgate,Håkon VIIs gate,Dronningens gate,Verftsgata,Myrveien,Ringveien,Elvegata',
  ),
  SE: words(
    'Storgatan,Kungsgatan,Drottninggatan,Skolgatan,Järnvägsgatan,Hamngatan,Kyrkogatan,Industrigatan,Nygatan,Ängsvägen,' +
      'Björkvägen,Sveavägen,Östra Förstadsgatan,Västergatan,Åkergatan,Södra vägen,Norra Ågatan,Strandvägen,Fabriksgatan',
  ),
  DK: words(
    'Hovedgaden,Østergade,Vestergade,Nørregade,Søndergade,Algade,Strandvejen,Møllevej,Kirkevej,Skolegade,Jernbanegade,' +
      'Industrivej,Bredgade,Torvet,Havnegade,Engvej,Skovvej,Ågade,Kongensgade,Fabriksvej',
  ),
  FI: words(
    'Hämeenkatu,Kauppakatu,Asemakatu,Koulukatu,Rantatie,Kirkkokatu,Teollisuustie,Puistokatu,Satamakatu,Koivutie,' +
      'Mannerheimintie,Torikatu,Mäkitie,Yliopistonkatu,Linnankatu,Aleksanterinkatu,Itäinen Pitkäkatu,Esplanadi,Myllytie',
  ),
};

function places(text: string): readonly Place[] {
  return words(text).map((entry) => {
    const space = entry.indexOf(' ');
    return { postcode: entry.slice(0, space), town: entry.slice(space + 1) };
  });
}

function words(text: string): readonly string[] {
  return text.split(',');
}
