"""Cues of those who want to sell to us: services, advertising, leads, staff, credit."""

from classifier.words import Cue, Words

SELLS = (
    Cue(
        "offers its services",
        4,
        Words(
            en="we (?:offer|provide|sell|supply|manufacture|produce|build|design|develop|"
            "deliver|speciali[sz]e|help|create|run campaigns|publish|connect|place|source|"
            "generate|guarantee|pay per|buy|can (?:help|offer|supply|provide|build|reduce|"
            "lower|cut|save|get|bring|improve|increase|take over|deliver|do))_|we (?:help|"
            "have helped|work with|support) (?:\\w+ ){0,3}(?:companies|businesses|firms|"
            "teams|shops|brands|stores|founders|merchants)|"
            "we're an? (?:\\w+ ){0,3}(?:agency|studio|supplier|manufacturer|company (?:that|"
            "which|speciali))|we are an? (?:\\w+ ){0,4}(?:agency|studio|supplier|"
            "manufacturer|factory|recruiter|consultancy|provider|wholesaler|company (?:that|"
            "which|speciali|offering))|our (?:\\w+ )?(?:agency|services|developers|"
            "engineers|experts|specialists|candidates|factory|solution|platform|technology|"
            "offering|portfolio|packages start|rates start|catalogue|catalog|price list is|"
            "terminals|designers|writers|freelancers|clients (?:save|see|get|include))_|"
            "our team (?:of|can|will)|my (?:agency|services|company offers)|i (?:can offer|"
            "offer|help (?:companies|businesses))|(?:manufacturer|supplier|producer|"
            "distributor) of|(?:shall|can|may|could|should) i (?:send|call|show|share|book|"
            "give you|forward|introduce|put|prepare)_|(?:happy|love|like|glad) to (?:show|"
            "offer|introduce|present|share|send|discuss how|help you|give you|partner|"
            "collaborate|work with you|be (?:your|considered))_|let (?:me|us) (?:show|"
            "know if you|know your price|introduce)|hire (?:our|dedicated|remote)|outsourc|"
            "white.?label our",
            de="wir (?:bieten|sind (?:eine?|ihr) (?:\\w+ ){0,3}(?:agentur|dienstleister|"
            "hersteller|partner|spezialist|experte|anbieter|team|lieferant)|vereinbaren|"
            "liefern|vermitteln|optimieren|erstellen|entwickeln|gestalten|ubernehmen|helfen|"
            "unterstutzen|produzieren|haben uns (?:auf|spezialisiert)|verkaufen|reinigen|"
            "garantieren|programmieren|konnen (?:ihnen|ihre|euch|sie)|zeigen ihnen)_|"
            "(?:unsere|unserer|meine) (?:\\w+ )?(?:agentur|leistung|dienstleistung|"
            "entwickler|experten|losung|kandidaten|fachkrafte|plattform|spezialisten|"
            "dienste|produkte|preise|angebote)|(?:gerne|gern) (?:\\w+ )?(?:erstelle|zeige|"
            "sende|stelle|schicke|prasentiere|unterbreite|berate|rufe)\\w* (?:ich|wir)|"
            "(?:darf|durfen|durfte|soll|kann) (?:ich|wir) (?:ihnen|sie|euch)|"
            "spezialisiert auf|hersteller von|fachkrafte|zeitarbeit|personalvermittlung|"
            "outsourc",
            fr="nous (?:\\w+ )?(?:proposons|offrons|sommes (?:une agence|specialis|"
            "un (?:cabinet|fabricant|fournisseur|prestataire)|des experts)|accompagnons|"
            "aidons|realisons|concevons|fabriquons|vendons|developpons|fournissons|"
            "intervenons|garantissons|mettons a|optimisons|pouvons (?:vous|refaire|"
            "ameliorer|reduire))|(?:vous propos|vous offr|vous aid|vous accompagn|"
            "vous presenter|vous faire (?:gagner|economiser|beneficier|decouvrir))|(?:notre|"
            "mon) (?:agence|cabinet|equipe (?:d|vous|peut)|expertise|savoir-faire|gamme|"
            "catalogue)|(?:nos|mes) (?:services|prestations|developpeurs|experts|solutions|"
            "produits|candidats|tarifs (?:commencent|sont)|clients (?:gagnent|economisent))|"
            "specialis(?:e|es|te|tes) (?:en|dans|du|de)|puis-je vous|pouvons-nous (?:vous|"
            "convenir)|quand pouvons-nous|externalis|fabricant de",
            es="(?:le|les|os|te) (?:ofrecemos|proponemos|ayudamos|ofrezco|podemos ayudar|"
            "presentamos)|ofrecemos|(?:somos|soy) (?:una? )?(?:\\w+ )?(?:agencia|"
            "especialistas?|fabricantes?|empresa (?:de|dedicada|especializada)|proveedor|"
            "estudio|consultora|expertos?)|nos dedicamos|ayudamos a|(?:nuestra|"
            "mi) (?:agencia|empresa ofrece|consultora|plataforma)|(?:nuestros|"
            "mis) (?:servicios|desarrolladores|expertos|productos|candidatos|"
            "clientes (?:ahorran|consiguen))|disenamos|fabricamos|desarrollamos|vendemos|"
            "garantizamos|podemos (?:ayudar|mejorar|reducir|ahorrar|llamar|hablar|agendar|"
            "enviarle)|(?:hablamos|le llamo|me permite)_|externaliz",
            it="(?:offriamo|proponiamo|realizziamo|aiutiamo|forniamo|produciamo|vendiamo|"
            "garantiamo|progettiamo|sviluppiamo|ci occupiamo|siamo specializzati)|(?:vi|le|"
            "ti) (?:offriamo|proponiamo|aiutiamo|offro|presento|presentiamo|possiamo)|"
            "(?:siamo|sono) (?:un'?|una )?(?:\\w+ )?(?:agenzia|specialist|produttor|"
            "azienda (?:specializzata|che)|fornitor|esperti|societa di|studio di)|(?:nostra|"
            "mia) (?:agenzia|piattaforma|azienda offre)|(?:nostri|miei) (?:servizi|"
            "sviluppatori|esperti|prodotti|candidati)|possiamo (?:aumentare|aiutar|"
            "migliorare|ridurre|sentirci|fissare|mostrar|farvi)|fissiamo|esternalizz|"
            "posso (?:inviar|mostrar|chiamar|proporr)",
            nl="(?:wij|we) (?:bieden|helpen|leveren|maken|bouwen|verkopen|ontwerpen|verzorgen|"
            "garanderen|zijn (?:een|gespecialiseerd|specialist)(?: \\w+)? ?(?:bureau|"
            "specialist|leverancier|fabrikant|in)?|kunnen (?:u|jullie|uw))_|bieden (?:wij|"
            "we)|(?:ons|mijn) (?:\\w+ )?(?:bureau|team van|platform|aanbod|assortiment)|"
            "(?:onze|mijn) (?:\\w+ )?(?:diensten|ontwikkelaars|experts|specialisten|"
            "oplossing|kandidaten|producten|klanten besparen)|gespecialiseerd in|(?:mag|kan|"
            "zal) ik (?:u|je|jullie|eens)|graag (?:\\w+ )?(?:laten (?:wij|we|ik)|vertel|"
            "stuur|bespreek|toon)|uitbested",
            pt="(?:oferecemos|fazemos|ajudamos|criamos|desenvolvemos|vendemos|fabricamos|"
            "fornecemos|garantimos|propomos|trabalhamos com)_|(?:somos|"
            "sou) (?:uma? )?(?:\\w+ )?(?:agencia|especialistas?|fabricantes?|empresa (?:de|"
            "especializada|que)|fornecedor|estudio|consultoria|expert)|(?:nossa|"
            "minha) (?:agencia|empresa oferece|plataforma|equipa de|equipe de)|(?:nossos|"
            "meus) (?:servicos|programadores|desenvolvedores|especialistas|produtos|"
            "candidatos)|(?:podemos|posso) (?:ajudar|agendar|marcar|aumentar|melhorar|"
            "reduzir|enviar-lhe|mostrar-lhe|apresentar|conversar)|terceiriz|"
            "(?:ja )?ajudamos mais",
        ),
    ),
    Cue(
        "has advertising, leads, staff or the like for sale",
        4,
        Words(
            en="backlinks?|seo_|guest (?:posts?|articles?)|publish an article|link (?:exchange|"
            "insertion|building)|sponsored (?:post|article|content)|rank(?:ing)? (?:your|"
            "higher|on|in)|first page of google|google (?:ads|ranking|rankings)|lead gen|"
            "(?:qualified|fresh|verified|warm|exclusive) (?:\\w+ )?(?:leads|meetings|"
            "appointments|contacts|contact lists|addresses)|(?:e-?mail|contact|"
            "mailing) (?:list|database)s?_|database of|web ?(?:site)? ?(?:design|"
            "development)|app development|redesign|offshore|dedicated developers|"
            "virtual assistants?|influencer|followers|reviews for|explainer video|"
            "video production|social media (?:management|marketing)|digital marketing|"
            "(?:business )?loans?_|funding for|merchant cash|invoice financing|card (?:fees|"
            "terminal)|wholesale prices?|office (?:cleaning|supplies|coffee|space)|"
            "energy (?:contract|supplier|bill)|cyber insurance|iso (?:27001|9001) certif|"
            "trademark regist|business directory|listing in|domain (?:name )?(?:expir|renew|"
            "for sale)|white ?paper|hosting (?:for|from)|servers from|translation services|"
            "call cent(?:re|er)|recruitment|candidates|talent pool|payroll (?:service|"
            "provider)|lanyards|flyers|stickers|promotional (?:items|products)|merchandise|"
            "trade show stand|award_|nominated",
            de="suchmaschinen|seo_|(?:bei|uber|auf) google|google[- ](?:ranking|ads|bewertung)|"
            "backlinks?|gastbeitrag|gastartikel|mehr (?:kunden|umsatz|anfragen|leads|"
            "termine|besucher|reichweite)|(?:qualifizierte|neue) (?:termine|leads|anfragen|"
            "kunden)|neukundengewinnung|kaltakquise|adressdaten|adressen von|webdesign|"
            "relaunch|werbeartikel|werbung fur|druckerei|drucksachen|buroreinigung|"
            "reinigung|stromtarif|energiekosten|photovoltaik|(?:firmen|betriebs)kredit|"
            "kredit|finanzierung|factoring|leasing|branchenbuch|branchenverzeichnis|"
            "markenregist|zertifizierung|telefonanlage|kopierer|kaffeemaschine|firmenwagen|"
            "softwareentwickler|social[- ]media|imagefilm|influencer|entscheidern|"
            "versicherung|mitarbeiterbenefits|seminar|schulungen fur|kartenterminal",
            fr="referencement|seo_|backlinks?|visibilite|(?:votre )?site (?:internet|web)|"
            "refonte|article (?:sponsorise|invite)|echange de liens|publicite|"
            "plus de (?:clients|trafic|ventes|visibilite)|votre trafic|prospects? qualifie|"
            "prospection|generation de leads|fichier (?:clients|de prospects|d'entreprises|"
            "b2b|email)|base de donnees|adresses (?:mail|e-mail|verifiees)|"
            "creation de sites?|community manager|reseaux sociaux|film d'entreprise|"
            "influenceu|pret professionnel|financement|affacturage|credit|energie|"
            "electricite|nettoyage|fournitures|imprim(?:erie|eur)|goodies|"
            "objets publicitaires|mutuelle|assurance|annuaire|certification|depot de marque|"
            "centre d'appel|developpeurs|recrutement|talents|candidats|panneaux solaires|"
            "formations? (?:finance|eligib|pour vos)",
            es="posicionamiento|seo_|backlinks?|enlaces|articulo (?:patrocinado|invitado)|(?:su|"
            "tu|vuestra) (?:pagina )?web|sitio web|rediseno|redisen|mas (?:clientes|ventas|"
            "visitas|trafico)|captar clientes|captacion|generacion de leads|bases? de datos|"
            "listas? de (?:correo|contactos|empresas)|redes sociales|publicidad|marketing|"
            "influencer|prestamo|financiacion|credito|factoring|energia|tarifa de luz|"
            "limpieza|material de oficina|imprenta|folletos|articulos promocionales|seguro|"
            "directorio|certificacion|registro de marca|call center|desarrolladores|"
            "seleccion de personal|candidatos|paneles solares|video corporativo|"
            "terminal de pago|datafono",
            it="posizionamento|seo_|backlinks?|(?:vostro|suo|tuo) sito|sito web|restyling|"
            "articolo (?:sponsorizzato|ospite)|piu (?:clienti|vendite|traffico|visibilita)|"
            "lead_|contatti qualificati|database|elenco (?:di )?(?:aziende|contatti|email)|"
            "campagne|pubblicit|social media|marketing|influencer|prestito|finanziamento|"
            "credito|energia|bolletta|pulizie|forniture|tipografia|volantini|gadget|"
            "assicuraz|certificazione|registrazione (?:del )?marchio|call center|"
            "sviluppatori|selezione del personale|candidati|fotovoltaic|video aziendal|pos_",
            nl="vindbaarheid|seo_|backlinks?|linkbuilding|gastblog|gesponsord|zoekmachine|(?:in|"
            "op) google|(?:uw|je|jullie) (?:website|webshop|site)|websites?_|"
            "meer (?:klanten|omzet|leads|bezoekers|verkeer|aanvragen|afspraken)|"
            "leadgeneratie|gekwalificeerde|adressenbestand|adresbestand|databases?_|"
            "social media|marketing|advertenties|influencer|lening|krediet|financiering|"
            "energie|schoonmaak|kantoor(?:artikelen|benodigdheden|koffie)|drukwerk|flyers|"
            "relatiegeschenken|verzekering|certificering|merkregistratie|callcenter|"
            "ontwikkelaars|werving|kandidaten|zonnepanelen|bedrijfsfilm|pinautomaat|"
            "bedrijvengids",
            pt="posicionamento|seo_|backlinks?|(?:o )?(?:vosso|seu|teu) (?:site|website)|"
            "artigo (?:patrocinado|convidado)|mais (?:clientes|vendas|cliques|trafego|"
            "visitas|visibilidade)|(?:suas|vossas) vendas|geracao de leads|leads qualificad|"
            "bases? de dados|listas? de (?:contatos|contactos|emails|e-mails|empresas)|"
            "redes sociais|anuncios|publicidade|marketing|influencer|emprestimo|"
            "financiamento|credito|energia|limpeza|material de escritorio|grafica|panfletos|"
            "flyers|brindes|seguro|certificacao|registo de marca|call center|programadores|"
            "recrutamento|candidatos|paineis solares|trafego|video institucional",
        ),
    ),
    Cue(
        "promises a gain",
        3,
        Words(
            en="(?:boost|grow|increase|double|triple|improve|maximi[sz]e|scale|skyrocket|"
            "multiply|optimi[sz]e) (?:your|sales|revenue|traffic|conversion|visibility)|"
            "(?:cut|reduce|lower|slash|halve|save(?: \\w+)? on|saving) (?:\\w+ )?your|"
            "cut your|save (?:up to|you|your|about|on|money|\\d|an average)|cost savings?|"
            "more (?:customers|sales|traffic|leads|bookings|revenue)|up to \\d+ ?%|in half|"
            "risk.?free|no (?:obligation|strings|upfront|questions asked)|free (?:audit|"
            "consultation|sample|samples|analysis|report|quote|estimate|mock-?up|assessment|"
            "checklist)|only pay (?:for|if|when)|pay (?:only )?(?:for results|per result|"
            "on success)|guaranteed|special (?:offer|price|rate)|limited (?:time|offer)|"
            "exclusive offer|low(?:est)? prices?|competitive (?:rates|price|prices)|"
            "for less_|at no cost|at no charge|of your size|companies like yours|"
            "businesses like yours|(?:shops|firms|teams|brands) like yours|your competitors",
            de="steiger\\w* (?:\\w+ )?(?:ihr|sie|um|den)|gewinnen sie|sparen sie|spart|"
            "einsparung|(?:kosten|ausgaben) (?:senken|sparen|reduzieren)|senken sie|"
            "bis zu \\d+ ?(?:%|prozent)|kostenlos\\w* (?:\\w+ )?(?:angebot|erstgesprach|"
            "analyse|beratung|check|muster|webinar|whitepaper)|unverbindlich(?:es|"
            "e)? (?:gesprach|angebot|beratung|termin|kennenlern)|nur bei erfolg|"
            "erfolgsbasiert|ohne (?:risiko|vorkosten)|garantiert|sonderangebot|gunstig|"
            "firmen wie|unternehmen wie|ihre mitbewerber|verdoppeln",
            fr="augment(?:ez|er) (?:vo|le)|boost(?:ez|er)|developpez votre|economis|redui(?:re|"
            "sez) (?:vo|de)|jusqu'a (?:-)?\\d+ ?%|(?:audit|diagnostic|devis|essai|analyse|"
            "etude) (?:gratuit|offert|sans)|gratuit(?:e)? et sans|prix (?:reduit|imbattable|"
            "competiti)|sans (?:frais|risque|obligation)|payez (?:qu'au|seulement)|"
            "au resultat|garanti|offre (?:speciale|exclusive|limitee)|vos concurrents|"
            "entreprises comme la votre|gagnez",
            es="aument(?:e|ar|amos) (?:su|sus|tus|las|vuestras)|ahorr(?:e|ar|o|amos)|reduzca|"
            "reducir (?:su|sus|costes)|hasta (?:un )?\\d+ ?%|(?:auditoria|diagnostico|"
            "consulta|analisis|estudio|muestra) (?:gratis|gratuit|sin)|sin (?:coste|"
            "compromiso|riesgo)|solo paga|a exito|garantizad|oferta (?:especial|exclusiva|"
            "limitada)|mejor precio|su competencia|empresas como la suya|vender mas|multipli",
            it="aument(?:a|are|ate|i) (?:le|i|il|la)|risparmi|ridurre (?:i|le)|riduci|fino (?:a|"
            "al) \\d+ ?%|(?:audit|consulenza|analisi|preventivo|prova|diagnosi) (?:gratuit|"
            "senza impegno)|senza (?:impegno|costi|rischi)|paga(?:te)? solo|a risultato|"
            "garantit|offerta (?:speciale|esclusiva|limitata)|prezzi (?:imbattibil|"
            "competitiv)|concorrenti|aziende come la vostra|raddoppi",
            nl="verhoog (?:uw|je|jullie)|bespaar|besparen|besparing|verlaag|"
            "tot (?:wel )?\\d+ ?%|gratis (?:scan|analyse|advies|audit|proefmonster|check|"
            "gesprek)|vrijblijvend|zonder (?:kosten|risico|verplichting)|no cure no pay|"
            "alleen bij (?:succes|resultaat)|gegarandeerd|speciale aanbieding|scherpe prij|"
            "concurrent|bedrijven zoals|groei",
            pt="aument(?:e|ar|amos) (?:as|suas|vossas|o|a)|economiz|poup(?:e|ar|anca)|reduz(?:a|"
            "ir) (?:os|as|seus|custos)|ate \\d+ ?%|(?:auditoria|diagnostico|consultoria|"
            "analise|orcamento) (?:gratis|gratuit|sem)|sem (?:compromisso|custo|risco)|"
            "so paga|paga (?:pelo|so)|por resultado|garantid|oferta (?:especial|exclusiva|"
            "limitada)|melhores precos|concorrentes|empresas como a|dobre",
        ),
    ),
    Cue(
        "wants a call or a sign of interest",
        2,
        Words(
            en="(?:would|are) you (?:be )?(?:open|interested|available|free|up) (?:to|for|in)|"
            "would you be interested|interested\\?|(?:quick|short|brief|15|20|30|ten|"
            "fifteen)(?:[- ]min\\w*)? (?:call|chat|meeting|intro)|(?:schedule|book|hop on|"
            "jump on|set up|arrange) (?:a|an) (?:\\w+ )?(?:call|meeting|chat|demo with)|"
            "(?:1|2|15|20|two|ten|fifteen)[- ]minutes?|worth a (?:chat|call|look|try|"
            "conversation)|reach(?:ing)? out|follow(?:ing)? up|did you (?:see|get) my|"
            "my (?:last|previous) (?:e-?mail|message)|best (?:person|time)|right person|"
            "(?:simply|just) reply|reply (?:stop|yes|no)_|let me know (?:if you|your price|"
            "a good time|when)|collaborat|partnership|mutual(?:ly)? benefi|opportunity|"
            "came across|i noticed|we noticed|stumbled",
            de="kurzes (?:telefonat|gesprach|kennenlernen|meeting|video)|(?:15|20|30|zehn|"
            "funfzehn) minuten|kennenlern|(?:haben|hatten|hast) (?:sie|du|ihr) (?:interesse|"
            "lust|kurz zeit)|interesse\\?|interessiert\\?|(?:passt|wann passt) (?:ihnen|es|"
            "dir)|termin(?:vorschlag|e im)|kooperation|zusammenarbeit|nachfassen|"
            "meine letzte (?:mail|e-mail|nachricht)|aufmerksam geworden|gestossen|"
            "(?:analysiert|aufgefallen)",
            fr="interesse ?\\?|interesse\\(?e|(?:un|quel) (?:appel|echange|creneau|"
            "rendez-vous)(?: de)? (?:\\d+|rapide|telephonique)|(?:15|20|30|quinze|dix) ?min|"
            "seriez-vous|avez-vous (?:15|quelques|un moment)|vous appeler|partenariat|"
            "collaboration|je (?:reviens|me permets)|relance|disponible (?:cette|pour)|"
            "suis tombe",
            es="interesad[oa]s?\\?|le interesa|les interesa|te interesa|(?:una|breve|"
            "corta) (?:breve )?llamada|(?:15|20|30|quince|diez) minutos|hablamos|"
            "colaboracion|alianza|podemos (?:hablar|agendar)|tendria|me pongo en contacto|"
            "encontre su",
            it="interessat[oaie]\\?|(?:una|breve) (?:breve )?(?:call|chiamata|telefonata)|(?:15|"
            "20|30|quindici|dieci) minuti|collaborazione|partnership|mi permetto|"
            "ci sentiamo|vi contatto|la contatto|disponibil[ie] (?:per|a|questa)",
            nl="interesse\\?|geinteresseerd\\?|kort (?:gesprek|telefoontje|belletje)|kennismak|"
            "(?:15|20|30|kwartier|tien) ?(?:minuten)?_|samenwerk|heeft u (?:interesse|tijd)|"
            "zullen we|schikt|openstaan|kwam (?:uw|jullie|je)",
            pt="interessad[oa]s?\\?|tem interesse|teria interesse|(?:uma|breve|"
            "rapida) (?:breve )?(?:chamada|ligacao|conversa|call)|(?:15|20|30|quinze|"
            "dez) minutos|parceria|colaboracao|podemos (?:agendar|conversar|marcar)|topa|"
            "entro em contato|encontrei o",
        ),
    ),
    Cue(
        "speaks of our website or our growth",
        3,
        Words(
            en="your (?:web ?site|blog|web ?page|homepage|online (?:shop|store|presence)|domain|"
            "google|traffic|sales|revenue|brand|business|audience|hiring|company's|"
            "recruiting|card fees|office|fleet|premises|readers|instagram|rankings?|seo|"
            "marketing|team's productivity|energy|costs)_",
            de="(?:ihre|ihrer|ihren|eure|eurer) (?:webseite|website|homepage|internetseite|"
            "onlineshop|online-shop|sichtbarkeit|firma|marke|werbung|umsatze|kosten|social)|"
            "(?:ihren|eurem|ihrem) (?:umsatz|shop|onlineshop|unternehmen|blog|betrieb|team)|"
            "fur (?:ihr|euer) unternehmen|termine .* fur sie",
            fr="(?:votre|vos) (?:site|blog|visibilite|boutique en ligne|trafic|ventes|"
            "entreprise|marque|chiffre d'affaires|activite|couts|image|bureaux|locaux)",
            es="(?:su|sus|tu|vuestra|tus) (?:pagina|web|sitio|blog|tienda online|ventas|empresa|"
            "marca|negocio|trafico|costes|oficina)",
            it="(?:vostro|suo|tuo|vostra|vostre|tue|sua) (?:sito|blog|azienda|vendite|attivita|"
            "brand|marchio|fatturato|negozio online|immagine|ufficio|visibilita)",
            nl="(?:uw|je|jullie) (?:website|webshop|site|blog|bedrijf|omzet|merk|onderneming|"
            "kantoor|team|kosten)_",
            pt="(?:seu|sua|vosso|vossa|suas|teu) (?:site|website|blog|loja|empresa|vendas|"
            "negocio|marca|faturamento|faturacao|escritorio|trafego)",
        ),
    ),
)
