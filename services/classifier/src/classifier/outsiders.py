"""Words of those whose mail is nothing for us: sellers, fraud, machines, the rest of the world."""

from classifier.words import Words

# They want to sell us something.
SELLS = Words(
    en="backlink|seo|guest post|rank your|rank higher|ranking|first page of google|"
    "lead generation|we sell|our agency|our services|we offer|we help companies|"
    "we help businesses|web design|redesign your|your website|outsourc|our developers|"
    "our team of|boost your|grow your|increase your|more customers for|free audit|"
    "schedule a call|15 minute|15-minute|reach out|we specialise|we specialize|"
    "i came across your|email list|database of|special offer for you|limited offer|sponsored|"
    "business loan|funding for your|wholesale prices|we manufacture|manufacturer of|"
    "would you be interested in|virtual assistant|cost savings|save up to|our platform|"
    "our solution|we can help you|help you get|we have helped|companies like yours|"
    "businesses like yours|merchants of your size|of your size save|your blog|article on|"
    "one link|we pay|we would pay|per post|your listing|your profile|appear in|"
    "list your company|your revenue|more sales|more leads|qualified leads|qualified meetings|"
    "appointments with|decision makers|cold calling|outbound|we produce|we print|flyers|"
    "stickers|merchandise|office supplies|cleaning service|catering for|recruitment agency|"
    "candidates for|staffing|hire developers|offshore|for less|lower your|cut your|reduce your|"
    "save * on|save you|save money|discount of|per cent off|from only|from 3|only 29|"
    "free consultation|free trial of our|no obligation|no commitment|worth a chat|"
    "worth a conversation|book a slot|my calendar|calendly|grab a coffee|got 10 minutes|"
    "brief call|a quick chat|quick question about your|following up on my|did you see my|"
    "just checking in|bumping this|right person|person responsible|who is responsible for|"
    "interested in a|i'd love to show|love to show you|happy to send|shall i send|may i send|"
    "would you like to see|do you want more|are you interested|investors|investment opportunity|"
    "credit line|energy contract|electricity contract|card fees|servers from|domain name|"
    "premium domain|app development|translation services|our new product|introducing our|"
    "launch of our|exclusive offer|partner with us|we are a leading|leading provider|"
    "leading manufacturer|factory in|price list attached|our prices|we work with|directory|"
    "your business|your sales|we build|we design|we develop|we supply|we deliver|we provide|"
    "we create|cheap|loan|insurance for|terminals|payment terminals|hosting|samples|catalogue",
    de="mehr kunden|ihre webseite|ihre website|ihrer webseite|ihrer website|ihren onlineshop|"
    "mit unserer agentur|unsere agentur|wir sind eine agentur|gewinnen sie|suchmaschinen|seo|"
    "google ranking|bei google|wir bieten|unsere leistungen|unsere dienstleistung|steigern sie|"
    "ihren umsatz|neukundengewinnung|sparen sie|kurzes telefonat|backlink|adressdaten|"
    "fachkrafte vermitteln|wir vermitteln|kredit fur|wir unterstutzen|wir helfen|firmen wie|"
    "unternehmen wie|softwarefirmen|termine mit entscheid|entscheidern|qualifizierte termine|"
    "qualifizierte leads|kaltakquise|nur bei erfolg|kennenlernen|kurzes gesprach|passt ihnen|"
    "hatten sie interesse|haben sie interesse|ware das interessant|interessant fur sie|"
    "darf ich ihnen|durfen wir ihnen|gern sende ich|gerne sende ich|ich wurde ihnen gern|"
    "ich mochte ihnen|mein angebot|unser angebot|unser produkt|unsere losung|unsere plattform|"
    "wir entwickeln|wir erstellen|wir gestalten|wir drucken|wir produzieren|"
    "wir sind spezialisiert|spezialisiert auf|fuhrender anbieter|hersteller von|rabatt auf|"
    "jetzt sichern|ab nur|unverbindlich|ihr blog|gastartikel|gastbeitrag|verlinkung|"
    "branchenverzeichnis|ihr eintrag|ihren vertrieb|ihr umsatz|umsatz steigern|"
    "personalvermittlung|bewerber fur|buromaterial|werbemittel|werbeartikel|flyer|stromvertrag|"
    "stromtarif|finanzierung|kartengebuhren|newsletterwerbung|anzeige in|ich komme auf sie zu|"
    "haben sie meine|nachfassen|wer ist * zustandig|ansprechpartner fur|wir liefern|gunstig|"
    "ab 3|kostenlos|reinigungs|versicherung fur|investor|zahlungsterminal|hosting|domain",
    fr="votre site|votre visibilite|referencement|nous sommes une agence specialisee|"
    "notre agence|nos services|nous proposons|nous vous proposons|nous offrons|augmentez|"
    "augmenter vos|plus de clients|refonte|a prix reduit|quand pouvons-nous vous appeler|"
    "un appel de 15|audit gratuit|prospection|base de donnees de|backlink|seo|externalis|"
    "developpez votre|boostez|nous aidons|nous accompagnons|des entreprises comme|"
    "societes comme|decideurs|rendez-vous qualifies|leads qualifies|uniquement au resultat|"
    "faire connaissance|un court echange|etes-vous disponible|seriez-vous interesse|"
    "etes-vous interesse|cela vous interesse|puis-je vous|je me permets|notre offre|"
    "notre produit|notre solution|notre plateforme|nous developpons|nous imprimons|"
    "nous fabriquons|specialise dans|specialises dans|leader du|fabricant de|remise de|"
    "sans engagement|votre blog|article invite|article sponsorise|un lien vers|annuaire|"
    "votre fiche|votre chiffre d'affaires|vos ventes|votre equipe commerciale|candidats pour|"
    "fournitures de bureau|goodies|flyers|contrat d'electricite|financement|investisseur|"
    "nom de domaine|publicite|avez-vous vu mon|la personne en charge|nous creons|nous livrons|"
    "specialiste|pas cher|moins cher|a partir de|gratuit|recrutement|nettoyage|assurance pour|"
    "terminaux de paiement|hebergement|relance",
    es="su pagina web|su sitio web|su web|posicionamiento|nuestra agencia|somos una agencia|"
    "nuestros servicios|ofrecemos|le ofrecemos|les ofrecemos|aumentar sus|aumente sus|"
    "mas clientes|redisen|auditoria gratuita|una llamada de 15|una breve llamada|backlink|seo|"
    "base de datos de|externaliz|generacion de leads|captar clientes|ayudamos a|empresas como|"
    "decisores|reuniones cualificadas|leads cualificados|solo a exito|conocernos|"
    "les interesaria|le interesa|estaria interesad|puedo enviar|me permito|nuestra oferta|"
    "nuestro producto|nuestra solucion|nuestra plataforma|desarrollamos|disenamos|imprimimos|"
    "fabricamos|lideres en|fabricante de|ahorre|ahorrar|descuento del|desde solo|sin compromiso|"
    "su blog|articulo invitado|articulo patrocinado|un enlace|directorio|su ficha|sus ventas|"
    "su facturacion|seleccion de personal|candidatos para|material de oficina|folletos|"
    "contrato de luz|financiacion|publicidad en|vio mi correo|la persona encargada|creamos|"
    "suministramos|especializad|barato|mas barato|gratis|gratuit|limpieza|seguro para|inversor|"
    "datafono|terminales de pago|alojamiento web|hosting|dominio",
    it="vostro sito|suo sito|il tuo sito|posizionamento|siamo un'agenzia|nostra agenzia|"
    "i nostri servizi|nostri servizi|offriamo|vi offriamo|proponiamo|aumentare le vostre|"
    "aumenta le tue|aumentare le vendite|piu clienti|campagne mirate|fissiamo una call|"
    "una breve chiamata|audit gratuit|consulenza gratuita|backlink|seo|esternalizz|aiutiamo|"
    "aziende come|decisori|appuntamenti qualificati|lead qualificati|solo a risultato|"
    "conoscerci|le interesserebbe|vi interesserebbe|siete interessati|le interessa|vi interessa|"
    "posso inviar|mi permetto|la nostra offerta|il nostro prodotto|la nostra soluzione|"
    "la nostra piattaforma|sviluppiamo|progettiamo|stampiamo|produciamo|forniamo|leader nel|"
    "produttore di|risparmi|sconto del|a partire da|senza impegno|vostro blog|guest post|"
    "articolo sponsorizzato|un link|la vostra scheda|le vostre vendite|vostro fatturato|"
    "selezione del personale|candidati per|cancelleria|volantini|contratto luce|finanziament|"
    "investitor|pos per|pubblicita su|ha visto la mia|creiamo|specializzat|economic|gratis|"
    "gratuit|directory|pulizie|assicurazione per|terminali di pagamento|hosting|dominio",
    nl="uw website|jullie website|je website|vindbaarheid|wij zijn een bureau|ons bureau|"
    "onze diensten|wij bieden|we bieden|bieden wij|meer klanten|verhoog uw|uw omzet|zoekmachine|"
    "hoger in google|kort gesprek|backlink|seo|uitbested|leadgeneratie|wij helpen|we helpen|"
    "bedrijven zoals|beslissers|gekwalificeerde afspraken|gekwalificeerde leads|"
    "alleen bij succes|kennismak|zou u interesse|heeft u interesse|interesse in een|mag ik u|"
    "mag ik jullie|ons aanbod|ons product|onze oplossing|ons platform|wij ontwikkelen|"
    "wij ontwerpen|wij drukken|wij produceren|marktleider|fabrikant van|besparen|bespaar|"
    "korting van|vanaf slechts|vrijblijvend|jullie blog|gastblog|gastartikel|een link|"
    "bedrijvengids|uw vermelding|uw verkoop|kandidaten voor|kantoorartikelen|flyers|"
    "relatiegeschenk|energiecontract|financiering|investeerder|domeinnaam|adverteren|"
    "mijn vorige mail|de juiste persoon|wij maken|wij leveren|gespecialiseerd|goedkoop|"
    "goedkoper|gratis|werving|schoonmaak|verzekering voor|betaalterminal|hosting",
    pt="o seu site|seu site|vosso site|posicionamento|somos uma agencia|nossa agencia|"
    "nossos servicos|os nossos servicos|oferecemos|aumente as|aumentar as|mais clientes|"
    "auditoria gratuita|uma chamada de 15|uma breve chamada|backlink|seo|terceiriz|"
    "base de dados de|geracao de leads|ajudamos|empresas como|decisores|reunioes qualificadas|"
    "leads qualificados|so com resultado|conhecermo-nos|teria interesse|teriam interesse|"
    "tem interesse|interessa-lhe|posso enviar|tomo a liberdade|nossa oferta|nosso produto|"
    "nossa solucao|nossa plataforma|desenvolvemos|desenhamos|imprimimos|fabricamos|lider em|"
    "fabricante de|poupe|poupar|economiz|desconto de|sem compromisso|vosso blog|seu blog|"
    "artigo convidado|artigo patrocinado|um link|diretorio|sua ficha|suas vendas|vossas vendas|"
    "faturacao|candidatos para|material de escritorio|panfletos|contrato de energia|"
    "financiamento|maquininha|anunciar|viu o meu|pessoa responsavel|criamos|fornecemos|"
    "especializad|barato|mais barato|a partir de|gratis|gratuit|recrutamento|limpeza|"
    "seguro para|investidor|terminais de pagamento|hospedagem|alojamento web|dominio",
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
    "preparing a piece|research project|the water will|the building|fire drill|"
    "maintenance in the building|building management|landlord|sponsor our|sponsorship|podcast|"
    "speaker at|wrong address|wrong person|not meant for you|your receipt from|"
    "payment received from|privacy policy update|new login to|security alert for your|"
    "applying for|job opening|open position|student job|work placement|are you hiring|"
    "for an article|for our readers|an interview|quote you|fire alarm|package for you is|"
    "lost property|you are invited|gift cards|are you at your desk|keep this between us|"
    "wrong number|must have the wrong|not for me|my grandmother|happy holidays|merry christmas|"
    "season's greetings|your domain|certificate expires|pull request|ticket has been created|"
    "invoice from|your order with|thank you for your order|has been shipped by|"
    "payment reminder from|password was changed|confirm your subscription",
    de="bewerbung|lebenslauf|praktikum|werkstudent|stellenanzeige|stellenangebot|presseanfrage|"
    "journalist|redaktion|interview mit|hausverwaltung|das gebaude|wird abgestellt|sponsoring|"
    "falsche adresse|irrlaufer|bestatigungscode|masterarbeit|bachelorarbeit|agb-anderung|"
    "stellenausschreibung|initiativbewerbung|ausbildungsplatz|ausbildung als|"
    "vorstellungsgesprach|fur unsere leser|fur einen artikel|feueralarm|sie sind eingeladen|"
    "messeeinladung|preisverleihung|geschenkkarten|gutscheinkarten|falsche nummer|nicht fur uns|"
    "frohe weihnachten|schone feiertage|ihre domain|zertifikat lauft|sicherung abgeschlossen|"
    "ihre bestellung bei|vielen dank fur ihre bestellung|zahlungserinnerung von|"
    "passwort wurde geandert|einmalcode",
    fr="candidature|mon cv|curriculum|offre d'emploi|demande de presse|enquete pour|immeuble|"
    "syndic|don pour|parrainage|mecenat|mauvaise adresse|code de verification|memoire de|"
    "alternance|apprentissage|je postule|entretien d'embauche|pour nos lecteurs|pour un article|"
    "etude sur|vous etes invite|cartes cadeaux|mauvais numero|joyeux noel|bonnes fetes|"
    "votre domaine|certificat expire|sauvegarde terminee|merci pour votre commande|"
    "mot de passe a ete modifie|code a usage unique",
    es="candidatura|mi curriculum|curriculum|oferta de empleo|vacante|solicitud de empleo|"
    "consulta de prensa|periodista|encuesta para|el edificio|corte de agua|patrocinio|"
    "direccion equivocada|codigo de verificacion|trabajo de fin|me postulo|"
    "para nuestros lectores|para un articulo|estudio sobre|esta invitad|tarjetas regalo|"
    "numero equivocado|feliz navidad|felices fiestas|su dominio|certificado caduca|"
    "copia de seguridad completada|gracias por su pedido|contrasena ha cambiado|"
    "codigo de un solo uso",
    it="candidatura|curriculum|mio cv|tirocinio|offerta di lavoro|posizione aperta|"
    "richiesta stampa|giornalista|sondaggio per|il palazzo|condominio|sponsorizza|"
    "indirizzo sbagliato|codice di verifica|tesi di|mi candido|colloquio di lavoro|"
    "apprendistato|per i nostri lettori|per un articolo|studio su|mancanza di corrente|"
    "siete invitati|carte regalo|numero sbagliato|buon natale|buone feste|il vostro dominio|"
    "certificato scade|backup completato|grazie per il tuo ordine|password e stata modificata|"
    "codice usa e getta",
    nl="sollicitatie|mijn cv|curriculum|vacature|persvraag|journalist|het gebouw|"
    "wordt afgesloten|sponsoring|verkeerd adres|verificatiecode|scriptie|functie van|"
    "ik solliciteer|leerplek|voor onze lezers|voor een artikel|onderzoek naar|stroomstoring in|"
    "u bent uitgenodigd|cadeaukaart|verkeerd nummer|prettige feestdagen|vrolijk kerstfeest|"
    "uw domein|certificaat verloopt|back-up voltooid|bedankt voor uw bestelling|"
    "wachtwoord is gewijzigd|eenmalige code",
    pt="candidatura|meu curriculo|curriculo|curriculum|estagio|oferta de emprego|"
    "pedido de imprensa|inquerito para|o edificio|o predio|corte de agua|patrocinio|"
    "endereco errado|codigo de verificacao|tese de|me candidato|candidato-me|"
    "para os nossos leitores|para um artigo|estudo sobre|corte de energia|esta convidad|"
    "cartoes presente|vale-presente|numero errado|feliz natal|boas festas|o seu dominio|"
    "certificado expira|copia de seguranca concluida|obrigado pela sua encomenda|"
    "palavra-passe foi alterada|codigo de uso unico",
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
