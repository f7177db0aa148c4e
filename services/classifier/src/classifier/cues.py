"""Words for what is grave, what is pressing, and what is a mere word of thanks."""

from classifier.words import Words

# Each of these lifts a mail to P0 or P1: somebody loses money, data, or cannot work at all.
OUTAGE = Words(
    en="is down|are down|went down|outage|completely down|site down|shop down|server down|"
    "system down|nobody can|no one can|none of us can|cannot take orders|can't take orders|"
    "nobody in * can|all users|all our users|whole company|entire company|"
    "everyone is locked out|production is|standstill|all of our * are|not reachable|"
    "unreachable|cannot work at all|everything is down|refuse all|refuses all|"
    "none of the tills|no orders come|nothing works|all tills|all our shops|every employee|"
    "every customer|stands still|losing thousands|losing money every|lose * per hour|"
    "per hour|burn|emergency|all systems|total outage|complete outage|whole office|"
    "entire office|whole team|entire team|all our staff|cannot process any|"
    "can't process any|no payments|no orders|cannot serve|can't serve|checkout is broken|"
    "line has stopped|line is stopped|stopped production|everything has stopped|"
    "everything stopped|had to close|have to close|cannot open * doors|every shop|"
    "nobody is able|no one is able|nobody gets|no one gets|not a single|no customer can|"
    "our customers cannot|our customers can't|users cannot|users can't|"
    "customers are unable|staff cannot|staff can't|cannot ship|can't ship|cannot sell|"
    "can't sell|cannot take payments|can't take payments|cannot accept|live site|"
    "live system|is offline|are offline|gone offline|completely stuck|totally blocked|"
    "completely blocked|entirely blocked|whole site|whole shop|entire site|entire system|"
    "thousands of * cannot|grinding to a halt|ground to a halt|came to a halt|knocked out|"
    "crippled|no one at|nobody at|nobody here|no one here|service is dead|"
    "everything crashed|keeps failing for all",
    de="ausfall|ausgefallen|komplett ausgefallen|nicht erreichbar|niemand kann|keiner kann|"
    "keiner von uns|alle nutzer|alle mitarbeiter|steht still|stillstand|produktion steht|"
    "nichts geht mehr|totalausfall|server ist down|shop ist down|seite ist down|"
    "system steht|konnen nicht arbeiten|konnen keine bestellungen|alle kassen|keine kasse|"
    "nichts funktioniert|geht gar nichts|samtliche|steht komplett|alle filialen|pro stunde|"
    "alles steht|steht alles|lahmgelegt|liegt lahm|liegen lahm|betrieb steht|lager steht|"
    "band steht|keine bestellung|keine zahlung|keine einzige|niemand kommt|"
    "kein mitarbeiter|kein kunde kann|ganze firma|gesamte firma|ganze team|gesamte team|"
    "ganzen betrieb|alles ist tot|mussten schliessen|mussen schliessen|komplett down|"
    "alles down|niemand hier|niemand bei uns|keiner hier|keiner bei uns|keiner unserer|"
    "keine unserer|unsere kunden konnen|kunden konnen nicht|kunden konnen keine|"
    "mitarbeiter konnen nicht|mitarbeiter konnen keine|konnen nichts|"
    "konnen nicht verkaufen|konnen nicht liefern|konnen nicht kassieren|ist offline|"
    "sind offline|komplett blockiert|vollig blockiert|seite nicht erreichbar|"
    "system nicht erreichbar|ganzer shop|zum erliegen|geht nichts|lauft nichts|"
    "lauft gar nichts|abgesturzt und",
    fr="en panne|est tombe|hors service|hors ligne|inaccessible|personne ne peut|"
    "plus personne|tous les utilisateurs|tous nos|a l'arret|bloques|totalement bloque|"
    "site est down|serveur est down|panne generale|panne totale|ne pouvons plus travailler|"
    "toutes les caisses|toutes nos caisses|plus rien ne|rien ne fonctionne|refusent toutes|"
    "tous les magasins|par heure|caisses bloquees|tout est bloque|tout est arrete|"
    "aucune commande|aucun paiement|aucun utilisateur|aucun client|"
    "impossible de travailler|pour personne|production est arretee|chaine est arretee|"
    "paralys|toute l'entreprise|toute l'equipe|tous nos magasins|du fermer|devons fermer|"
    "personne n'arrive|personne chez nous|nos clients ne peuvent|les clients ne peuvent|"
    "nos equipes ne peuvent|aucun de nos|aucune de nos|ne pouvons plus|"
    "ne peut plus * vendre|completement bloque|entierement bloque|site inaccessible|"
    "systeme inaccessible|ne repond plus|plus rien ne marche|rien ne marche|"
    "ne marche plus du tout|ne fonctionne plus du tout|a l'arret complet|sont a l'arret",
    es="esta caido|esta caida|se ha caido|caida total|caida del|fuera de servicio|nadie puede|"
    "todos los usuarios|parad[oa]s|paralizad|no podemos trabajar|inaccesible|"
    "no podemos vender|todas las cajas|nada funciona|todas las tiendas|por hora|"
    "ninguna caja|no funciona nada|todo esta parado|todo parado|ningun pedido|ningun pago|"
    "ningun usuario|ningun cliente puede|imposible trabajar|linea parada|toda la empresa|"
    "todo el equipo|sin servicio|todo bloqueado|bloqueados por completo|"
    "hemos tenido que cerrar|tenemos que cerrar|no entra ningun|nadie aqui|"
    "nadie de nosotros|ninguno de nosotros|ninguna de nuestras|ninguno de nuestros|"
    "nuestros clientes no pueden|los clientes no pueden|el personal no puede|"
    "no podemos cobrar|no podemos facturar|no podemos enviar|no podemos hacer nada|"
    "completamente bloquead|totalmente parad|web caida|pagina caida|servidor caido|"
    "sistema caido|no responde nada|no va nada|fuera de linea",
    it="e giu|fuori servizio|non raggiungibile|nessuno riesce|nessuno puo|tutti gli utenti|"
    "fermi_|e tutto fermo|bloccata la produzione|produzione ferma|non possiamo lavorare|"
    "irraggiungibile|completamente bloccat|tutte le casse|non funziona niente|"
    "non funziona nulla|tutti i negozi|all'ora|nessuna cassa|tutto bloccato|tutto fermo|"
    "nessun ordine|nessun pagamento|nessun utente|nessun cliente riesce|"
    "impossibile lavorare|per nessuno|linea ferma|tutta l'azienda|tutto il team|paralizzat|"
    "blocco totale|interruzione totale|abbiamo dovuto chiudere|dobbiamo chiudere|"
    "nessuno qui|nessuno di noi|nessuno dei nostri|nessuna delle nostre|"
    "i nostri clienti non|i clienti non riescono|il personale non riesce|"
    "non possiamo vendere|non possiamo incassare|non possiamo spedire|sito irraggiungibile|"
    "sistema bloccato|sistema fermo|server fermo|sito non risponde|non va niente|"
    "non va nulla|offline|e bloccato tutto",
    nl="ligt plat|liggen plat|ligt eruit|ligt stil|liggen stil|onbereikbaar|niemand kan|"
    "alle gebruikers|alles ligt|volledige storing|grote storing|kunnen niet werken|offline|"
    "productie staat stil|alle kassa's|niets werkt|niks werkt|alle winkels|per uur|"
    "geen enkele kassa|alles staat stil|alles ligt stil|geen bestellingen|"
    "geen enkele bestelling|geen betalingen|geen enkele betaling|niemand komt|"
    "niemand van ons|hele bedrijf|hele kantoor|hele team|volledig plat|helemaal plat|"
    "lijn staat|moesten sluiten|moeten sluiten|voor niemand|niemand hier|niemand bij ons|"
    "geen van onze|geen enkele klant|onze klanten kunnen niet|onze klanten kunnen geen|"
    "klanten kunnen niet|medewerkers kunnen niet|kunnen niet verkopen|"
    "kunnen niet afrekenen|kunnen niet leveren|kunnen geen bestellingen|alle bestellingen|"
    "alle machines|hele webshop|website is down|site is down|is down|zijn down|"
    "volledig geblokkeerd|compleet plat|uitgevallen|doet niets meer|"
    "doet het niet meer * alle",
    pt="esta em baixo|fora do ar|caiu|fora de servico|ninguem consegue|ninguem pode|"
    "todos os utilizadores|todos os usuarios|parad[oa]s|paralisad|"
    "nao conseguimos trabalhar|inacessivel|producao parada|todas as caixas|nada funciona|"
    "todas as lojas|por hora|nenhuma caixa|tudo parado|tudo bloqueado|nenhum pedido|"
    "nenhuma encomenda|nenhum pagamento|nenhum utilizador|nenhum usuario|nenhum cliente|"
    "impossivel trabalhar|toda a empresa|empresa inteira|toda a equipa|toda a equipe|"
    "linha parada|para ninguem|tivemos de fechar|tivemos que fechar|sem servico|"
    "ninguem aqui|nenhum de nos|nenhuma das nossas|nenhum dos nossos|"
    "os nossos clientes nao|nossos clientes nao|clientes nao conseguem|clientes nao podem|"
    "nao podemos vender|nao conseguimos vender|nao conseguimos cobrar|"
    "nao conseguimos faturar|nao conseguimos enviar|cada pagamento|sistema caiu|site caiu|"
    "servidor caiu|totalmente parad|completamente parad|completamente bloquead|offline",
)
# People may come to harm.
DANGER = Words(
    en="patient safety|wrong patient|in danger|injur|on fire|caught fire|smoke|burned|burnt|"
    "overheat|electric shock|gas leak|explod|poison|allergic reaction|in hospital|"
    "to hospital|to the hospital|ambulance|life-threatening|got hurt|was hurt|sparks|"
    "swallowed|choked|overdose|wrong dose|wrong medication|brakes failed|brake failure|"
    "burst into flames|carbon monoxide|undeclared allergen",
    de="verletzt|brand|rauch|brennt|lebensgefahr|gefahr|patient|stromschlag|gasgeruch|gasleck|"
    "explod|vergift|allergische reaktion|krankenwagen|ins krankenhaus|im krankenhaus|"
    "verbrannt|verbrennung|feuer gefangen|geschmolzen|uberhitz|funken|verschluckt|erstickt|"
    "uberdosis|falsche dosis|falsches medikament|bremsen versag|bremsversagen|in flammen|"
    "kohlenmonoxid",
    fr="patient|blesse|incendie|fumee|danger|electrocut|choc electrique|decharge electrique|"
    "fuite de gaz|explos|intoxi|reaction allergique|ambulance|a l'hopital|brulure|brulee|"
    "pris feu|surchauff|etincelles|etouff|surdosage|mauvaise dose|mauvais medicament|"
    "freins ont lache|en flammes|monoxyde",
    es="paciente|herid|incendio|humo|peligro|descarga electrica|fuga de gas|explosi|exploto|"
    "intoxic|reaccion alergica|ambulancia|al hospital|quemadura|quemado|se incendi|"
    "sobrecalent|chispas|se ha tragado|asfixi|sobredosis|dosis equivocada|"
    "medicamento equivocado|fallaron los frenos|fallo de frenos|en llamas|monoxido",
    it="paziente|ferit|incendio|fumo|pericolo|scossa elettrica|fuga di gas|esplos|intossic|"
    "reazione allergica|ambulanza|in ospedale|al pronto soccorso|ustion|bruciat|"
    "preso fuoco|surriscald|scintille|ingoiat|soffoc|sovradosaggio|dose sbagliata|"
    "farmaco sbagliato|freni non|in fiamme|monossido",
    nl="patient|gewond|brand|rook|gevaar|elektrische schok|stroomstoot|gaslek|ontplof|vergift|"
    "allergische reactie|ambulance|naar het ziekenhuis|in het ziekenhuis|verbrand|"
    "vlam gevat|oververhit|vonken|ingeslikt|gestikt|overdosis|verkeerde dosis|"
    "verkeerde medicijn|remmen weiger|in brand|koolmonoxide",
    pt="paciente|ferid|incendio|fumo|fumaca|perigo|choque eletrico|choque electrico|"
    "fuga de gas|vazamento de gas|explosao|explodiu|intoxic|reacao alergica|ambulancia|"
    "para o hospital|no hospital|queimadura|queimou|pegou fogo|sobreaquec|superaquec|"
    "faiscas|engoliu|asfixi|sobredosagem|overdose|dose errada|medicamento errado|"
    "travoes falh|freios falh|em chamas|monoxido",
)
TAKEN_TWICE = Words(
    en="charged twice|charged our card twice|charged me twice|charged us twice|double charge|"
    "charged two times|charged three times|debited twice|billed twice|paid twice|"
    "duplicate charge|twice for|unauthori[sz]ed charge|unauthori[sz]ed payment|"
    "unauthori[sz]ed transaction|wrong amount|charged * thousand|charged * times|"
    "debited * times|charged again|wrongly charged|charged by mistake|without our consent|"
    "without my consent|without authori[sz]ation|took * from our account|"
    "taken * from our account|withdrawn from our account|fraudulent",
    de="doppelt abgebucht|zweimal abgebucht|doppelt belastet|zweimal belastet|"
    "doppelte abbuchung|doppelt berechnet|zweimal berechnet|dreimal abgebucht|"
    "mehrfach abgebucht|unberechtigt abgebucht|doppelt eingezogen|zweimal eingezogen|"
    "ohne genehmigung|ohne unsere zustimmung|ohne meine zustimmung|zu unrecht abgebucht|"
    "falschlich abgebucht|viel zu viel abgebucht|mehrmals abgebucht|noch einmal abgebucht|"
    "erneut abgebucht|doppelt bezahlt|zweimal bezahlt",
    fr="preleve deux fois|debite deux fois|preleves deux fois|debites deux fois|"
    "double prelevement|facture deux fois|factures deux fois|deux fois la|deux fois pour|"
    "preleve trois fois|paye deux fois|prelevement non autorise|double debit|"
    "plusieurs fois preleve|preleve plusieurs fois|debite plusieurs fois|preleve a tort|"
    "debite a tort|sans notre accord|sans mon accord|sans autorisation|debite trois fois|"
    "preleve de nouveau|encore preleve",
    es="cobrado dos veces|cobraron dos veces|doble cargo|doble cobro|cargo duplicado|"
    "cobro duplicado|cargado dos veces|pagado dos veces|cobrado tres veces|dos veces el|"
    "cargo no autorizado|dos veces la|cobrado varias veces|cobrado de mas|"
    "cobrado por error|sin nuestra autorizacion|sin mi autorizacion|"
    "sin nuestro consentimiento|sin mi consentimiento|cargado de nuevo|vuelto a cobrar|"
    "cobrado otra vez",
    it="addebitato due volte|addebitati due volte|addebitata due volte|doppio addebito|"
    "pagato due volte|fatturato due volte|due volte l|addebito non autorizzato|"
    "addebitato tre volte|addebitato piu volte|addebitato per errore|"
    "senza la nostra autorizzazione|senza autorizzazione|senza il mio consenso|"
    "senza il nostro consenso|addebitato di nuovo|prelevato due volte|prelevati due volte",
    nl="twee keer afgeschreven|tweemaal afgeschreven|dubbel afgeschreven|dubbele afschrijving|"
    "twee keer betaald|dubbel betaald|dubbel in rekening|twee keer in rekening|"
    "dubbel gefactureerd|meerdere keren afgeschreven|onterecht afgeschreven|"
    "ten onrechte afgeschreven|zonder onze toestemming|zonder mijn toestemming|"
    "zonder toestemming|opnieuw afgeschreven|drie keer afgeschreven",
    pt="cobrado duas vezes|cobrada duas vezes|cobraram duas vezes|cobranca duplicada|"
    "dupla cobranca|debitado duas vezes|debitada duas vezes|pago duas vezes|duas vezes o|"
    "duas vezes a|cobranca nao autorizada|debitaram duas vezes|cobrado varias vezes|"
    "cobrado por engano|cobrado indevidamente|debitado indevidamente|"
    "sem a nossa autorizacao|sem autorizacao|sem o meu consentimento|cobrado de novo|"
    "cobrado outra vez|cobrado tres vezes",
)
LEGAL = Words(
    en="lawyer|attorney|solicitor|legal action|we act for|our client will|claim damages|lawsuit|"
    "sue you|court_|notice of breach|breach of contract|final notice|letter before|"
    "data protection authority|gdpr request|article 15|subject access|consumer protection|"
    "chargeback|dispute it with|regulator|injunction|cease and desist",
    de="anwalt|rechtsanw|rechtliche schritte|klage|gericht|abmahnung|schadensersatz|"
    "fristsetzung|letzte mahnung|vertragsverletzung|datenschutzbehorde|dsgvo|auskunft nach|"
    "verbraucherzentrale|strafanzeige|unterlassung|aufsichtsbehorde",
    fr="avocat|action en justice|tribunal|mise en demeure|dommages et interets|poursuite|"
    "rupture de contrat|cnil|rgpd|huissier|dgccrf|voie judiciaire|plainte",
    es="abogado|acciones legales|accion legal|demanda|tribunal|juzgado|burofax|incumplimiento|"
    "danos y perjuicios|agencia de proteccion de datos|rgpd|organizacion de consumidores|"
    "denuncia",
    it="avvocat|legale|azioni legali|tribunale|diffida|inadempi|risarcimento|garante|gdpr|"
    "querela|denuncia",
    nl="advocaat|juridische stappen|rechter|rechtbank|dagvaard|ingebrekestelling|in gebreke|"
    "schadevergoeding|autoriteit persoonsgegevens|avg|aangifte|contractbreuk|gerechtelijk",
    pt="advogad|acao judicial|medidas legais|tribunal|processo judicial|incumprimento|"
    "descumprimento|indemnizacao|indenizacao|cnpd|lgpd|rgpd|queixa-crime|livro de reclamacoes|"
    "procon",
)
# What is known of people is in wrong hands, or their account is.
EXPOSED = Words(
    en="data breach|data leak|leaked|stolen|can see records of|see other customers|"
    "another customer's|other customers' data|somebody else's|someone else's|exposed|"
    "account takeover|taken over my account|visible to everyone|visible to all|"
    "everyone can see|everybody can see|can see the data|strangers can|"
    "from another country|logged in to our account|iban we don't know|payout account|"
    "account has been changed|wrong people|wrong person's|customers see|"
    "public on the internet|found on the dark|our passwords|ransomware|extort|blackmail|"
    "other people's|another person's|other clients' data|data of other|details of other|"
    "invoices of other|hijacked|took over our account|logged in as|"
    "locked us out of our own|personal data * sent|sent to the wrong|medical records|"
    "credit card numbers|encrypted all our|held to ransom|someone has access|"
    "somebody has access|unknown person|someone is using our|somebody is using our|"
    "password was changed|password has been changed|changed our password|bank details of|"
    "health data|see each other's|sent * to another|publicly accessible|indexed by",
    de="datenleck|datenpanne|fremde daten|daten anderer|anderer kunden|andere kunden sehen|"
    "ransomware|gestohlen|datenschutzverletzung|datenschutzvorfall|fur alle sichtbar|"
    "jeder kann sehen|alle konnen * sehen|aus einem anderen land|"
    "in unserem konto angemeldet|fremde iban|auszahlungskonto|offentlich einsehbar|erpress|"
    "unbekannte haben|daten von anderen|rechnungen anderer|rechnung eines anderen|"
    "eines anderen kunden|fremden kunden|konto ubernommen|konto gekapert|"
    "daten veroffentlicht|patientendaten|verschlusselt worden|losegeld|geleakt|abgegriffen|"
    "jemand hat zugriff|fremde haben|fremder zugriff|unbefugter zugriff|"
    "passwort wurde geandert|falschen empfanger|falscher empfanger|an einen anderen kunden|"
    "offentlich zuganglich|frei zuganglich|offen im|gesundheitsdaten",
    fr="fuite de donnees|donnees d'autres|d'un autre client|d'autres clients|vole|"
    "rancongiciel|ransomware|violation de donnees|visible par tous|visibles par tous|"
    "tout le monde peut voir|depuis un autre pays|connecte a notre compte|iban inconnu|"
    "compte de versement|public sur internet|chantage|des inconnus|donnees de nos clients|"
    "factures d'autres|compte pirate|compte vole|prise de controle|dossiers medicaux|"
    "donnees medicales|rancon|envoye a la mauvaise|publiees|quelqu'un a acces|"
    "quelqu'un utilise|mot de passe a ete change|mauvais destinataire|a un autre client|"
    "accessible publiquement|accessibles publiquement|accessibles a tous|donnees de sante|"
    "coordonnees bancaires de",
    es="fuga de datos|filtracion|datos de otros|otros clientes|otro cliente|robad|ransomware|"
    "visible para todos|visibles para todos|todo el mundo puede ver|desde otro pais|"
    "entrado en nuestra cuenta|iban que no|cuenta de cobro|publico en internet|chantaje|"
    "desconocidos|datos de nuestros clientes|facturas de otros|cuenta secuestrada|"
    "se han apoderado|historiales medicos|enviado a la persona equivocada|han publicado|"
    "filtrad|alguien tiene acceso|alguien esta usando|han cambiado la contrasena|"
    "han cambiado nuestra contrasena|destinatario equivocado|a otro cliente|"
    "accesible publicamente|accesibles publicamente|al alcance de cualquiera|"
    "cualquiera puede ver|datos medicos|datos de salud",
    it="fuga di dati|violazione dei dati|data breach|dati di altri|altri clienti|"
    "altro cliente|rubat|ransomware|visibile a tutti|visibili a tutti|tutti possono vedere|"
    "da un altro paese|entrato nel nostro account|iban che non|conto di accredito|"
    "pubblico su internet|ricatt|sconosciuti|dati dei nostri clienti|fatture di altri|"
    "account violato|preso il controllo|cartelle cliniche|riscatto|"
    "inviato alla persona sbagliata|pubblicati online|trapelat|qualcuno ha accesso|"
    "qualcuno sta usando|password e stata cambiata|hanno cambiato la password|"
    "destinatario sbagliato|a un altro cliente|accessibile pubblicamente|"
    "accessibili pubblicamente|chiunque puo vedere|dati sanitari",
    nl="datalek|gegevens van andere|andere klant|gestolen|ransomware|zichtbaar voor iedereen|"
    "iedereen kan * zien|uit een ander land|ingelogd op ons account|"
    "rekening * niet van ons|rekening terecht die niet|iban die we niet|"
    "openbaar op internet|afpers|onbekenden|betalingen * zijn weg|"
    "gegevens van onze klanten|facturen van andere|account overgenomen|account gekaapt|"
    "medische gegevens|patientgegevens|losgeld|naar de verkeerde persoon|gelekt|"
    "iemand heeft toegang|iemand gebruikt ons|wachtwoord is gewijzigd|"
    "wachtwoord is veranderd|verkeerde ontvanger|aan een andere klant|"
    "openbaar toegankelijk|voor iedereen te zien|iedereen kan bij|medische dossiers",
    pt="fuga de dados|vazamento|violacao de dados|dados de outros|outros clientes|"
    "outro cliente|roubad|ransomware|visivel para todos|visiveis para todos|"
    "toda a gente pode ver|todos podem ver|de outro pais|entrou na nossa conta|"
    "iban que nao|conta de pagamento|publico na internet|chantag|desconhecidos|"
    "dados dos nossos clientes|faturas de outros|conta invadida|assumiram o controlo|"
    "assumiram o controle|registos medicos|resgate|enviado para a pessoa errada|vazaram|"
    "vazad|alguem tem acesso|alguem esta a usar|alguem esta usando|"
    "palavra-passe foi alterada|senha foi alterada|mudaram a senha|destinatario errado|"
    "a outro cliente|acessivel publicamente|qualquer pessoa pode ver|qualquer um pode ver|"
    "dados de saude",
)
SECURITY = Words(
    en="breach|hacked|hacker|compromised|vulnerab|security hole|security incident|malware|"
    "unauthori[sz]ed access|phishing|sql injection|not ours",
    de="sicherheitslucke|gehackt|hacker|kompromittiert|schwachstelle|unbefugt|schadsoftware|"
    "sicherheitsvorfall",
    fr="faille|pirat|compromis|vulnerab|acces non autorise|incident de securite",
    es="brecha|hackea|hacker|comprometid|vulnerab|acceso no autorizado|incidente de seguridad",
    it="falla|hacker|compromess|vulnerab|accesso non autorizzato|incidente di sicurezza",
    nl="lek_|gehackt|hacker|gecompromitteerd|kwetsbaarheid|onbevoegd|ongeautoriseerd|"
    "beveiligingsincident",
    pt="hacke|comprometid|vulnerab|acesso nao autorizado|incidente de seguranca|falha de seguranca",
)
DATA_LOSS = Words(
    en="data loss|lost all|all our data|all data|all my data|everything is gone|data is gone|"
    "records are gone|are gone|have disappeared|has disappeared|deleted all|wiped|"
    "all * vanished|backup * restore|lost our|overwritten|have vanished|has vanished|"
    "all * gone|all * deleted|all * missing|everything was deleted|everything is empty|"
    "corrupted|erased|history is gone|nothing is left",
    de="datenverlust|alle daten|samtliche daten|alles weg|daten sind weg|daten weg|geloscht|"
    "verschwunden|uberschrieben|nicht wiederherstell|sind weg|alle * weg|fehlen alle|"
    "alle * fehlen|alles geloscht|unwiederbringlich|nichts mehr da",
    fr="perte de donnees|toutes nos donnees|toutes les donnees|donnees perdues|tout a disparu|"
    "ont disparu|a disparu|supprimees|effacees|ecrase|tout efface|tout a ete efface|"
    "tout est perdu|sont perdues|corromp|plus aucune trace",
    es="perdida de datos|todos los datos|todos nuestros datos|hemos perdido|han desaparecido|"
    "ha desaparecido|borrad|sobrescrit|estan vacios|estan vacias|se han borrado|"
    "se han perdido",
    it="perdita di dati|tutti i dati|tutti i nostri dati|abbiamo perso|sono spariti|"
    "sono sparit|e sparito|cancellati|sovrascritt|scompars|sono vuoti|sono vuote|"
    "e stato cancellato|e andato perso|sono andati persi|perso tutto|corrott",
    nl="gegevensverlies|dataverlies|alle gegevens|al onze gegevens|al onze data|alles is weg|"
    "alles weg|verdwenen|gewist|overschreven|zijn weg|alle * weg|alle * verdwenen|"
    "alles verwijderd",
    pt="perda de dados|todos os dados|todos os nossos dados|perdemos tod|desapareceram|"
    "desapareceu|apagad|sobrescrit|estao vazios|estao vazias|foi apagado|foram apagados|"
    "foram eliminad|perderam-se|sumiram|corromp",
)
# Time is short: one step more for whatever it is about.
DEADLINE = Words(
    en="today|immediately|urgent|asap|as soon as possible|right now|within the hour|"
    "within * hours|by tonight|this morning|by noon|by tomorrow|emergency|tomorrow morning|"
    "before 1|tonight|this evening|this afternoon|right away|at once|end of day|"
    "end of the day|in an hour|in one hour|in * minutes|in * hours|in the next hour|"
    "within minutes|every minute|every hour|now!|we open in",
    de="heute|sofort|dringend|umgehend|unverzuglich|eilt|notfall|bis morgen|"
    "so schnell wie moglich|noch diese stunde|morgen fruh|in einer stunde|in * minuten|"
    "in * stunden|in wenigen stunden|jede minute|jede stunde|auf der stelle|feierabend|"
    "diese nacht|innerhalb von * stunden|binnen * stunden|innerhalb einer stunde|"
    "binnen einer stunde|binnen kurzem",
    fr="aujourd'hui|immediatement|urgen|des que possible|au plus vite|tout de suite|ce matin|"
    "ce soir|d'ici demain|sous 24|dans l'heure|demain matin|dans une heure|dans * minutes|"
    "dans * heures|cet apres-midi|cette nuit|sans delai|chaque minute|chaque heure|"
    "dans les plus brefs delais|ce jour",
    es="hoy|inmediatamente|de inmediato|urgen|lo antes posible|cuanto antes|ahora mismo|"
    "esta manana|esta noche|antes de manana|en 24 horas|manana por la manana|en una hora|"
    "en * minutos|en * horas|esta tarde|ya mismo|sin demora|cada minuto|cada hora|"
    "en el acto",
    it="oggi|immediatamente|subito|urgen|il prima possibile|al piu presto|stamattina|stasera|"
    "entro domani|entro 24|entro oggi|domani mattina|tra un'ora|entro un'ora|tra * minuti|"
    "tra * ore|entro stasera|questa sera|questa notte|senza indugio|ogni minuto|ogni ora|"
    "immediat",
    nl="vandaag|onmiddellijk|direct|dringend|spoed|zo snel mogelijk|per direct|vanochtend|"
    "vanavond|voor morgen|binnen 24|morgenochtend|urgent|binnen een uur|over een uur|"
    "over * minuten|over * uur|vanmiddag|vannacht|meteen|elke minuut|ieder uur|elk uur|"
    "zo spoedig mogelijk",
    pt="hoje|imediatamente|de imediato|urgen|o mais rapido|quanto antes|agora mesmo|"
    "esta manha|esta noite|ate amanha|em 24 horas|amanha de manha|dentro de uma hora|"
    "daqui a uma hora|em * minutos|em * horas|esta tarde|ja ja|sem demora|cada minuto|"
    "cada hora|o quanto antes",
)
THANKS = Words(
    en="thanks|thank you|got it|perfect|works now|solved|that helped|all good|great,",
    de="danke|vielen dank|passt|funktioniert jetzt|hat geklappt|erledigt|perfekt|super",
    fr="merci|parfait|c'est bon|ca marche|resolu",
    es="gracias|perfecto|ya funciona|resuelto|solucionado",
    it="grazie|perfetto|funziona ora|risolto|tutto ok",
    nl="bedankt|dank je|dank u|perfect|werkt nu|opgelost|top_",
    pt="obrigad|perfeito|ja funciona|resolvido|tudo certo",
)
