"""Cues of mail that nobody need answer as a ticket, whoever wrote it."""

from classifier.words import Cue, Words

FRAUD = Cue(
    "has the words of a fraud",
    5,
    Words(
        en="million (?:usd|dollars|euros?|pounds)|dormant account|next of kin|inheritance|"
        "lottery|you(?: have|'ve)? won|bitcoin|crypto|trustworthy partner|your bank details|"
        "percent return|casino|viagra|pharmacy|hot singles|wire transfer|beneficiary|"
        "guaranteed profit|work from home|claim your|mailbox (?:is |"
        "storage )?(?:almost )?(?:full|quota)|verify your (?:account|mailbox|password|"
        "identity)|(?:account|mailbox|password) (?:will be|has been|"
        "is about to) (?:\\w+ )?(?:suspended|closed|deactivated|expire)|gift cards?|"
        "at your desk|keep this between us|business loan|get [\\d.,]+ within|"
        "no questions asked|new bank (?:account|details)|change(?:d)? (?:of |our )?bank|"
        "paid? (?:the )?attached invoice|i have recorded|webcam|parcel (?:is )?(?:waiting|"
        "on hold)|customs fee|unpaid (?:toll|postage)|shared (?:a )?document|docusign|"
        "dear (?:friend|beneficiary|winner|beloved)|investment opportunity|adult|replica|"
        "weight loss",
        de="millionen (?:euro|dollar|usd)|erbschaft|lotterie|sie haben gewonnen|gewinnspiel|"
        "bitcoin|krypto|bankverbindung mit|casino|potenz|postfach (?:ist )?(?:fast )?voll|"
        "konto wird (?:gesperrt|geschlossen)|konto (?:\\w+ ){0,3}(?:verifizieren|"
        "bestatigen sie)|geschenkkarten|gutscheinkarten|sofortkredit|kredit ohne|rendite|"
        "neue bankverbindung|paket (?:wartet|konnte nicht zugestellt)|zollgebuhr",
        fr="millions (?:de dollars|d'euros)|heritage|loterie|vous avez gagne|bitcoin|crypto|"
        "casino|coordonnees bancaires|boite (?:mail )?est pleine|cartes? cadeaux?|"
        "verifiez votre (?:compte|identite)|compte (?:sera|va etre) (?:suspendu|bloque|"
        "ferme)|rendement|nouveau rib|changement de rib|colis (?:est )?en attente|"
        "frais de douane|gain de",
        es="millones de (?:dolares|euros)|herencia|loteria|ha ganado|bitcoin|cripto|casino|"
        "sus datos bancarios|buzon esta lleno|tarjetas? (?:de )?regalo|verifique su cuenta|"
        "cuenta sera (?:suspendida|bloqueada|cerrada)|rentabilidad|nueva cuenta bancaria|"
        "paquete (?:esta )?retenido|tasas de aduana",
        it="milioni di (?:dollari|euro)|eredita|lotteria|(?:hai|ha) vinto|bitcoin|cripto|casino|"
        "coordinate bancarie|casella (?:\\w+ )?(?:e )?piena|carte regalo|buoni regalo|"
        "verifichi? il (?:tuo|suo) (?:conto|account)|conto (?:sara|verra) (?:sospeso|"
        "bloccato)|rendimento|nuovo iban|pacco (?:e )?in (?:attesa|giacenza)",
        nl="miljoen (?:dollar|euro)|erfenis|loterij|u heeft gewonnen|gewonnen|bitcoin|crypto|"
        "casino|bankgegevens|mailbox is (?:bijna )?vol|cadeaukaart|cadeaubon|verifieer uw|"
        "account wordt (?:geblokkeerd|opgeschort|gesloten)|rendement|nieuw rekeningnummer|"
        "pakket (?:wacht|ligt klaar)|douanekosten",
        pt="milhoes de (?:dolares|euros)|heranca|loteria|(?:voce )?ganhou|bitcoin|cripto|casino|"
        "dados bancarios|caixa (?:de correio )?(?:\\w+ )?cheia|cartoes? (?:de )?presente|"
        "vale-presente|verifique (?:a )?sua conta|conta sera (?:suspensa|bloqueada|"
        "encerrada)|rendimento|novo iban|encomenda (?:esta )?retida|taxa alfandegaria",
    ),
)
ABSENT = Cue(
    "an absence or calendar notice",
    6,
    Words(
        en="out of (?:the )?office|automatic reply|auto-? ?reply|on (?:parental |maternity |"
        "annual |sick )?leave (?:until|from|till)|annual leave|on (?:vacation|"
        "holiday) (?:until|from|till)|undeliverable|delivery status|"
        "delivery (?:has )?failed|mail delivery|returned mail|has accepted this|"
        "has declined|accepted:|declined:|tentative:|invitation:|read receipt|(?:limited|"
        "no) access to (?:my )?e-?mail|(?:we have|has been) received your (?:message|"
        "request|e-?mail|inquiry)|this is an automat",
        de="abwesenheit|nicht im (?:buro|haus)|automatische antwort|im urlaub|elternzeit|"
        "unzustellbar|zugesagt:|abgesagt:|nicht zugestellt|zustellung fehl|lesebestatigung|"
        "nicht weitergeleitet|autoreply|eingangsbestatigung|automatisch (?:erstellt|"
        "generiert)",
        fr="absence du bureau|reponse automatique|absente? du bureau|en conges?|non remis|"
        "suis absente?|message d'absence|echec de (?:la )?remise|accepte :|refuse :|"
        "accuse de (?:lecture|reception)|message automatique",
        es="fuera de la oficina|respuesta automatica|de vacaciones|no entregado|ausente|"
        "aceptado:|rechazado:|no se ha podido entregar|confirmacion de lectura|"
        "mensaje automatico|acuse de recibo",
        it="fuori ufficio|risposta automatica|in ferie|mancato recapito|sono assente|"
        "assente fino|accettato:|rifiutato:|conferma di lettura|non recapitat|"
        "messaggio automatico",
        nl="afwezig|automatisch(?:e)? (?:antwoord|bericht)|niet op kantoor|(?:met|op) vakantie|"
        "onbestelbaar|geaccepteerd:|geweigerd:|leesbevestiging|niet bezorgd|"
        "ontvangstbevestiging",
        pt="fora do escritorio|resposta automatica|de ferias|ausente|nao entregue|aceite:|"
        "recusad[oa]:|recibo de leitura|falha na entrega|mensagem automatica",
    ),
)
NEWSLETTER = Cue(
    "a newsletter or an advertisement",
    4,
    Words(
        en="unsubscribe|newsletter|view (?:this )?(?:e-?mail )?in (?:your )?browser|early bird|"
        "(?:use|with) code|\\d+ ?% off|percent off|sale ends|ends (?:friday|sunday|tonight|"
        "soon)|black friday|this week's|weekly digest|your weekly|(?:manage|"
        "update) (?:your )?preferences|opt out|no longer wish|in this (?:edition|issue)|"
        "edition \\d|issue \\d|webinar invitation|register now|shop now|free shipping|"
        "new collection|save the date",
        de="abmelden|abbestellen|newsletter|rundbrief|im browser (?:ansehen|offnen)|rabattcode|"
        "gutscheincode|nur bis|nur noch bis|jetzt (?:sparen|anmelden|entdecken|zugreifen)|"
        "neue kollektion|ausgabe \\d|liebe (?:mitglieder|leser)|% (?:rabatt|auf)|"
        "einladung zum webinar|keine (?:mails|nachrichten|e-mails) mehr",
        fr="desabonner|desinscri|newsletter|infolettre|lettre d'information|soldes|code promo|"
        "profitez|nouvelle collection|offre valable|ne plus recevoir|voir (?:ce message|"
        "la version) (?:en ligne|dans)|inscrivez-vous",
        es="dar(?:se|me)? de baja de(?:l| este| la lista)|cancelar (?:la )?suscripcion a este|"
        "boletin|newsletter|rebajas|aproveche|codigo promocional|nueva coleccion|"
        "no desea recibir|ver en (?:el|su) navegador|inscribase|solo hasta",
        it="disiscriv|annulla (?:l')?iscrizione|cancella l'iscrizione|newsletter|saldi|"
        "approfitta|codice sconto|nuova collezione|non ricevere piu|visualizza nel browser|"
        "iscriviti|solo fino|sconti fino",
        nl="afmelden|uitschrijven|nieuwsbrief|kortingscode|uitverkoop|nieuwe collectie|"
        "bekijk (?:in|online|onze)|geen (?:mails|berichten) meer|schrijf je in|"
        "alleen (?:vandaag|deze week)",
        pt="cancelar a (?:subscricao|inscricao)|anular subscricao|descadastr|newsletter|boletim|"
        "promocao|saldos|aproveite|nova colecao|codigo promocional|nao (?:quer|"
        "deseja) receber|ver no navegador|inscreva-se|so ate",
    ),
)
# From people and machines, but neither customers nor buyers.
ELSEWHERE = Cue(
    "an application, a press or building notice, or the like",
    5,
    Words(
        en="my application|apply(?:ing)? (?:for|to)|application for|job application|my (?:cv|"
        "resume|portfolio)|(?:cv|resume) (?:is )?attached|curriculum|internship|vacanc|"
        "job opening|open position|working for you|(?:press|media) (?:enquiry|inquiry|"
        "request)|journalist|reporter|i write for|i'm writing (?:an article|a piece)|"
        "interview with|preparing a piece|for (?:an|my|our) (?:article|podcast|story|"
        "thesis survey)|survey|questionnaire for my|research project|the water will|"
        "the building|fire drill|(?:building|property) management|landlord|car park|"
        "the lift|elevator|heating|fire alarm test|rent_|donation|donate|charity (?:run|"
        "event|auction)|sponsor(?:ship)?_|sponsor our|fundrais|raffle|podcast|(?:guest |"
        "keynote )?speaker (?:at|for)|speak at our|school trip|visit your (?:office|"
        "company)|wrong (?:address|person|number)|not meant for you|meant for someone else|"
        "(?:verification|security|confirmation|login) code|one-time|receipt (?:from|for)|"
        "payment received from|(?:our|the) (?:terms of service|privacy policy)|"
        "privacy policy update|has (?:shared|invited|commented|mentioned|assigned|"
        "requested)|new login to|new sign-?in|security alert for|build (?:failed|passed)|"
        "pull request|monitor (?:is|was)|(?:is|was) (?:up again|resolved)|minutes of the|"
        "annual general meeting|members' meeting|chamber of commerce|tax office|"
        "statistic(?:s|al) office|census|neighbou?r|lost (?:dog|cat|keys)|birthday|"
        "congratulations on|merry christmas|happy new year|season's greetings",
        de="bewerb(?:ung|e mich)|lebenslauf|praktikum|praktikant|werkstudent|ausbildungsplatz|"
        "initiativ|stellen(?:anzeige|angebot|ausschreibung)|offene stelle|presse(?:anfrage|"
        "mitteilung)?_|journalist|redaktion|fur einen (?:artikel|beitrag|bericht)|interview|"
        "umfrage|hausverwaltung|vermieter|(?:das|im) (?:gebaude|treppenhaus)|aufzug|"
        "parkplatz|feueralarm|brandschutz|raumungsubung|wird abgestellt|abgelesen|spende|"
        "sponsor|verein|tombola|podcast|referent|schulklasse|falsche (?:adresse|nummer)|"
        "irrlaufer|nicht fur (?:sie|mich)|(?:bestatigungs|sicherheits|anmelde)code|"
        "einmalcode|masterarbeit|bachelorarbeit|abschlussarbeit|agb-?anderung|"
        "anderung unserer|finanzamt|statistisches|handelskammer|ihk_|mitgliederversammlung|"
        "frohe weihnachten|nachbar|ihre quittung|zahlungsbeleg",
        fr="candidature|mon cv|curriculum|stage_|stagiaire|alternance|offre d'emploi|(?:demande|"
        "enquete) de presse|journaliste|pour un article|redaction|interview|enquete|sondage|"
        "questionnaire|immeuble|coupure d|syndic|bailleur|ascenseur|parking|"
        "exercice (?:d'evacuation|incendie)|don (?:pour|a)|parrain|mecenat|sponsor|tombola|"
        "podcast|intervenant|conference|mauvaise adresse|erreur de destinataire|"
        "code de (?:verification|securite|connexion)|memoire de|conditions generales|"
        "politique de confidentialite|recu de paiement|impots|insee|chambre de commerce|"
        "assemblee generale|joyeux noel|voisin|s'est connecte",
        es="candidatura|curriculum|mi cv|practicas|becari|oferta de empleo|vacante|"
        "busco (?:trabajo|empleo)|solicitud de empleo|(?:consulta|nota) de prensa|"
        "periodista|para un (?:articulo|reportaje)|redaccion|entrevista|encuesta|"
        "el edificio|corte de agua|simulacro|ascensor|administrador de fincas|comunidad de|"
        "aparcamiento|donacion|patrocin|rifa|podcast|ponente|conferencia|"
        "direccion equivocada|mensaje equivocado|codigo de (?:verificacion|seguridad|"
        "acceso)|trabajo de fin|tesis|condiciones de uso|politica de privacidad|recibo de|"
        "hacienda|camara de comercio|asamblea|feliz navidad|vecin",
        it="candidatura|curriculum|mio cv|tirocinio|stage_|tirocinante|offerta di lavoro|"
        "posizione aperta|cerco lavoro|richiesta stampa|comunicato stampa|giornalist|"
        "per un articolo|redazione|intervista|sondaggio|questionario|palazzo|condominio|"
        "amministratore|ascensore|parcheggio|prova di evacuazione|donazione|sponsor|"
        "lotteria di|podcast|relatore|conferenza|indirizzo sbagliato|codice di (?:verifica|"
        "sicurezza|accesso)|tesi di|termini di servizio|informativa sulla privacy|"
        "ricevuta di|agenzia delle entrate|camera di commercio|assemblea|buon natale|"
        "vicin[oi] di",
        nl="sollicit|mijn cv|curriculum|stage_|stageplek|stageplaats|stagiair|vacature|bijbaan|"
        "open sollicitatie|pers(?:vraag|bericht)|journalist|voor een artikel|redactie|"
        "interview|enquete|vragenlijst|het gebouw|verhuurder|beheerder|ontruiming|"
        "brandalarm|lift_|parkeer|wordt afgesloten|donatie|sponsor|goede doel|loterij voor|"
        "podcast|spreker|congres|verkeerd(?:e)? (?:adres|persoon|nummer)|niet voor (?:u|"
        "mij) bestemd|(?:verificatie|beveiligings|inlog)code|scriptie|afstudeer|"
        "algemene voorwaarden|privacybeleid|betaalbewijs|belastingdienst|"
        "kamer van koophandel|ledenvergadering|prettige kerst|buren|buurman",
        pt="candidatura|curriculo|curriculum|meu cv|estagi|vaga (?:de|para)|procuro (?:trabalho|"
        "emprego)|oferta de emprego|(?:pedido|nota) de imprensa|imprensa|jornalista|"
        "para um artigo|redacao|entrevista|inquerito|pesquisa academica|o (?:edificio|"
        "predio)|condominio|corte de agua|simulacro|elevador|estacionamento|senhorio|doacao|"
        "donativo|patrocin|rifa|podcast|palestr|orador|endereco errado|mensagem errada|"
        "codigo de (?:verificacao|seguranca|acesso)|tese de|termos de (?:servico|uso)|"
        "politica de privacidade|recibo de|financas_|camara de comercio|assembleia|"
        "feliz natal|vizinh",
    ),
)
