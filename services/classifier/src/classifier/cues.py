"""Words for what is grave, what is nobody's ticket, and what tries to steer whoever reads it."""

import re

from classifier.words import Words

# Each of these lifts a mail to P0 or P1: somebody loses money, data, or cannot work at all.
OUTAGE = Words(
    en="is down|are down|went down|outage|completely down|site down|shop down|server down|"
    "system down|nobody can|no one can|none of us can|cannot take orders|can't take orders|"
    "nobody in * can|all users|all our users|whole company|entire company|"
    "everyone is locked out|production is|standstill|all of our * are|not reachable|unreachable|"
    "cannot work at all",
    de="ausfall|ausgefallen|komplett ausgefallen|nicht erreichbar|niemand kann|keiner kann|"
    "keiner von uns|alle nutzer|alle mitarbeiter|steht still|stillstand|produktion steht|"
    "nichts geht mehr|totalausfall|server ist down|shop ist down|seite ist down|system steht|"
    "konnen nicht arbeiten|konnen keine bestellungen",
    fr="en panne|est tombe|hors service|hors ligne|inaccessible|personne ne peut|plus personne|"
    "tous les utilisateurs|tous nos|a l'arret|bloques|totalement bloque|site est down|"
    "serveur est down|panne generale|panne totale|ne pouvons plus travailler",
    es="esta caido|esta caida|se ha caido|caida total|caida del|fuera de servicio|nadie puede|"
    "todos los usuarios|parad[oa]s|paralizad|no podemos trabajar|inaccesible|no podemos vender",
    it="e giu|fuori servizio|non raggiungibile|nessuno riesce|nessuno puo|tutti gli utenti|"
    "fermi_|e tutto fermo|bloccata la produzione|produzione ferma|non possiamo lavorare|"
    "irraggiungibile|completamente bloccat",
    nl="ligt plat|liggen plat|ligt eruit|ligt stil|liggen stil|onbereikbaar|niemand kan|"
    "alle gebruikers|alles ligt|volledige storing|grote storing|kunnen niet werken|offline|"
    "productie staat stil",
    pt="esta em baixo|fora do ar|caiu|fora de servico|ninguem consegue|ninguem pode|"
    "todos os utilizadores|todos os usuarios|parad[oa]s|paralisad|nao conseguimos trabalhar|"
    "inacessivel|producao parada",
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
    "taken over my account",
    de="datenleck|datenpanne|sicherheitslucke|gehackt|hacker|kompromittiert|schwachstelle|"
    "fremde daten|daten anderer|anderer kunden|andere kunden sehen|unbefugt|erpressungs|"
    "ransomware|schadsoftware|gestohlen|datenschutzverletzung|datenschutzvorfall|"
    "sicherheitsvorfall",
    fr="fuite de donnees|faille|pirat|compromis|vulnerab|donnees d'autres|d'un autre client|"
    "d'autres clients|acces non autorise|vole|rancongiciel|ransomware|incident de securite|"
    "violation de donnees",
    es="fuga de datos|filtracion|brecha|hackea|hacker|comprometid|vulnerab|datos de otros|"
    "otros clientes|otro cliente|acceso no autorizado|robad|ransomware|incidente de seguridad",
    it="fuga di dati|violazione dei dati|data breach|falla|hacker|hackerat|compromess|vulnerab|"
    "dati di altri|altri clienti|altro cliente|accesso non autorizzato|rubat|ransomware|"
    "incidente di sicurezza",
    nl="datalek|lek_|gehackt|hacker|gecompromitteerd|kwetsbaarheid|gegevens van andere|"
    "andere klanten|andere klant|onbevoegd|ongeautoriseerd|gestolen|ransomware|"
    "beveiligingsincident",
    pt="fuga de dados|vazamento|violacao de dados|hacke|hacker|comprometid|vulnerab|"
    "dados de outros|outros clientes|outro cliente|acesso nao autorizado|roubad|ransomware|"
    "incidente de seguranca|falha de seguranca",
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

# They want to sell us something.
SELLS = Words(
    en="backlink|seo|guest post|rank your|rank higher|ranking|first page of google|"
    "lead generation|we sell|our agency|our services|we offer|we help companies|"
    "we help businesses|web design|redesign your|your website|outsourc|our developers|"
    "our team of|boost your|grow your|increase your|more customers for|free audit|"
    "schedule a call|hop on a|15 minute|15-minute|quick call|reach out|we specialise|"
    "we specialize|i came across your|email list|database of|special offer for you|"
    "limited offer|sponsored|business loan|funding for your|wholesale prices|we manufacture|"
    "manufacturer of|would you be interested in|virtual assistant|cost savings|save up to|"
    "our platform|our solution",
    de="mehr kunden|ihre webseite|ihre website|ihrer webseite|ihrer website|ihren onlineshop|"
    "mit unserer agentur|unsere agentur|wir sind eine agentur|gewinnen sie|kostenloses angebot|"
    "kostenloses erstgesprach|kostenlose analyse|suchmaschinen|seo|google ranking|bei google|"
    "wir bieten ihnen|wir bieten|unsere leistungen|unsere dienstleistung|steigern sie|"
    "ihren umsatz|neukundengewinnung|sparen sie|unverbindliches gesprach|kurzes telefonat|"
    "backlink|adressdaten|fachkrafte vermitteln|wir vermitteln|kredit fur",
    fr="votre site|votre visibilite|referencement|nous sommes une agence specialisee|"
    "notre agence|nos services|nous proposons|nous vous proposons|nous offrons|augmentez|"
    "augmenter vos|plus de clients|refonte|a prix reduit|quand pouvons-nous vous appeler|"
    "un appel de 15|audit gratuit|prospection|base de donnees de|backlink|seo|externalis|"
    "developpez votre|boostez",
    es="su pagina web|su sitio web|su web|posicionamiento|nuestra agencia|somos una agencia|"
    "nuestros servicios|ofrecemos|le ofrecemos|les ofrecemos|aumentar sus|aumente sus|"
    "mas clientes|redisen|auditoria gratuita|una llamada de 15|una breve llamada|backlink|seo|"
    "base de datos de|externaliz|generacion de leads|captar clientes",
    it="vostro sito|suo sito|il tuo sito|posizionamento|siamo un'agenzia|nostra agenzia|"
    "i nostri servizi|nostri servizi|offriamo|vi offriamo|proponiamo|aumentare le vostre|"
    "aumenta le tue|aumentare le vendite|piu clienti|campagne mirate|fissiamo una call|"
    "una breve chiamata|audit gratuit|consulenza gratuita|backlink|seo|esternalizz",
    nl="uw website|jullie website|je website|vindbaarheid|wij zijn een bureau|ons bureau|"
    "onze diensten|wij bieden|we bieden|bieden wij|meer klanten|verhoog uw|uw omzet|zoekmachine|"
    "hoger in google|gratis scan|gratis analyse|vrijblijvend gesprek|kort gesprek|backlink|seo|"
    "uitbested|leadgeneratie",
    pt="o seu site|seu site|vosso site|posicionamento|somos uma agencia|nossa agencia|"
    "nossos servicos|os nossos servicos|oferecemos|aumente as|aumentar as|mais clientes|"
    "auditoria gratuita|uma chamada de 15|uma breve chamada|backlink|seo|terceiriz|"
    "base de dados de|geracao de leads",
)
SPAM = Words(
    en="million usd|million dollars|dormant account|next of kin|inheritance|lottery|"
    "you have won|you won|bitcoin|crypto invest|trustworthy partner|bank details|percent return|"
    "casino|viagra|pharmacy|hot singles|wire transfer of|beneficiary|guaranteed profit|"
    "work from home|claim your|your mailbox is full|verify your account|"
    "your account will be suspended",
    de="millionen euro|millionen dollar|erbschaft|lotterie|sie haben gewonnen|gewinnspiel|"
    "bitcoin|krypto|bankverbindung mit|casino|potenz|postfach ist voll|konto wird gesperrt",
    fr="millions de dollars|millions d'euros|heritage|loterie|vous avez gagne|bitcoin|crypto|"
    "casino|coordonnees bancaires|votre boite est pleine",
    es="millones de dolares|millones de euros|herencia|loteria|ha ganado|bitcoin|cripto|casino|"
    "datos bancarios|su buzon esta lleno",
    it="milioni di dollari|milioni di euro|eredita|lotteria|hai vinto|ha vinto|bitcoin|cripto|"
    "casino|coordinate bancarie|casella e piena",
    nl="miljoen dollar|miljoen euro|erfenis|loterij|u heeft gewonnen|gewonnen|bitcoin|crypto|"
    "casino|bankgegevens|mailbox is vol",
    pt="milhoes de dolares|milhoes de euros|heranca|loteria|voce ganhou|ganhou|bitcoin|cripto|"
    "casino|dados bancarios|caixa de correio esta cheia",
)
ABSENT = Words(
    en="out of office|out of the office|automatic reply|auto reply|autoreply|auto-reply|"
    "on leave until|annual leave|on vacation|undeliverable|delivery status|delivery failed|"
    "mail delivery|has accepted this invitation|has declined|accepted:|declined:|tentative:|"
    "invitation:|read receipt|thank you for your message. we will",
    de="abwesenheit|nicht im buro|automatische antwort|im urlaub|unzustellbar|zugesagt:|"
    "abgesagt:|nicht zugestellt|zustellung fehl|lesebestatigung|wird nicht weitergeleitet|"
    "autoreply",
    fr="absence du bureau|reponse automatique|absent du bureau|absente du bureau|en conge|"
    "non remis|je suis absent|echec de remise|accepte :|accuse de lecture",
    es="fuera de la oficina|respuesta automatica|estoy de vacaciones|no entregado|de vacaciones|"
    "ausente|aceptado:|no se ha podido entregar|confirmacion de lectura",
    it="fuori ufficio|risposta automatica|in ferie|mancato recapito|assente|accettato:|"
    "conferma di lettura|non recapitat",
    nl="afwezig|automatisch antwoord|automatische antwoord|niet op kantoor|met vakantie|"
    "op vakantie|onbestelbaar|geaccepteerd:|leesbevestiging|niet bezorgd",
    pt="fora do escritorio|resposta automatica|de ferias|ausente|nao entregue|aceite:|"
    "recibo de leitura|falha na entrega",
)
NEWSLETTER = Words(
    en="unsubscribe|newsletter|view in browser|early bird|use code|% off|percent off|sale ends|"
    "black friday|this week's|weekly digest|your weekly|manage preferences",
    de="abmelden|abbestellen|newsletter|im browser ansehen|rabattcode|gutscheincode|nur bis|"
    "jetzt sparen|neue kollektion",
    fr="desabonner|desinscri|newsletter|infolettre|soldes|code promo|profitez|nouvelle collection",
    es="darse de baja|cancelar suscripcion a este boletin|boletin|newsletter|rebajas|aprovech|"
    "codigo promocional|nueva coleccion",
    it="disiscriv|annulla l'iscrizione|newsletter|saldi|approfitta|codice sconto|nuova collezione",
    nl="afmelden|uitschrijven|nieuwsbrief|kortingscode|uitverkoop|nieuwe collectie",
    pt="cancelar a subscricao deste|anular subscricao|descadastr|newsletter|boletim|promocao|"
    "saldos|aproveite|nova colecao|codigo promocional",
)
# From people, but neither customers nor buyers.
ELSEWHERE = Words(
    en="my application|apply for|application for the|job application|my cv|my resume|curriculum|"
    "internship|vacancy|press enquiry|press inquiry|journalist|i write for|interview with|"
    "preparing a piece|survey for my|research project|the water will|the building|fire drill|"
    "maintenance in the building|building management|landlord|donation|charity|sponsor our|"
    "sponsorship|fundrais|podcast|speaker at|conference speaker|wrong address|wrong person|"
    "not meant for you|verification code|your receipt from|payment received from|"
    "terms of service|privacy policy update|has shared|new login to|security alert for your",
    de="bewerbung|lebenslauf|praktikum|werkstudent|stellenanzeige|stellenangebot|presseanfrage|"
    "journalist|redaktion|interview mit|umfrage fur|hausverwaltung|das gebaude|wird abgestellt|"
    "spende|sponsoring|vereins|falsche adresse|irrlaufer|bestatigungscode|masterarbeit|"
    "bachelorarbeit|agb-anderung",
    fr="candidature|mon cv|curriculum|stage|offre d'emploi|demande de presse|journaliste|"
    "interview|enquete pour|immeuble|coupure d'eau|syndic|don pour|parrainage|mecenat|"
    "mauvaise adresse|code de verification|memoire de",
    es="candidatura|mi curriculum|curriculum|practicas|oferta de empleo|vacante|"
    "solicitud de empleo|consulta de prensa|periodista|entrevista|encuesta para|el edificio|"
    "corte de agua|donacion|patrocinio|direccion equivocada|codigo de verificacion|"
    "trabajo de fin",
    it="candidatura|curriculum|mio cv|tirocinio|stage|offerta di lavoro|posizione aperta|"
    "richiesta stampa|giornalista|intervista|sondaggio per|il palazzo|condominio|donazione|"
    "sponsorizza|indirizzo sbagliato|codice di verifica|tesi di",
    nl="sollicitatie|mijn cv|curriculum|stage|vacature|persvraag|journalist|interview|"
    "enquete voor|het gebouw|wordt afgesloten|donatie|sponsoring|verkeerd adres|verificatiecode|"
    "scriptie",
    pt="candidatura|meu curriculo|curriculo|curriculum|estagio|vaga de|oferta de emprego|"
    "pedido de imprensa|jornalista|entrevista|inquerito para|o edificio|o predio|corte de agua|"
    "doacao|patrocinio|endereco errado|codigo de verificacao|tese de",
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

# Text that speaks to a machine. What is said in such a sentence counts for nothing.
STEERS = re.compile(
    r"\b(?:a\.?i\.?|ki|ia|assistant|assistent|asistente|assistente|chatbot|gpt|llm|language model|"
    r"sprachmodell|modele de langage|modelo de lenguaje|modello linguistico|taalmodel|"
    r"modelo de linguagem|classifier|klassifi|classifi|clasific|clasifi|system prompt|"
    r"system\s?:|assistant\s?:|user\s?:|instructions?\s?:|instruktion|consignes|instrucc|istruzion|"
    r"instrucoes|anweisung|ignore|ignorier|ignorez|ignora|negeer|disregard|override|"
    r"importance|wichtigkeit|importancia|importanza|belang(?:rijkheid)? 1?\d|"
    r"priority\s?(?:=|:|to|p?\d)|p[0-3]\b|prioritat|label (?:this|it|as)|mark (?:this|it) as|"
    r"tag (?:this|it)|set (?:the )?(?:category|priority)|category\s?[:=\"]|kategorie|categorie|"
    r"categoria|rate (?:this|it)|score (?:this|it)|you are (?:now|an?)|developer mode|jailbreak|"
    r"triage|10/10|severity)",
)
BRACKETED = re.compile(r"[\[{(<][^\[\]{}<>]{0,2000}[\]})>]")
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*|\n")
