"""Cues of those who have bought already: what they have, and what troubles them about it."""

from classifier.words import Cue, Words

TROUBLE = Cue(
    "something does not work",
    3,
    Words(
        en="(?:does|did|do|is|are|will)(?: not|n't) (?:work|open|load|start|show|print|arriv|"
        "sync|save|respond|let|go|come)|not working|stop(?:s|ped) (?:working|after|print|"
        "load|sync)|(?:can't|cannot|can not|couldn't|unable to) |error|bug_|bugs_|broken|"
        "crash|fails?_|failed|failing|fault|empty file|wrong|missing|has not arrived|"
        "not arrived|never (?:arriv|came|got)|damaged|defect|problem|trouble|issue with|"
        "locked out|stuck|off by one|has not moved|no longer|slow_|very slow|timeout|"
        "timed out|late_|not received|haven't received|have not received|incorrect|"
        "disappeared|gone_|still nothing|twice|switched off|grey|blank|frozen|freez|hangs|"
        "mixed up|mixes up|duplicat|instead of|should (?:be|have)",
        de="funktioniert (?:\\w+ )?nicht|geht (?:\\w+ )?nicht|fehler|absturz|sturzt|kaputt|"
        "defekt|beschadigt|fehlt|fehlen|nicht (?:angekommen|erhalten|moglich|mehr|gefunden|"
        "geliefert)|keine? \\w+ (?:mehr|angekommen|erhalten)|kann (?:mich |ich |man )?nicht|"
        "konnen (?:uns |wir )?nicht|problem|gesperrt|falsch|leer_|hangt|langsam|"
        "lasst sich nicht|bitte um hilfe|verspat|storung|reklamation|ungultig|doppelt|"
        "verschwunden|kommen keine|kommt nicht|steht immer|statt_|obwohl",
        fr="ne (?:fonctionne|marche|s'ouvre|repond|charge|demarre|s'affiche|recoi)|erreur|panne|"
        "casse|endommag|il manque|manquant|(?:pas|jamais) (?:arrive|recu|livre)|n'arrive|"
        "impossible|probleme|bloque|incorrect|faux|fausse|plus acces|vide_|incomplet|retard|"
        "defectueu|ne (?:peux|pouvons|peut|peuvent) (?:plus|pas)|plante|reclamation|souci|"
        "bug_|en double|disparu|au lieu|toujours rien",
        es="no (?:funciona|llega|aparece|carga|abre|imprime|deja|sale|responde|cambia|coincide)|"
        "error|fallo|falla|rot[oa]_|danad|falta|no ha (?:llegado|funcionado)|no (?:he|"
        "hemos) recibido|no (?:puedo|podemos|consigo|pueden|puede)_|imposible|problema|"
        "bloquead|incorrect|equivocad|vaci[oa]|retras|defectuos|averia|reclamacion|"
        "incidencia|duplicad|desaparec|en lugar de|en vez de|mal_",
        it="non (?:funziona|arriva|si apre|parte|stampa|carica|risponde|appare|va_|viene|vedo|"
        "compare)|errore|guasto|rott[oa]_|danneggiat|manca|mancano|non e (?:mai )?arrivat|"
        "non (?:ho|abbiamo) ricevuto|non (?:riesco|riusciamo|posso|possiamo|riescono)|"
        "impossibile|problema|bloccat|sbagliat|errat|vuot[oaei]_|ritardo|difettos|reclamo|"
        "doppio|duplicat|sparit|invece di|bianche",
        nl="(?:werkt|werken|doet|opent|laadt|print|komt) (?:\\w+ )?niet|fout|storing|kapot|"
        "beschadigd|ontbre|niet (?:aangekomen|ontvangen|meer|zichtbaar|geleverd)|kan (?:ik |"
        "men )?niet|kunnen (?:we |wij )?niet|lukt niet|probleem|geblokkeerd|verkeerd|leeg_|"
        "lege_|vertrag|traag|defect|klacht|zie * niet|verdwenen|dubbel|in plaats van|vast_",
        pt="nao (?:funciona|chegou|chega|abre|carrega|imprime|aparece|responde|sai|deixa|muda)|"
        "erro|falha|avaria|partid[oa]_|danificad|falta|nao (?:recebi|recebemos|consigo|"
        "conseguimos|posso|podemos)|impossivel|problema|bloquead|errad|vazi[oa]|atras|"
        "defeituos|reclamacao|duplicad|desaparec|em vez de|trocad",
    ),
)
UNHAPPY = Cue(
    "is unhappy, leaves or wants money back",
    4,
    Words(
        en="refund|money back|(?:cancel|terminat|end)\\w* (?:\\w+ ){0,3}(?:subscription|account|"
        "contract|order|plan|membership)|cancellation|terminate|dispute|complain|"
        "unacceptable|disappoint|(?:third|fourth|fifth|second|\\d(?:rd|th)) (?:e-?mail|time|"
        "message|reminder|request)|still (?:no|not|waiting|missing)|nobody (?:answer|reply|"
        "replies|calls|repl)|no (?:response|answer|reply)|replacement (?:or|for)|damaged|"
        "arrived (?:broken|damaged)|were promised|you promised|leaving you|compensation|"
        "overdue|(?:clients|customers|guests|patients) (?:are|arrive|wait)|fed up|"
        "enough is enough|ridiculous|unprofessional|who is in charge|escalat|manager_|"
        "weeks (?:late|now)|days now",
        de="erstatt|geld zuruck|kundig|storn|widerruf|beschwer|enttausch|inakzeptabel|"
        "unverschamt|keine (?:antwort|ruckmeldung|reaktion)|seit (?:\\w+ )?(?:wochen|"
        "monaten)|zum (?:dritten|vierten|wiederholten)|(?:dritte|vierte|funfte) (?:mail|"
        "e-mail|anfrage|mahnung)|reklam|ersatz_|ersatzlieferung|beschadigt|schadenersatz|"
        "(?:kunden|gaste|patienten) warten|nicht langer|jetzt reicht|fristlos|sauer|"
        "unzumutbar|mahngebuhr|vorgesetzt",
        fr="rembours|resili|annuler|annulation|reclam|inacceptable|inadmissible|decu|deception|"
        "(?:sans|aucune|toujours pas de|pas de) (?:reponse|nouvelle|retour)|"
        "plusieurs semaines|(?:troisieme|quatrieme|enieme) (?:mail|message|relance|fois|"
        "demande)|remplacement|endommage|clients (?:attendent|repartent)|il manque|honteux|"
        "mecontent|scandal|ras-le-bol|responsable|dedommag|compensation",
        es="reembols|devol(?:v|uc)|cancel(?:ar|en|acion)|dar(?:me|nos)? de baja|anular|queja|"
        "inaceptable|decepcion|sin (?:respuesta|contestar)|nadie (?:responde|contesta)|"
        "(?:tercer|cuart|quint)[oa]? (?:vez|correo|mensaje)|reclam|sustituci|danad|"
        "rot[oa]s?_|clientes (?:esperan|esperando)|indemniz|vergonz|hart[oa]s?_|lamentable|"
        "responsable",
        it="rimbors|disdi|disdett|annull|cancellare|reclamo|inaccettabile|delus|"
        "nessun[oa]? (?:risposta|risponde)|(?:terz|quart|quint)[oa] (?:volta|email|mail|"
        "messaggio|sollecito)|sostituzione|danneggiat|clienti (?:aspettano|attendono)|"
        "risarcimento|vergogn|stuf[oi]_|scandalos|responsabile|sollecit",
        nl="terugbetal|geld terug|opzeg|opzegg|annule|klacht|onacceptabel|teleurgesteld|"
        "geen (?:antwoord|reactie)|niemand reageert|(?:derde|vierde|vijfde) (?:keer|mail|"
        "bericht)|vervang|beschadigd|klanten wachten|schadevergoeding|schandalig|zat_|"
        "leidinggevende|boos",
        pt="reembols|devol(?:v|uc)|cancelar|cancelamento|anular|reclam|inaceitavel|desilud|"
        "decepcion|sem resposta|ninguem (?:responde|atende)|(?:terceir|quart|"
        "quint)[oa] (?:vez|email|e-mail|mensagem)|substitu|danificad|clientes (?:esperam|"
        "estao a espera|esperando)|indemniz|indeniz|vergonh|fart[oa]_|absurdo|responsavel",
    ),
)
HAS = (
    Cue(
        "names an order, an invoice or an account",
        4,
        Words(
            en="(?:my|our|this|the|your|last|previous) (?:\\w+ )?(?:order|invoice|delivery|"
            "account|parcel|purchase|payment|ticket|booking|bookings|licence key|"
            "license key|login|password)s?_|order (?:number|no|#|[a-z]{0,3}-?\\d)|"
            "invoices? (?:\\d|no|number|of|for|from|[a-z]{0,3}-?\\d)|account (?:number|no|"
            "id|[a-z]{0,3}-?\\d)|customer (?:number|no_|id)|under order|tracking|"
            "delivery \\d|i (?:have )?(?:bought|ordered|purchased|paid)|we(?:'ve|"
            " have)? (?:bought|ordered|purchased|paid)|ordered on|refund|(?:you|been|was|"
            "were) (?:\\w+ )?charged|reset (?:mail|link|e-mail)|(?:log|logged|logging|sign|"
            "signed) ?in_|log ?in_|password|ticket #|case (?:number|#)|\\[#\\d",
            de="(?:meine|unsere|meiner|unserer|ihre|die) (?:\\w+ )?(?:bestellung|rechnung|"
            "lieferung|sendung|buchung|zahlung|lizenz)|bestellung (?:nr|\\d|vom|mit)|"
            "bestell(?:nummer|nr)|auftrag(?:snummer)? |rechnung(?:en|snummer|snr)?_|"
            "kunden(?:nummer|-?nr)|(?:mein|unser|ihr)e?[mn]? konto|zugang|vertragsnummer|"
            "passwort|anmelden|einloggen|login|abgebucht|uberwiesen|erstattung|"
            "lizenzschlussel|ticket|bestellt am|(?:habe|haben) (?:\\w+ ){0,5}(?:bestellt|"
            "gekauft|bezahlt)|retoure|gutschein|paket (?:ist|kam|wurde)|mandant|mahnung|"
            "sendungsnummer",
            fr="(?:ma|notre|la|votre|cette) (?:\\w+ )?(?:commande|facture|livraison|"
            "reservation)|commande (?:n|\\d)|numero (?:de commande|client|de facture)|"
            "facture (?:n|\\d)|factures|(?:mon|notre|de) compte|colis|mot de passe|(?:me|"
            "nous|se) connecter|identifiant|preleve|rembours|(?:j'ai|"
            "nous avons) (?:\\w+ )?(?:commande|achete|paye|regle)|reference client|dossier n",
            es="(?:mi|nuestro|el|este|del) pedido|pedido (?:n|\\d)|numero de (?:pedido|cliente|"
            "factura)|facturas?_|(?:mi|nuestra|la|de) cuenta|cuenta \\d|suscripcion|"
            "contrasena|iniciar sesion|acceder|cobrado|cobro|reembols|devolucion|(?:he|"
            "hemos) (?:comprado|pedido|pagado)|compre_|seguimiento|paquete|envio \\d",
            it="(?:mio|nostro|vostro|dell'|l'|un)(?: )?ordine|ordine (?:n|\\d)|"
            "numero (?:d'ordine|ordine|cliente)|fattur[ae]|(?:mio|nostro) account|"
            "codice (?:cliente|\\d)|pacco|spedizione|consegna|password|accedere|login|"
            "addebit|rimbors|reso_|(?:ho|abbiamo) (?:ordinato|acquistato|pagato)|prenotazion",
            nl="(?:mijn|onze|de|deze|bij) (?:bestelling|factuur|order|levering|boeking)|"
            "bestelling \\d|bestelnummer|ordernummer|factu|(?:mijn|ons|onze|het) account|"
            "klantnummer|wachtwoord|inlog|afgeschreven|terugbetal|(?:heb|"
            "hebben) (?:\\w+ ){0,5}(?:besteld|gekocht|betaald)|pakketje|retour|track",
            pt="(?:minha|nossa|meu|nosso|a|o|da|do) (?:encomenda|pedido|fatura|compra|reserva)|"
            "(?:encomenda|pedido|fatura) (?:n|\\d)|numero d[aeo] (?:encomenda|pedido|"
            "cliente)|faturas?_|(?:minha|nossa|a) conta_|senha|palavra-passe|iniciar sessao|"
            "entrar na|cobrad|cobranca|reembols|devolucao|comprei|compramos|paguei|pagamos|"
            "rastre",
        ),
    ),
    Cue(
        "is a customer already",
        6,
        Words(
            en="(?:we are|we're|i am|i'm|as|been) (?:already )?(?:an? )?(?:existing |"
            "long.?time |loyal |paying |happy )?(?:customers?|clients?) (?:of|with|for|"
            "since|already)|(?:existing|loyal|long.?standing|paying) customers?_|"
            "customers? (?:since|for (?:\\w+ )?(?:year|month))|(?:my|our) (?:current |"
            "present |existing |own )?(?:plan|subscription|licen[cs]es?|seats|tariff|"
            "package)_|our contract with you|(?:we|i) (?:already|currently) (?:use|have|run|"
            "pay)|(?:have|has|'ve) been using|(?:already|currently) (?:run|have|"
            "use) (?:\\w+ ){0,3}with you|(?:we are|i am|we're|i'm) on the|upgrade (?:our|my|"
            "from|to|the)|(?:add|need|order|buy) (?:\\w+ ){0,3}(?:more|additional|extra|"
            "another) (?:\\w+ )?(?:seats?|users?|licen[cs]es?|terminals?|accounts?)|(?:more|"
            "additional|extra) seats|renewal|renew (?:our|my)|since (?:the|your|monday|"
            "yesterday|this|last|the last) (?:\\w+ )?(?:update|upgrade|release|night|week)|"
            "(?:last night's|latest|this morning's|your) (?:update|upgrade|release)|"
            "after (?:the|your|yesterday's|last night's) (?:\\w+ )?(?:update|upgrade)|"
            "prorated",
            de="(?:sind|bin) (?:\\w+ ){0,2}(?:kunde|kundin|kunden)_|bestandskund|kunde seit|"
            "(?:als|langjahrig\\w*) kund|(?:unser|mein)e?[nms]? (?:\\w+ )?(?:abo|abonnement|"
            "tarif|vertrag|paket|lizenz|plan)|nutzen (?:\\w+ ){0,3}(?:bereits|schon|seit)|"
            "(?:bereits|schon) (?:kunde|im einsatz|bei ihnen)|(?:weitere|zusatzliche|"
            "noch) (?:\\w+ )?(?:lizenz|nutzer|platze|arbeitsplatz|benutzer)|upgrade|"
            "aufstock|verlanger|seit dem (?:\\w+ )?(?:update|upgrade)|"
            "nach dem (?:\\w+ )?update|erweitern|hochstufen",
            fr="(?:sommes|suis) (?:deja |bien )?client|deja client|client(?:e|s)? (?:depuis|"
            "chez)|(?:notre|mon) (?:abonnement|forfait|contrat|formule|licence)|(?:postes|"
            "licences|utilisateurs) (?:supplementaires|de plus)|"
            "ajouter (?:\\w+ ){0,3}(?:postes?|licences?|utilisateurs?)|utilisons (?:deja|"
            "actuellement|votre)|passer a la formule|renouvel|depuis (?:la|"
            "votre) (?:\\w+ )?mise a jour|apres la mise a jour",
            es="(?:ya )?(?:somos|soy) (?:ya )?client|ya (?:somos|usamos|tenemos)|"
            "cliente(?:s)? (?:desde|suyos)|(?:nuestro|mi) (?:plan|contrato|abono)_|"
            "(?:nuestra|mi) (?:suscripcion|licencia)|(?:licencias|usuarios|puestos) mas|"
            "(?:anadir|ampliar) |renovacion|renovar|(?:desde|"
            "tras) la (?:ultima )?actualizacion",
            it="(?:siamo|sono) (?:gia )?(?:vostri? |vostra )?client|gia client|"
            "client[ei] (?:dal|da)|(?:nostro|mio) (?:abbonamento|piano|contratto)|(?:nostra|"
            "mia) licenza|aggiungere|altr[ei] (?:due|tre|\\d) |usiamo gia|rinnov|(?:dopo|da|"
            "dall)(?: l)?'?(?:ultimo )?aggiornamento|passare al piano",
            nl="(?:zijn|ben) (?:al |reeds )?(?:jaren )?klant|al klant|klant (?:sinds|bij)|"
            "(?:ons|mijn|onze) (?:abonnement|pakket|contract|licentie)|(?:extra|"
            "meer) (?:gebruikers|licenties|werkplekken)|gebruiken (?:al|jullie)|upgraden|"
            "uitbreid|verleng|(?:sinds|na) de (?:laatste )?update",
            pt="(?:ja )?(?:somos|sou) (?:ja )?(?:vossos? |seus? )?client|cliente(?:s)? (?:desde|"
            "ha)|(?:nosso|meu) (?:plano|contrato)|(?:nossa|minha) (?:assinatura|subscricao|"
            "licenca)|(?:mais|adicionais) (?:licencas|utilizadores|usuarios|postos)|"
            "adicionar|ampliar|ja (?:usamos|utilizamos)|renova|(?:desde|"
            "apos) a (?:ultima )?atualizacao",
        ),
    ),
    Cue(
        "asks how to use it",
        2,
        Words(
            en="how (?:do|can|should|to) (?:i|we|you|change|set|add|remove|export|import)?|"
            "where (?:do|can|is|are) (?:i|we|my|our|the|order)|(?:can't|cannot|"
            "couldn't) find|screenshot|settings|step \\d|(?:my|our) (?:users|screen|"
            "calendar|list|report|data|website|webhook|integration|api key)|please (?:check|"
            "correct|change|fix|send me|confirm)|could you (?:check|resend|correct)",
            de="wie (?:kann|konnen|stelle|andere|bekomme|komme|macht|mache)|wo (?:finde|kann|"
            "ist|stelle|sehe|bleibt)|screenshot|einstellung|bitte (?:prufen|korrigieren|"
            "andern|schauen|um)|(?:konnt|konnen) (?:ihr|sie) (?:\\w+ )?(?:schauen|prufen|"
            "nachsehen)|bildschirmfoto|anleitung",
            fr="comment (?:faire|puis|peut|on|changer|modifier|eviter|ajouter)|ou (?:puis|"
            "trouver|se trouve|est)|capture d'ecran|parametr|(?:merci|"
            "pouvez-vous) (?:de )?(?:verifier|corriger|nous dire|modifier)|mode d'emploi",
            es="como (?:puedo|se|podemos|hago|cambio|configuro)|donde (?:esta|puedo|encuentro|"
            "se)|captura|ajustes|configur|(?:pueden|podrian|puede) (?:comprobar|revisar|"
            "corregir|mirar)",
            it="come (?:posso|si|faccio|possiamo|cambio)|dove (?:trovo|posso|e_|si)|schermata|"
            "screenshot|impostazion|(?:potete|puo|potreste) (?:controllare|verificare|"
            "correggere)",
            nl="hoe (?:kan|moet|verander|stel|wijzig|krijg)|waar (?:kan|vind|is|blijft)|"
            "schermafbeelding|screenshot|instelling|(?:kunnen|kun|willen|kunt) (?:jullie|je|"
            "u) (?:dit |dat |even )?(?:nakijken|controleren|aanpassen|nagaan)",
            pt="como (?:posso|se|faco|podemos|mudo|altero)|onde (?:esta|posso|encontro|fica)|"
            "captura|configur|defini|(?:podem|pode|poderiam) (?:verificar|corrigir|ver_|"
            "confirmar)",
        ),
    ),
)
