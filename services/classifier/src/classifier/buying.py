"""Cues of those who want to buy, and of those who have bought already.

A list says one thing in seven languages; its words are written as `classifier.words` says.
"""

from classifier.words import Cue, Words

BUYS = (
    Cue(
        "asks for a price or an offer",
        4,
        Words(
            en="a quote|quote (?:for|me|us)|quotation|price list|pricing|your (?:prices|rates|"
            "fees|best price)|how much (?:is|are|does|do|would|will|for|it|per|to)|"
            "what (?:does|do|would|will|is|are|'s) * (?:costs?|price)_|(?:would|does|will|"
            "might) (?:it|this|that) cost|cost (?:us|me)_|(?:could|can|would|will|"
            "please) (?:you )?price_|price (?:for|per|with)|(?:send|make|give|get) (?:us|"
            "me) * (?:offer|proposal|quote|estimate|price)|(?:volume|educational|nonprofit|"
            "non-profit|charity|student|bulk) discount|discount for|roughly what|"
            "estimate for|commercial (?:offer|terms)|what margin|ballpark",
            de="(?:ihr|um ein|ein|unverbindliches|um ihr|um euer) angebot|angebot (?:fur|uber|"
            "anfordern|zukommen|inkl)|angebotsanfrage|anfrage: angebot|preisanfrage|"
            "preisliste|preise|was (?:kostet|kosten|wurde|nehmt)|wie ?viel (?:kostet|kosten|"
            "wurde)|welche kosten|kostenvoranschlag|mengenrabatt|rabatt fur|wie teuer|"
            "konditionen|kosten wir|kosten pro|preis (?:fur|pro)|euer preis",
            fr="devis|demande de prix|vos (?:tarifs|prix|conditions)|quel(?:s|le|les)? (?:est|"
            "serait|sont|seraient) * (?:prix|tarif|cout)|combien (?:coute|couterait|ca|cela|"
            "est-ce|faut|pour|vaut)|(?:une|votre|faire une) (?:offre|proposition)_|"
            "tarif (?:pour|etudiant|association|par|degressif)|remise (?:pour|sur)|(?:le|"
            "au) prix (?:de|pour|par)|grille tarifaire",
            es="presupuesto|cotizacion|cuanto (?:cuesta|costaria|vale|saldria|seria|es|cobran|"
            "nos)|(?:sus|vuestros|los|que) (?:precios?|tarifas)_|lista de precios|(?:una|su|"
            "nos) (?:oferta|propuesta)_|descuento (?:por|para)|precio (?:por|para)|"
            "condiciones (?:de pago|comerciales)",
            it="preventivo|quanto (?:costa|costerebbe|viene|verrebbe|sarebbe|costano)|"
            "(?:i )?vostri prezzi|listino|che prezz|(?:un'|una |vostra )(?:offerta|proposta|"
            "quotazione)|sconto per|prezzo (?:per|di|del)|quali sono i (?:costi|prezzi)|"
            "condizioni commerciali",
            nl="offerte|prijsopgave|wat (?:kost|kosten|zou|gaat) |hoeveel (?:kost|kosten|zou|"
            "is het)|prijslijst|(?:uw|jullie|de) (?:prijzen|tarieven)_|(?:een|uw|"
            "jullie) (?:aanbod|voorstel)_|korting (?:voor|bij)|prijs (?:per|voor)|"
            "prijsindicatie",
            pt="orcamento|cotacao|quanto (?:custa|custaria|fica|ficaria|sai|sairia|e |seria|"
            "custam)|(?:os vossos|seus|os|vossos) precos|tabela de precos|(?:uma|vossa|"
            "sua) proposta|desconto para|preco (?:por|para|d[aeo])|condicoes comerciais|"
            "que preco|qual (?:e )?o (?:preco|valor)",
        ),
    ),
    Cue(
        "asks before buying",
        5,
        Words(
            en="before (?:i|we) (?:buy|sign|order|subscribe|purchase|commit|decide|pay|switch|"
            "join|go for|take|choose)|before (?:buying|purchas|signing up|ordering|"
            "subscribing|committing)|pre-?sales|thinking (?:of|about) (?:getting|buying|"
            "using|switching|signing|moving|trying|taking|subscrib)|considering (?:your|"
            "buying|switching|a switch|moving|a move|using)|(?:want|wish|hope|hoping|ready|"
            "plan|planning|looking|decided|intend|about|happy) to (?:buy|order from|"
            "purchase|subscribe|sign up|become a customer|switch to you)|(?:would|we'd|"
            "i'd) (?:love|like) to (?:buy|purchase|subscribe|start using|get started|try|"
            "sign up|become|use your|know more|learn more|place an order|order \\d)|"
            "interested in (?:buying|your|purchasing|using|trying|getting|switching|"
            "a (?:demo|trial|licen|plan))|we have decided (?:for|on) you|potential customer|"
            "new customer|prospective|would it suit|recommended (?:you|your)|heard (?:of|"
            "about) (?:you|your)|saw your (?:product|tool|app|software|ad|stand)",
            de="(?:vor dem|vorm) (?:kauf|abschluss)|(?:bevor|ehe) (?:wir|"
            "ich) (?:\\w+ ){0,3}(?:bestell|kauf|bezahl|abschliess|unterschreib|buch|umsteig|"
            "wechsel|entscheid)|(?:wurden|mochten|wollen|will|mochte|"
            "wurde) (?:\\w+ ){0,5}(?:kaufen|bestellen|abonnieren|kunde werden|erwerben|"
            "umsteigen|anschaffen)|uberlegen? (?:uns|mir|gerade|ob)|interessier\\w+ (?:uns|"
            "mich|wir|ich)|interesse an (?:ihr|eur|d)|(?:bin|sind) interessiert|"
            "kaufinteress|neukunde|empfohlen (?:worden|bekommen)|wurde(?:n)? (?:uns|"
            "mir) empfohlen|habe von (?:ihnen|euch)|auf sie aufmerksam|lizenzen? (?:kaufen|"
            "erwerben)",
            fr="avant (?:de|d') ?(?:m'|nous |s')?(?:abonner|acheter|commander|souscrire|signer|"
            "decider|m'engager|engager|payer|choisir|achat)|avant (?:l'achat|achat)|"
            "(?:souhait|voudr|aimer|desir|envisage|pens|veux|voulons|comptons)\\w* (?:d'|"
            "de )?(?:nous |m')?(?:acheter|souscrire|abonner|commander|utiliser|acquerir|"
            "equiper|passer a|essayer|tester|devenir client|adopter)|interess\\w+ (?:par|"
            "a) (?:vo|l)|(?:votre|vos) (?:\\w+ )?m'interess|en savoir plus|futur client|"
            "recommande par|parle de vous|nouveau client|(?:decouvert|vu) votre",
            es="antes de (?:comprar|contratar|suscrib|pedir|decidir|pagar|firmar|registrar|"
            "dar el paso|apuntar)|(?:quiero|queremos|quisier\\w+|gustaria|deseamos|pensamos|"
            "pensando en|planeamos|interesa) (?:\\w+ )?(?:contratar|comprar|adquirir|"
            "suscribir|probar|empezar|cambiar a|abrir)|(?:interesad[oa]s?|interes) (?:en|"
            "por) |nos interesa|me interesa|mas informacion sobre (?:su|vuestr)|"
            "nuevo cliente|nos (?:han )?recomend|me (?:han )?recomend|hemos visto su",
            it="prima di (?:acquist|compr|abbon|ordin|firm|decid|sottoscri|iscriv|pag|passare)|"
            "(?:vorre\\w+|vogliamo|voglio|desider\\w+|intend\\w+|pens\\w+ di|piacerebbe|"
            "valutando) (?:\\w+ )?(?:acquist|compr|ordin|abbon|provare|passare a|sottoscriv|"
            "attivare|aprire con|adottare|l'acquisto)|interessat\\w* (?:a|al|ad|alla|ai|"
            "all')|ci interessa|mi interessa|ulteriori informazioni su|nuovo cliente|"
            "ci (?:hanno|ha) (?:consigliato|parlato)|abbiamo visto il vostro",
            nl="voor(?:dat)? (?:ik|we|wij) (?:\\w+ ){0,3}(?:koop|kopen|bestel|abonne|teken|"
            "beslis|betaal|overstap|aanschaf)|voor aankoop|(?:wil|willen|zou|"
            "zouden) (?:\\w+ ){0,5}(?:kopen|bestellen|afnemen|aanschaffen|overstappen|"
            "klant worden|gaan gebruiken|proberen)|(?:interesse in|geinteresseerd)|"
            "overwegen (?:\\w+ ){0,4}(?:te|om|over)|overweeg|nieuwe klant|aangeraden|"
            "aanbevolen|meer (?:weten|informatie) over (?:uw|jullie)|licenties kopen",
            pt="antes de (?:assinar|comprar|contratar|subscrever|encomendar|decidir|pagar|"
            "fechar|aderir|me inscrever)|(?:quero|queremos|queria\\w*|gostari\\w+|"
            "pretend\\w+|desejamos|pens\\w+ em|estou a pensar em|"
            "estamos a pensar em) (?:de )?(?:\\w+ )?(?:contratar|comprar|adquirir|assinar|"
            "subscrever|experimentar|aderir|testar|mudar para|comecar a usar)|"
            "interessad[oa]s? (?:em|n[oa]|pel[oa])|(?:me|nos) interessa|interesse (?:em|"
            "n[oa])|mais informac\\w+ sobre (?:o voss|o seu|a voss|os seus)|novo cliente|"
            "recomend(?:ou|aram)|vi (?:o|a) (?:vosso|seu|sua|vossa)",
        ),
    ),
    Cue(
        "wants a trial or a demonstration",
        4,
        Words(
            en="(?:book|have|get|see|schedule|arrange|request|for|want|like|receive|join) (?:a|"
            "an|your|the) (?:\\w+ )?demo_|a demo_|demonstration|free trial|trial (?:period|"
            "account|version|licence|license)|(?:is|have|offer|get|start|"
            "extend) (?:there )?(?:a|the|our|any|my) (?:free )?trial|(?:try|test) (?:it|"
            "your|the (?:product|software|app|tool)|out)_|try (?:it )?before|test account|"
            "sandbox|show (?:us|me) (?:the|your|how it)|see it (?:live|in action)|"
            "pilot (?:project|phase|with)|proof of concept",
            de="testzugang|testversion|testphase|probemonat|probezeit fur|probe(?:abo|version|"
            "zugang)|(?:kostenlos|unverbindlich|vorher|mal|erst) (?:\\w+ ){0,3}(?:test|"
            "ausprobier|probier)|(?:eine|ihre|online-?)[ -]?demo|demo-?termin|vorfuhrung|"
            "vorfuhren|ausprobieren|(?:uns|mir) (?:\\w+ )?(?:zeigen|vorstellen)|"
            "pilotprojekt|teststellung|probieren",
            fr="demonstration|(?:une|la|votre) demo_|essai gratuit|periode d'essai|"
            "version d'essai|essayer|(?:le|la|pouvoir|puis-je|peut-on) tester|"
            "compte de test|essai sans|nous (?:le )?montrer|nous presenter|projet pilote",
            es="demostracion|(?:una|la|ver) demo_|prueba (?:gratuita|gratis)|periodo de prueba|"
            "version de prueba|probarlo|probar (?:el|la|su|antes|gratis)|(?:mostrar|"
            "ensenar)(?:nos|me|lo)|cuenta de prueba|prueba piloto",
            it="dimostrazione|(?:una|la|vostra) demo_|prova gratuita|periodo di prova|"
            "versione di prova|provar(?:e|lo)|(?:farci|farmi) vedere|mostrar(?:ci|mi)|"
            "account di prova",
            nl="(?:een|de|jullie|uw) demo_|demonstratie|proefperiode|gratis proef|proefversie|"
            "proefaccount|(?:uit)?proberen|eerst testen|laten zien|komen tonen|pilot",
            pt="demonstracao|(?:uma|a|ver) demo_|(?:teste|periodo|versao) (?:gratuit|gratis|"
            "de teste|de avaliacao|de experiencia)|teste gratis|experimentar|testar (?:o|a|"
            "antes)|mostrar (?:o|a|nos)|mostrar-nos|conta de teste",
        ),
    ),
    Cue(
        "looks for a product",
        4,
        Words(
            en="(?:and|we|i|i'm|we're|who)(?: are| am| is| were)? (?:currently |now |also |"
            "still )?(?:looking|searching) (?:for|around|at)|in the market for|comparing|"
            "evaluating|shortlist|need (?:a|an|some) (?:\\w+ ){0,3}(?:system|tool|solution|"
            "software|app|platform|replacement|supplier|vendor|provider|product)|"
            "replacement vendor|request for proposal|what do you recommend|which (?:plan|"
            "package|edition|version|product|model|option) (?:\\w+ ){0,3}(?:suits?|fits?|"
            "right|best|need|recommend|cover|include|should|would)|"
            "is the \\w+ plan (?:the )?right|right (?:plan|product|fit) for|"
            "want to get (?:rid of|away from) (?:paper|spreadsheets|excel)",
            de="such(?:en|e|t) (?:\\w+ ){0,3}(?:losung|anbieter|software|programm|system|"
            "werkzeug|tool|partner fur|lieferant|kasse|app|dienstleister|ersatz)|"
            "auf der suche nach|brauch\\w+ (?:\\w+ ){0,3}(?:software|losung|programm|system|"
            "kasse|shop|portal)|vergleichen|welche[rs]? (?:tarif|paket|version|lizenz|"
            "produkt|edition|variante)|beraten lassen|beratungstermin|(?:geeignet|"
            "passend) fur|eignet sich|empfehlen sie",
            fr="(?:nous|je|on) (?:re)?cherch\\w+ (?:un|une|a|des)|a la recherche d|(?:besoin|"
            "quete) d'un\\w* (?:\\w+ )?(?:logiciel|solution|outil|systeme|caisse|"
            "prestataire|fournisseur|application)|compar(?:ons|e) |quelle (?:formule|offre|"
            "version|solution)|quel (?:forfait|abonnement|logiciel)|que (?:nous |"
            "me )?(?:conseillez|recommandez)|conviendrait",
            es="(?:estamos|estoy) (?:buscando|comparando|evaluando|valorando)|busc(?:amos|"
            "o) (?:un|una|el)|neces(?:itamos|ito) (?:un|una) (?:\\w+ )?(?:programa|sistema|"
            "software|solucion|herramienta|proveedor|aplicacion|oferta)|que (?:plan|paquete|"
            "version) |cual (?:de los planes|plan)|que (?:me|nos) recomiendan",
            it="(?:stiamo|sto) (?:cercando|valutando|confrontando)|cerc(?:hiamo|o) un|(?:serve|"
            "servirebbe|bisogno di) un\\w* (?:\\w+ )?(?:sistema|programma|software|"
            "gestionale|soluzione|fornitore|strumento)|quale (?:piano|abbonamento|versione|"
            "pacchetto)|cosa (?:ci|mi) (?:consigliat|consigli)",
            nl="(?:zoek|zoeken) (?:we |wij |ik )?(?:een|naar een|iets)|op zoek naar|(?:nodig|"
            "behoefte aan) een|(?:welk|welke) (?:pakket|abonnement|versie|plan|product)|"
            "vergelijken|wat (?:raden|raad) (?:jullie|u)|van (?:papier|excel) af|"
            "geschikt voor",
            pt="(?:estamos|estou|ando) (?:a )?(?:procurar|procura|procurando|buscando|comparar|"
            "comparando|avaliar|avaliando)|(?:procur|busc)(?:amos|o) (?:um|uma)|"
            "precis(?:amos|o) de (?:um|uma) (?:\\w+ )?(?:sistema|programa|software|solucao|"
            "ferramenta|fornecedor|plataforma)|qual (?:plano|pacote|versao)|que plano|"
            "o que (?:me |nos )?recomenda",
        ),
    ),
    Cue(
        "comes from another supplier",
        4,
        Words(
            en="(?:current|present|existing|old|incumbent|other|previous) (?:\\w+ )?(?:provider|"
            "supplier|vendor|tool|system|software|solution)|"
            "our (?:\\w+ )?contract (?:\\w+ )?(?:ends|runs out|expires|is up|is ending)|"
            "switch(?:ing)? (?:from|to you|over to you|to your)|moving (?:from|over from|"
            "away from|to your)|migrat\\w+ (?:from|to your|to you)|replac(?:e|ing) (?:our|"
            "the) (?:old|current|present|existing)|instead of (?:our|the) (?:old|current)|"
            "outgrown (?:our spreadsheet|excel|spreadsheets)",
            de="(?:bisherig|jetzig|aktuell|derzeitig|alt|heutig|"
            "gegenwartig)\\w* (?:\\w+ )?(?:anbieter|dienstleister|software|system|losung|"
            "lieferant|programm|tool)|(?:wechsel|umstieg|umsteigen|wechseln|"
            "umziehen) (?:zu ihnen|von|auf|zu euch)|anbieter wechseln|"
            "vertrag (?:\\w+ ){0,5}lauft (?:\\w+ ){0,3}aus|ablosen|abzulosen",
            fr="(?:prestataire|fournisseur|logiciel|outil|systeme|solution|contrat) (?:actuel|"
            "en place)|changer de (?:prestataire|fournisseur|logiciel|solution|caisse)|"
            "quitter notre|remplacer (?:notre|nos)|migr\\w+ depuis|(?:contrat|"
            "abonnement) (?:\\w+ ){0,3}(?:se termine|arrive a echeance|prend fin)",
            es="(?:proveedor|programa|sistema|contrato|software|herramienta) (?:actual|"
            "anterior)|cambiar de (?:proveedor|programa|sistema|software)|migrar desde|"
            "venimos de|sustituir (?:nuestro|el)|dejar (?:a )?nuestro",
            it="(?:attuale|vecchio) (?:fornitore|gestionale|programma|software|sistema|"
            "contratto)|(?:fornitore|gestionale|programma|software|sistema) attuale|"
            "cambiare (?:fornitore|gestionale|programma|software|sistema)|sostituire il|"
            "migrare da|passare (?:a voi|al vostro|da )",
            nl="(?:huidige|oude|bestaande) (?:\\w+ )?(?:leverancier|systeem|pakket|software|"
            "aanbieder|contract|programma)|overstap(?:pen)? (?:naar|van)|(?:contract|"
            "abonnement) (?:\\w+ ){0,4}(?:loopt|afloopt) |vervangen door|van leverancier",
            pt="(?:fornecedor|sistema|programa|software|contrato) (?:atual|actual|antigo)|"
            "(?:mudar|trocar|trocando|mudanca) de (?:fornecedor|sistema|programa|software)|"
            "migrar d|substituir (?:o|a) (?:nosso|nossa|atual)|"
            "contrato (?:\\w+ ){0,3}(?:termina|acaba|vence)",
        ),
    ),
    Cue(
        "wants to resell or invites a tender",
        5,
        Words(
            en="resell|reseller|become (?:a|your) (?:\\w+ )?(?:partner|dealer|distributor)|"
            "partner (?:program|terms|conditions)|distribut\\w+ your|white.?label|"
            "invitation to tender|(?:request for|rfp|rfq)_|tender_|procurement|"
            "invite you to (?:bid|submit)",
            de="ausschreibung|wiederverkauf|wiederverkaufer|vertriebspartner|handler werden|"
            "handlerkonditionen|vergabe|angebotsabgabe|white.?label|leistungsverzeichnis",
            fr="appel d'offres|revend|devenir (?:partenaire|distributeur)|distribuer vo|"
            "marque blanche|cahier des charges|consultation de prix|marche public",
            es="licitacion|revend|distribuidor|pliego|concurso publico|marca blanca|"
            "ser (?:su )?partner",
            it="gara d'appalto|bando|rivend|distributor|diventare (?:vostr\\w+ )?partner|"
            "capitolato|gara_",
            nl="aanbesteding|wederverkop|reseller|doorverkop|dealer worden|distributeur|"
            "partner worden|bestek",
            pt="licitacao|concurso publico|revend|distribuidor|caderno de encargos|edital|"
            "marca branca|parceiro (?:comercial|oficial)",
        ),
    ),
    Cue(
        "wants to talk about a purchase",
        3,
        Words(
            en="(?:talk|speak) to (?:sales|someone (?:in|from) sales|your sales)|sales team|"
            "topic: sales|call me back|account executive|who (?:can|should|do) (?:we|"
            "i) (?:speak|talk|contact|turn)|(?:what|the) (?:would )?(?:the )?next steps?|"
            "our budget|budget approv|board approval|approved budget|purchase order for|"
            "enterprise plan|what would onboarding|how do we get started|get started|"
            "onboarding|minimum (?:order|term)|payment terms|delivery time for|lead time|"
            "do you (?:ship|deliver) to",
            de="vertrieb|ansprechpartner|ruckruf|rufen sie mich|beratung|nachste schritt|budget|"
            "einrichtung und schulung|mindestlaufzeit|liefern sie|liefert ihr|"
            "lieferzeit fur|zahlungsbedingungen",
            fr="(?:un|votre|service) commercial|rappelez|me rappeler|rendez-vous|"
            "prochaine etape|budget|livrez-vous|duree d'engagement|sans engagement|"
            "compris(?:e)? la formation",
            es="(?:comercial|ventas)_|llam(?:en|e|ar)me|reunion|siguiente paso|proximo paso|"
            "hacen envios|envian a|permanencia|puesta en marcha",
            it="(?:commerciale|reparto vendite)|mi (?:chiami|richiami)|richiamar|un incontro|"
            "prossimo passo|spedite in|compresa la formazione|parlare delle condizioni",
            nl="verkoop|accountmanager|bel (?:me|mij)|terugbellen|afspraak|volgende stap|"
            "leveren jullie|leverbaar|adviesgesprek",
            pt="(?:comercial|vendas)_|lig(?:uem|ue|ar)-?(?:me| para)|reuniao|proximo passo|"
            "entregam em|fidelizacao|fechar negocio",
        ),
    ),
    Cue(
        "wants to begin",
        2,
        Words(
            en="(?:we|i)(?:'re| are|'m| am) (?:opening|starting|launching|setting up|planning|"
            "moving to)|(?:want|would like|hope|need) to (?:start|begin|launch|go live|"
            "roll)|open(?:ing)? (?:a|our) (?:new|second|third)|new (?:shop|branch|business|"
            "company|practice|restaurant|studio|office)|start(?:ing)? (?:in|next|from)_|"
            "as of (?:january|next)",
            de="(?:eroffnen|eroffne|grunden|grunde|starten|planen)_|neue[ns]? (?:filiale|laden|"
            "geschaft|standort|praxis|buro|firma)|(?:start|einfuhrung|einfuhren) (?:im|ab|"
            "zum)|neueroffnung|existenzgrund",
            fr="(?:j'|nous )?ouvr(?:e|ons) |ouverture d|(?:demarrer|commencer|lancer) |"
            "nouvelle? (?:boutique|magasin|agence|entreprise|societe)|creation d'entreprise|"
            "nous lancons",
            es="(?:abrimos|abro|vamos a abrir|abriremos|empezar|comenzar|lanzamos|montar) |"
            "nuev[oa] (?:tienda|negocio|local|empresa|oficina|clinica)",
            it="apr(?:iamo|o|iremo|ire)_|(?:iniziare|partire|cominciare) |nuov[oa] (?:negozio|"
            "attivita|azienda|sede|ristorante|studio)",
            nl="(?:openen|open|beginnen|starten|start)_|nieuwe (?:winkel|vestiging|praktijk|"
            "zaak|locatie|onderneming)",
            pt="(?:abrimos|vou abrir|vamos abrir|estamos a abrir|abrindo|comecar|iniciar|"
            "montar) |nov[oa] (?:loja|negocio|empresa|escritorio|clinica|restaurante)",
        ),
    ),
    Cue(
        "says how large it is",
        2,
        Words(
            en="(?:we are|we're|i am|i'm) (?:a|an|about|around|\\d+|the)_|(?:we|i) (?:run|"
            "operate|own|manage|organi[sz]e|have|employ|make|fit|sell|teach) (?:a |an |"
            "about |around )?(?:small |family |\\d|two|three|four|five|six|seven|eight|nine|"
            "ten|twelve|several)|company:|(?:\\d+|two|three|four|five|six|seven|eight|nine|"
            "ten|twelve) (?:\\w+ )?(?:people|employees|staff|users|seats|colleagues|drivers|"
            "agents|locations|sites|shops|stores|studios|offices|rooms|beds|branches|"
            "clinics|schools|students|members|attendees|devices|desks)_|team of|our size",
            de="(?:wir sind|ich bin|wir haben|wir betreiben|ich betreibe|ich fuhre|ich habe|"
            "wir als) (?:ein|rund|etwa|ca|zwei|drei|vier|funf|sechs|\\d)|firma:|"
            "unternehmen:|(?:\\d+|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|"
            "zwolf) (?:\\w+ )?(?:mitarbeit|nutzer|anwender|arbeitsplatz|filialen|standort|"
            "personen|leute|kolleg|zimmer|betten|fahrzeug|fahrer|lizenzen|laden|praxen|"
            "kassen|mitglied|schul)",
            fr="(?:nous sommes|je suis|nous avons|nous gerons|je gere|j'ai|je tiens) (?:un|une|"
            "environ|deux|trois|quatre|cinq|six|\\d)|(?:societe|entreprise) ?:|(?:\\d+|deux|"
            "trois|quatre|cinq|six|sept|huit|dix|douze) (?:\\w+ )?(?:personnes|employes|"
            "salaries|utilisateurs|postes|collaborateurs|magasins|boutiques|sites|chambres|"
            "agences|vehicules|chauffeurs|licences|membres|eleves|adherents)",
            es="(?:somos|soy|tenemos|tengo|gestionamos|llevo|regento) (?:un|una|dos|tres|cuatro|"
            "cinco|seis|unos|\\d)|empresa ?:|(?:\\d+|dos|tres|cuatro|cinco|seis|siete|ocho|"
            "diez|doce) (?:\\w+ )?(?:personas|empleados|usuarios|puestos|trabajadores|"
            "tiendas|locales|sedes|habitaciones|conductores|vehiculos|licencias|socios|"
            "alumnos|clinicas)",
            it="(?:siamo|sono|abbiamo|gestiamo|gestisco|ho) (?:un|uno|una|due|tre|quattro|"
            "cinque|sei|circa|\\d)|(?:azienda|societa) ?:|(?:\\d+|due|tre|quattro|cinque|"
            "sei|sette|otto|dieci|dodici) (?:\\w+ )?(?:persone|dipendenti|utenti|postazioni|"
            "collaboratori|negozi|sedi|camere|punti vendita|autisti|veicoli|licenze|soci|"
            "studenti)",
            nl="(?:wij|we|ik) (?:zijn|ben|hebben|heb|runnen|run) (?:een|ongeveer|circa|met|twee|"
            "drie|vier|vijf|zes|\\d)|bedrijf ?:|(?:\\d+|twee|drie|vier|vijf|zes|zeven|acht|"
            "tien|twaalf) (?:\\w+ )?(?:medewerkers|mensen|gebruikers|werkplekken|collega|"
            "vestigingen|winkels|locaties|kamers|chauffeurs|voertuigen|licenties|leden|"
            "leerlingen)|met z'n",
            pt="(?:somos|sou|temos|tenho|gerimos|faco) (?:um|uma|dois|duas|tres|quatro|cinco|"
            "cerca|\\d)|empresa ?:|(?:\\d+|dois|duas|tres|quatro|cinco|seis|sete|oito|dez|"
            "doze) (?:\\w+ )?(?:pessoas|funcionarios|colaboradores|utilizadores|usuarios|"
            "postos|lojas|quartos|armazens|motoristas|veiculos|licencas|socios|alunos|"
            "mecanicos)",
        ),
    ),
    Cue(
        "asks what the product can do",
        2,
        Words(
            en="does (?:it|your|the) |do you (?:support|offer|have|sell|ship|deliver|provide|do|"
            "also|work with|take)_|can (?:it|your (?:tool|app|software|system|product)) |"
            "will it (?:work|run)|compatible with|can you (?:take over|import|handle|host|"
            "integrate)|is (?:it|the data|there an? (?:app|api|version|plan|discount))|"
            "would (?:love|like) to (?:know|offer)",
            de="(?:kann|lasst|lauft|unterstutzt|funktioniert|geht|gibt) (?:es|man|sich|ihr|ihre|"
            "die|das|eure|euer)_|gibt es (?:\\w+ ){0,2}(?:auch|miet|schnittstell|app|eine)|"
            "bieten sie|bietet ihr|konnen sie|kompatibel|schnittstelle zu|anbindung an",
            fr="est-il possible|(?:peut|permet|gere|fonctionne|propose)-t-(?:il|elle|on)|"
            "proposez-vous|compatible|avez-vous|pouvez-vous (?:\\w+ )?(?:reprendre|importer|"
            "gerer)|j'aimerais savoir|(?:votre|le) (?:logiciel|outil|application|"
            "formule) (?:\\w+ ){0,3}(?:gere|permet|fonctionne)|si (?:la|votre|le|l')",
            es="(?:funciona|permite|incluye|sirve|se puede|tienen|ofrecen|es compatible|"
            "se integra|es posible)_|compatible con|quer(?:ia|iamos) saber|me gustaria saber",
            it="(?:funziona|permette|include|gestisce|si puo|avete|offrite|e possibile|"
            "e compatibile|si integra)_|compatibile|vorrei sapere|volevo sapere",
            nl="(?:werkt|kan|heeft|ondersteunt|bieden|hebben|is er|is het mogelijk) (?:het|dat|"
            "jullie|u|een|ook)|compatibel|koppeling met|graag weten|vroeg me af",
            pt="(?:funciona|permite|inclui|da para|serve|tem|tem uma|oferecem|e compativel|"
            "integra|e possivel)_|compativel|(?:queria|gostava de|gostaria de) saber",
        ),
    ),
    Cue(
        "speaks of the product",
        1,
        Words(
            en="your (?:\\w+ )?(?:product|software|app|tool|system|platform|service|solution|"
            "shop|webinar|stand|booth)_|(?:per|/) ?(?:seat|user|month)|licen[cs]e|"
            "starter plan|yearly billing|pay monthly|data import|trade fair|exhibition",
            de="(?:ihr|ihre|ihrem|ihrer|eure|euer|eurem|eurer) (?:\\w+ )?(?:software|produkt|"
            "programm|system|app|losung|tool|kasse|stand|webinar)|lizenz|pro (?:monat|"
            "nutzer)|anfrage|messe_",
            fr="votre (?:\\w+ )?(?:solution|logiciel|produit|formule|outil|application|service|"
            "systeme|webinaire|stand)|licence|par (?:mois|utilisateur)|au mois|salon_",
            es="(?:su|vuestro|vuestra) (?:\\w+ )?(?:servicio|software|producto|programa|sistema|"
            "herramienta|aplicacion)|licencia|al mes|por (?:mes|usuario)|feria_",
            it="(?:vostro|vostra) (?:\\w+ )?(?:servizio|software|prodotto|programma|sistema|"
            "gestionale|app)|licenz|al mese|per utente|fiera_",
            nl="(?:jullie|uw) (?:\\w+ )?(?:software|product|systeem|pakket|app|dienst|"
            "programma)|licentie|per (?:maand|gebruiker)|beurs_",
            pt="(?:vosso|vossa|seu|sua) (?:\\w+ )?(?:servico|software|produto|programa|sistema|"
            "aplicacao|app|plataforma)|licenca|por (?:mes|utilizador|usuario)|feira_",
        ),
    ),
)
