"""Words for what is grave, what is pressing, and what is a mere word of thanks."""

from classifier.words import Words

# Each of these lifts a mail to P0 or P1: somebody loses money, data, or cannot work at all.
OUTAGE = Words(
    en="is down|are down|went down|outage|completely down|site down|shop down|server down|"
    "system down|nobody can|no one can|none of us can|cannot take orders|can't take orders|"
    "nobody in * can|all users|all our users|whole company|entire company|"
    "everyone is locked out|production is|standstill|all of our * are|not reachable|unreachable|"
    "cannot work at all|everything is down|refuse all|refuses all|none of the tills|"
    "no orders come|nothing works|all tills|all our shops|every employee|every customer|"
    "stands still|losing thousands|losing money every|lose * per hour|per hour|"
    "patient safety|wrong patient|in danger|injur|on fire|smoke|burn|overheat|emergency",
    de="ausfall|ausgefallen|komplett ausgefallen|nicht erreichbar|niemand kann|keiner kann|"
    "keiner von uns|alle nutzer|alle mitarbeiter|steht still|stillstand|produktion steht|"
    "nichts geht mehr|totalausfall|server ist down|shop ist down|seite ist down|system steht|"
    "konnen nicht arbeiten|konnen keine bestellungen|alle kassen|keine kasse|"
    "nichts funktioniert|geht gar nichts|samtliche|steht komplett|alle filialen|pro stunde|"
    "patient|verletzt|brand|rauch|brennt|lebensgefahr|gefahr",
    fr="en panne|est tombe|hors service|hors ligne|inaccessible|personne ne peut|plus personne|"
    "tous les utilisateurs|tous nos|a l'arret|bloques|totalement bloque|site est down|"
    "serveur est down|panne generale|panne totale|ne pouvons plus travailler|toutes les caisses|"
    "toutes nos caisses|plus rien ne|rien ne fonctionne|refusent toutes|tous les magasins|"
    "par heure|patient|blesse|incendie|fumee|danger|caisses bloquees",
    es="esta caido|esta caida|se ha caido|caida total|caida del|fuera de servicio|nadie puede|"
    "todos los usuarios|parad[oa]s|paralizad|no podemos trabajar|inaccesible|no podemos vender|"
    "todas las cajas|nada funciona|todas las tiendas|por hora|paciente|herid|incendio|humo|"
    "peligro|ninguna caja|no funciona nada",
    it="e giu|fuori servizio|non raggiungibile|nessuno riesce|nessuno puo|tutti gli utenti|"
    "fermi_|e tutto fermo|bloccata la produzione|produzione ferma|non possiamo lavorare|"
    "irraggiungibile|completamente bloccat|tutte le casse|non funziona niente|"
    "non funziona nulla|tutti i negozi|all'ora|paziente|ferit|incendio|fumo|pericolo|"
    "nessuna cassa",
    nl="ligt plat|liggen plat|ligt eruit|ligt stil|liggen stil|onbereikbaar|niemand kan|"
    "alle gebruikers|alles ligt|volledige storing|grote storing|kunnen niet werken|offline|"
    "productie staat stil|alle kassa's|niets werkt|niks werkt|alle winkels|per uur|patient|"
    "gewond|brand|rook|gevaar|geen enkele kassa",
    pt="esta em baixo|fora do ar|caiu|fora de servico|ninguem consegue|ninguem pode|"
    "todos os utilizadores|todos os usuarios|parad[oa]s|paralisad|nao conseguimos trabalhar|"
    "inacessivel|producao parada|todas as caixas|nada funciona|todas as lojas|por hora|paciente|"
    "ferid|incendio|fumo|fumaca|perigo|nenhuma caixa",
)
TAKEN_TWICE = Words(
    en="charged twice|charged our card twice|charged me twice|charged us twice|double charge|"
    "charged two times|charged three times|debited twice|billed twice|paid twice|"
    "duplicate charge|twice for|unauthori[sz]ed charge|unauthori[sz]ed payment|"
    "unauthori[sz]ed transaction|wrong amount|charged * thousand",
    de="doppelt abgebucht|zweimal abgebucht|doppelt belastet|zweimal belastet|"
    "doppelte abbuchung|doppelt berechnet|zweimal berechnet|dreimal abgebucht|"
    "mehrfach abgebucht|unberechtigt abgebucht|doppelt eingezogen|zweimal eingezogen",
    fr="preleve deux fois|debite deux fois|preleves deux fois|debites deux fois|"
    "double prelevement|facture deux fois|factures deux fois|deux fois la|deux fois pour|"
    "preleve trois fois|paye deux fois|prelevement non autorise|double debit",
    es="cobrado dos veces|cobraron dos veces|doble cargo|doble cobro|cargo duplicado|"
    "cobro duplicado|cargado dos veces|pagado dos veces|cobrado tres veces|dos veces el|"
    "cargo no autorizado|dos veces la",
    it="addebitato due volte|addebitati due volte|addebitata due volte|doppio addebito|"
    "pagato due volte|fatturato due volte|due volte l|addebito non autorizzato|"
    "addebitato tre volte",
    nl="twee keer afgeschreven|tweemaal afgeschreven|dubbel afgeschreven|dubbele afschrijving|"
    "twee keer betaald|dubbel betaald|dubbel in rekening|twee keer in rekening|"
    "dubbel gefactureerd",
    pt="cobrado duas vezes|cobrada duas vezes|cobraram duas vezes|cobranca duplicada|"
    "dupla cobranca|debitado duas vezes|debitada duas vezes|pago duas vezes|duas vezes o|"
    "duas vezes a|cobranca nao autorizada|debitaram duas vezes",
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
SECURITY = Words(
    en="data breach|data leak|leaked|breach|hacked|hacker|compromised|vulnerab|security hole|"
    "security incident|ransomware|malware|stolen|can see records of|see other customers|"
    "another customer's|other customers' data|somebody else's|someone else's|"
    "unauthori[sz]ed access|exposed|phishing|sql injection|account takeover|"
    "taken over my account|visible to everyone|visible to all|everyone can see|"
    "everybody can see|can see the data|strangers can|from another country|"
    "logged in to our account|iban we don't know|payout account|account has been changed|"
    "not ours|wrong people|wrong person's|customers see|public on the internet|"
    "found on the dark|our passwords|extort|blackmail",
    de="datenleck|datenpanne|sicherheitslucke|gehackt|hacker|kompromittiert|schwachstelle|"
    "fremde daten|daten anderer|anderer kunden|andere kunden sehen|unbefugt|ransomware|"
    "schadsoftware|gestohlen|datenschutzverletzung|datenschutzvorfall|sicherheitsvorfall|"
    "fur alle sichtbar|jeder kann sehen|alle konnen * sehen|aus einem anderen land|"
    "in unserem konto angemeldet|fremde iban|auszahlungskonto|offentlich einsehbar|erpress|"
    "unbekannte haben",
    fr="fuite de donnees|faille|pirat|compromis|vulnerab|donnees d'autres|d'un autre client|"
    "d'autres clients|acces non autorise|vole|rancongiciel|ransomware|incident de securite|"
    "violation de donnees|visible par tous|visibles par tous|tout le monde peut voir|"
    "depuis un autre pays|connecte a notre compte|iban inconnu|compte de versement|"
    "public sur internet|chantage|des inconnus",
    es="fuga de datos|filtracion|brecha|hackea|hacker|comprometid|vulnerab|datos de otros|"
    "otros clientes|otro cliente|acceso no autorizado|robad|ransomware|incidente de seguridad|"
    "visible para todos|visibles para todos|todo el mundo puede ver|desde otro pais|"
    "entrado en nuestra cuenta|iban que no|cuenta de cobro|publico en internet|chantaje|"
    "desconocidos",
    it="fuga di dati|violazione dei dati|data breach|falla|hacker|compromess|vulnerab|"
    "dati di altri|altri clienti|altro cliente|accesso non autorizzato|rubat|ransomware|"
    "incidente di sicurezza|visibile a tutti|visibili a tutti|tutti possono vedere|"
    "da un altro paese|entrato nel nostro account|iban che non|conto di accredito|"
    "pubblico su internet|ricatt|sconosciuti",
    nl="datalek|lek_|gehackt|hacker|gecompromitteerd|kwetsbaarheid|gegevens van andere|"
    "andere klant|onbevoegd|ongeautoriseerd|gestolen|ransomware|beveiligingsincident|"
    "zichtbaar voor iedereen|iedereen kan * zien|uit een ander land|ingelogd op ons account|"
    "rekening * niet van ons|rekening terecht die niet|iban die we niet|openbaar op internet|"
    "afpers|onbekenden|betalingen * zijn weg",
    pt="fuga de dados|vazamento|violacao de dados|hacke|comprometid|vulnerab|dados de outros|"
    "outros clientes|outro cliente|acesso nao autorizado|roubad|ransomware|"
    "incidente de seguranca|falha de seguranca|visivel para todos|visiveis para todos|"
    "toda a gente pode ver|todos podem ver|de outro pais|entrou na nossa conta|iban que nao|"
    "conta de pagamento|publico na internet|chantag|desconhecidos",
)
DATA_LOSS = Words(
    en="data loss|lost all|all our data|all data|all my data|everything is gone|data is gone|"
    "records are gone|are gone|have disappeared|has disappeared|deleted all|wiped|"
    "all * vanished|backup * restore|lost our|overwritten",
    de="datenverlust|alle daten|samtliche daten|alles weg|daten sind weg|daten weg|geloscht|"
    "verschwunden|uberschrieben|nicht wiederherstell",
    fr="perte de donnees|toutes nos donnees|toutes les donnees|donnees perdues|tout a disparu|"
    "ont disparu|a disparu|supprimees|effacees|ecrase",
    es="perdida de datos|todos los datos|todos nuestros datos|hemos perdido|han desaparecido|"
    "ha desaparecido|borrad|sobrescrit",
    it="perdita di dati|tutti i dati|tutti i nostri dati|abbiamo perso|sono spariti|sono sparit|"
    "e sparito|cancellati|sovrascritt|scompars",
    nl="gegevensverlies|dataverlies|alle gegevens|al onze gegevens|al onze data|alles is weg|"
    "alles weg|verdwenen|gewist|overschreven",
    pt="perda de dados|todos os dados|todos os nossos dados|perdemos tod|desapareceram|"
    "desapareceu|apagad|sobrescrit",
)
# Time is short: one step more for whatever it is about.
DEADLINE = Words(
    en="today|immediately|urgent|asap|as soon as possible|right now|within the hour|"
    "within * hours|by tonight|this morning|by noon|by tomorrow|emergency|tomorrow morning|"
    "before 1|within 7 days",
    de="heute|sofort|dringend|umgehend|unverzuglich|eilt|notfall|bis morgen|binnen|"
    "innerhalb von|so schnell wie moglich|noch diese stunde|morgen fruh",
    fr="aujourd'hui|immediatement|urgen|des que possible|au plus vite|tout de suite|ce matin|"
    "ce soir|d'ici demain|sous 24|dans l'heure|demain matin",
    es="hoy|inmediatamente|de inmediato|urgen|lo antes posible|cuanto antes|ahora mismo|"
    "esta manana|esta noche|antes de manana|en 24 horas|manana por la manana",
    it="oggi|immediatamente|subito|urgen|il prima possibile|al piu presto|stamattina|stasera|"
    "entro domani|entro 24|entro oggi|domani mattina",
    nl="vandaag|onmiddellijk|direct|dringend|spoed|zo snel mogelijk|per direct|vanochtend|"
    "vanavond|voor morgen|binnen 24|morgenochtend|urgent",
    pt="hoje|imediatamente|de imediato|urgen|o mais rapido|quanto antes|agora mesmo|esta manha|"
    "esta noite|ate amanha|em 24 horas|amanha de manha",
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
