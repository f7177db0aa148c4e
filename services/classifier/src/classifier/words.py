"""Words by which the rules know a mail, in seven languages.

A text is folded first (lower case, no accents), so the words stand here folded. Each is the
beginning of a word, a whole one with `_` at its end; `*` stands for up to three words in between.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache


class Words:
    """One meaning and the words for it, by language (`|` between them)."""

    def __init__(self, **by_language: str) -> None:
        """Compiled when first needed."""
        self._by_language = by_language

    def number(self, text: str, languages: Sequence[str]) -> int:
        """How many different ones of these languages stand in a folded text."""
        patterns = [_pattern(words) for words in self._of(languages)]
        return len({found for pattern in patterns for found in pattern.findall(text)})

    def are_in(self, text: str, languages: Sequence[str]) -> bool:
        """Whether one of them stands in a folded text."""
        return any(_pattern(words).search(text) for words in self._of(languages))

    def _of(self, languages: Sequence[str]) -> Iterator[str]:
        return (self._by_language[name] for name in languages if name in self._by_language)


@cache
def _pattern(words: str) -> re.Pattern[str]:
    anything = r"(?:[^\s.!?]+ ){0,3}?"
    written = words.replace("* ", anything).replace("_|", r"\b|")
    return re.compile(rf"\b(?:{written.removesuffix('_')})")


# They want to buy from us. `ASKS_TO_BUY` says it outright, `ABOUT_BUYING` only sounds like it.
ASKS_TO_BUY = Words(
    en="a quote|quote for|quotation|send us an offer|would it cost|does it cost|price list|"
    "your pricing|pricing|your prices|book a demo|a demo|demonstration|free trial|"
    "before i sign up|before we sign up|want to buy|like to buy|looking to buy|"
    "interested in buying|interested in your|purchase * licen|volume discount|"
    "educational discount|nonprofit discount|discount for|become a partner|request for proposal|"
    "rfp|tender|we need a replacement|replacement vendor|looking for a|comparing|evaluating|"
    "shortlist|switch to you|switch from|switching from|switching to|onboarding 3|"
    "what would onboarding|who can we speak to|talk to sales|sales team|enterprise plan|"
    "which plan|would like to subscribe|would like to order|place an order|do you deliver to|"
    "do you ship to|do you offer|do you have a plan|does the * plan|a company of our size|"
    "contact form submission|our budget|budget approv|board approval|move to your|"
    "migrate to you|get started with your|sign a contract with you|before we buy|before i buy|"
    "before we order|before i order|before i subscribe|before we decide|before signing|"
    "thinking of getting|thinking of buying|thinking about|considering your|are considering|"
    "we consider|price it|price us|cost for|how much|what are the costs|what does it|"
    "what would it|what do you charge|rates for|your rates|per month for|monthly price|"
    "send us a proposal|a proposal|your offer|firm offer|an estimate|ballpark|a price|"
    "your conditions|terms for|try it|try before|test account|test it|trial|sandbox|"
    "a walkthrough|show us|see it in action|presentation of|we want to open|we are opening|"
    "we open|rolling out|roll out to|would like to introduce|introduce your|want to use your|"
    "would like to use your|interested in using|new provider|another provider|current provider|"
    "present provider|our provider|current supplier|present supplier|current system|"
    "present tool|current tool|our old system|looking around|looking to replace|replace our|"
    "want to replace|switch over|moving from|want to move to|want to switch|can you take over|"
    "can you import|is it suitable|suitable for|would it work for|does it work on|does it run|"
    "does it support|does it integrate|does your|do your products|can your|can it handle|"
    "can two people|is there a version|is there a plan|is there a discount|is there an app|"
    "which version|which package|which edition|which product|recommend for|recommended you|"
    "recommended by|a colleague uses|heard about you|heard good things|found you|saw your|"
    "saw you at|met at|at the fair|at the trade fair|trade show|exhibition stand|"
    "as discussed at|new customer|become a customer|becoming a customer|become customers|"
    "sign up for|would like to sign up|open an account with you|distribut|resell|white label|"
    "partner program|affiliate|referral|wholesale|bulk order|bulk purchase|large order|"
    "framework agreement|procurement|purchase order for|supplier registration|"
    "vendor registration|invitation to bid|minimum order|lead time for|delivery time for|"
    "do you sell|do you rent|can we rent|can i rent|hire for|where can i buy|where can we buy|"
    "available in|in stock|do you also",
    de="um ihr angebot|um ein angebot|senden sie uns ein angebot|angebot anfordern|"
    "angebot zukommen|anfrage: angebot|angebotsanfrage|was kostet|welche kosten|ausschreibung|"
    "testzugang|testversion|probemonat|kostenlos testen|eine demo|vorfuhrung|"
    "interessieren uns fur|interesse an ihr|suchen ein|suchen nach ein|wechseln zu ihnen|"
    "wechsel zu ihnen|anbieter wechseln|wurden gern * bestellen|mochten * bestellen|"
    "mochten * kaufen|mochten * lizenz|lizenzen kaufen|lizenzen erwerben|mengenrabatt|"
    "wiederverkauf|bieten sie * an|liefern sie * nach|beraten lassen|beratungstermin|"
    "fur unser unternehmen geeignet|welcher tarif|welches paket|neukunde|bevor wir bestellen|"
    "bevor ich bestelle|bevor wir kaufen|vor dem kauf|vor der bestellung|bevor ich mich|"
    "bevor wir uns entscheiden|uberlegen|wir erwagen|was wurde|wieviel kostet|wie viel kostet|"
    "wie teuer|preis|kosten fur|konditionen|ein angebot|angebot bis|angebot uber|"
    "kostenvoranschlag|testen konnen|zum testen|ausprobieren|probezeitraum|testphase|"
    "teststellung|demo|vorstellen|prasentation|zeigen konnten|wir eroffnen|"
    "wir mochten * einfuhren|einfuhren|umsteigen|umstellen auf|ablosen|bisheriger anbieter|"
    "bisherigen anbieter|jetziger anbieter|jetzigen anbieter|aktueller anbieter|"
    "aktuellen anbieter|derzeitigen|unser altes system|neuen anbieter|neues system|"
    "auf der suche|brauchen wir eine|benotigen wir|geeignet fur|ist ihr|eignet sich|"
    "lasst sich ihre|gibt es mietgerate|gibt es eine version|gibt es einen tarif|gibt es rabatt|"
    "rabatt|empfohlen|haben sie auf der messe|auf der messe|messestand|von ihnen gehort|"
    "ihre software gesehen|kunde werden|bestellen mochten|wir wurden gern|wurden gerne|"
    "konnen wir * mieten|mieten|vermieten|leihen|reseller|partnerprogramm|grossbestellung|"
    "sammelbestellung|rahmenvertrag|vergabe|leistungsverzeichnis|lieferzeit fur|verkaufen sie|"
    "fuhren sie|haben sie auch|wo kann ich|wo konnen wir|erhaltlich|ansprechpartner im vertrieb|"
    "vertrieb",
    fr="un devis|demande de devis|demande de prix|vos tarifs|quel est le prix|"
    "quel serait le prix|une demo|periode d'essai|nous cherchons|nous recherchons|"
    "je cherche une|je recherche une|interesses par vo|interessee par vo|interesse par vo|"
    "appel d'offres|souhaitons souscrire|souhaite souscrire|souhaitons acheter|souhaite acheter|"
    "souhaitons commander|voudrions acheter|tarif etudiant|devenir revendeur|revendre|"
    "changer de fournisseur|changer de prestataire|proposez-vous|livrez-vous|quelle formule|"
    "quelle offre|avant de commander|avant d'acheter|avant de m'abonner|avant de nous abonner|"
    "avant de nous decider|avant de signer|nous envisageons|j'envisage|combien|"
    "quel est le tarif|quels sont les tarifs|le prix|les prix|au mois|une offre|votre offre|"
    "proposition|estimation|chiffrage|conditions tarifaires|essayer|tester|essai|"
    "version d'essai|demo|presentation|nous ouvrons|j'ouvre|nous voulons equiper|equiper|"
    "nous equiper|changer de logiciel|quitter notre|notre prestataire actuel|prestataire actuel|"
    "fournisseur actuel|logiciel actuel|notre ancien|remplacer notre|a la recherche|"
    "besoin d'une solution|besoin d'un logiciel|est-il adapte|est-ce adapte|convient-il|"
    "est-ce que votre|votre logiciel gere|gere-t-il|peut-il gerer|existe-t-il une|"
    "y a-t-il une formule|y a-t-il une remise|remise|recommande par|un collegue|vu au salon|"
    "au salon|rencontres au|entendu parler|nouveau client|devenir client|souscrire|"
    "nous aimerions commander|aimerais commander|voudrais commander|louer|location|revendeur|"
    "distributeur|partenariat commercial|marche public|consultation|cahier des charges|"
    "grande quantite|commande groupee|delai de livraison pour|vendez-vous|ou puis-je acheter|"
    "disponible en|service commercial|un commercial|votre equipe commerciale",
    es="un presupuesto|solicitud de presupuesto|presupuesto para|cotizacion|sus precios|"
    "sus tarifas|que precio|lista de precios|una demo|periodo de prueba|queremos contratar|"
    "quiero contratar|contratar su|nos gustaria contratar|queremos comprar|quisiera comprar|"
    "quisieramos comprar|estamos buscando|interesados en su|interesada en su|interesado en su|"
    "licitacion|ser distribuidor|revender|ofrecen ustedes|hacen envios a|que plan|"
    "antes de comprar|antes de contratar|antes de pedir|antes de suscribir|antes de decidir|"
    "estamos pensando|estoy pensando|estamos valorando|valorando|cuanto|precio|coste|costaria|"
    "tarifas|una oferta|su oferta|propuesta|oferta en firme|condiciones|probar|prueba|"
    "version de prueba|demo|presentacion|vamos a abrir|abrimos|queremos implantar|implantar|"
    "queremos usar|queremos empezar|cambiar de|nuestro proveedor|proveedor actual|"
    "contrato actual|sistema actual|programa actual|sustituir nuestro|reemplazar|buscamos|"
    "en busca de|necesitamos un|es adecuado|sirve para|funciona con|puede gestionar|"
    "se puede usar|tienen algun|tienen un plan|hay descuento|descuento|nos recomend|me recomend|"
    "un companero|en la feria|en feria|oido hablar|nuevo cliente|ser clientes|hacernos clientes|"
    "queremos pedir|quisiera pedir|nos gustaria pedir|alquil|distribuidor|revendedor|"
    "concurso publico|pliego|pedido grande|gran cantidad|al por mayor|plazo de entrega para|"
    "venden|donde puedo comprar|disponible en|responsable comercial|departamento comercial|"
    "un comercial",
    it="un preventivo|richiesta di preventivo|preventivo per|i vostri prezzi|vostri prezzi|"
    "listino|una dimostrazione|una demo|periodo di prova|vorremmo acquistare|vorrei acquistare|"
    "vorremmo comprare|vorrei comprare|vorremmo ordinare|stiamo cercando|siamo interessati|"
    "sono interessat|bando|diventare rivenditor|rivendere|cambiare fornitore|spedite in|"
    "quale piano|quale abbonamento|prima di acquistare|prima di comprare|prima di ordinare|"
    "prima di abbonar|prima di decidere|stiamo pensando|sto pensando|stiamo valutando|"
    "sto valutando|valutando|quanto|prezzo|prezzi|costo|costi|tariffe|un'offerta|vostra offerta|"
    "proposta|condizioni|prova|versione di prova|dimostrazione|demo|presentazione|apriamo|"
    "apriremo|vogliamo aprire|vogliamo introdurre|vorremmo usare|vorrei usare|vorremmo iniziare|"
    "cambiare gestionale|cambiare programma|nostro fornitore|fornitore attuale|sistema attuale|"
    "programma attuale|sostituire il nostro|in cerca di|cerchiamo|ci serve|"
    "abbiamo bisogno di un|e adatto|va bene per|funziona con|puo gestire|e possibile usarlo|"
    "avete un|c'e uno sconto|sconto|ci ha consigliato|mi ha consigliato|consigliat|un collega|"
    "in fiera|alla fiera|sentito parlare|nuovo cliente|diventare client|vorrei ordinare|noleggi|"
    "distributore|rivenditor|gara|capitolato|grande quantita|ordine grande|all'ingrosso|"
    "tempi di consegna per|vendete|dove posso comprare|disponibile in|un commerciale|"
    "ufficio commerciale|parlare con un",
    nl="een offerte|wat kost|wat zou * kosten|uw prijzen|jullie prijzen|een demo|proefperiode|"
    "gratis proef|wij zoeken een|we zoeken een|geinteresseerd in|aanbesteding|"
    "willen graag bestellen|zouden graag * bestellen|willen kopen|zou graag * kopen|"
    "willen afnemen|licenties kopen|wederverkoper|reseller worden|leveren jullie * aan|"
    "leveren jullie naar|welk pakket|welk abonnement|voordat we bestellen|voordat ik bestel|"
    "voor we bestellen|voor ik bestel|voordat ik koop|voordat we kopen|voordat we beslissen|"
    "we overwegen|ik overweeg|overwegen|hoeveel kost|kosten voor|prijs|prijzen|tarieven|offerte|"
    "een voorstel|aanbod|voorwaarden|uitproberen|proberen|testen|proefversie|proefaccount|demo|"
    "presentatie|we openen|we gaan * openen|willen gaan werken|willen gebruiken|willen beginnen|"
    "huidige leverancier|onze leverancier|huidige systeem|ons oude|vervangen van|"
    "ons systeem vervangen|overstap|zoeken|op zoek|hebben * nodig|geschikt voor|werkt het met|"
    "werkt jullie|kan jullie|kunnen jullie * aan|is er een versie|is er een abonnement|"
    "is er korting|korting|aangeraden|tip van|een collega|op de beurs|beurs|gehoord over|"
    "nieuwe klant|klant worden|graag bestellen|willen bestellen|huren|verhuur|dealer|"
    "distributeur|grote bestelling|grote aantallen|groothandel|levertijd voor|verkopen jullie|"
    "waar kan ik * kopen|leverbaar|verkoopafdeling|iemand van verkoop|verkoper",
    pt="um orcamento|pedido de orcamento|orcamento para|cotacao|os vossos precos|seus precos|"
    "tabela de precos|uma demo|teste gratuito|periodo de teste|queremos contratar|"
    "gostariamos de contratar|queremos comprar|gostaria de comprar|gostariamos de comprar|"
    "estamos a procura|estamos procurando|interessados em|interessada em|interessado em|"
    "licitacao|ser revendedor|revender|entregam em|qual plano|antes de comprar|"
    "antes de contratar|antes de assinar|antes de encomendar|antes de decidir|estamos a pensar|"
    "estamos pensando|estou a pensar|estou pensando|a avaliar|avaliando|quanto|preco|custo|"
    "custa|tarifas|uma proposta|proposta|vossa oferta|condicoes|experimentar|testar|"
    "versao de teste|demo|apresentacao|mostrar o sistema|vamos abrir|abrimos|"
    "queremos implementar|queremos usar|queremos comecar|mudar de|nosso fornecedor|"
    "fornecedor atual|sistema atual|programa atual|substituir o nosso|a procura|procuramos|"
    "precisamos de um|e adequado|serve para|da para usar|funciona com|consegue gerir|"
    "tem algum plano|tem desconto|ha desconto|desconto|recomend|um colega|na feira|ouvi falar|"
    "novo cliente|ser client|tornar-nos client|gostariamos de encomendar|gostaria de encomendar|"
    "alug|distribuidor|revendedor|concurso|caderno de encargos|grande quantidade|por atacado|"
    "prazo de entrega para|vendem|onde posso comprar|disponivel em|departamento comercial|"
    "um comercial|equipe de vendas",
)
ABOUT_BUYING = Words(
    en="price|per seat|per user|seats|licence|license|pay monthly|starter plan|webinar|"
    "your product|your software|new contact form|onboarding|staff|next step|we are a|i run|"
    "i am opening|we run|our company|our team of|employees|people|users|locations|shops|stores|"
    "branches|clinics|schools|hotel|restaurant|devices|yearly|monthly|features|your app|"
    "your system|your service|your tool|phone:|company:|call me|in january|in february|in march|"
    "next year|this quarter|decide|budget|requirements",
    de="angebot|einrichtung und schulung|arbeitsplatze|mitarbeiter|nutzer|ihre software|"
    "ihr produkt|ruckruf|webinar|anfrage|preis|wir sind ein|ich betreibe|filialen|standorte|"
    "personen|leute|lizenzen|gerate|monatlich|jahrlich|ihr system|ihre losung|ihre kasse|"
    "telefon:|firma:|rufen sie|im januar|im februar|im marz|nachstes jahr|entscheid|budget|"
    "anforderungen",
    fr="devis|tarif|votre solution|votre logiciel|votre produit|votre formule|postes|rappel|"
    "nous sommes une|je dirige|je gere|magasins|boutique|sites|personnes|salaries|utilisateurs|"
    "licences|appareils|mensuel|annuel|votre systeme|votre outil|telephone|societe|en janvier|"
    "en fevrier|en mars|l'annee prochaine|decision|budget|besoins",
    es="presupuesto|precio|tarifa|su servicio|su software|su producto|condiciones de pago|"
    "somos un|tengo una|tenemos una|tiendas|sedes|personas|empleados|usuarios|licencias|"
    "dispositivos|mensual|anual|su sistema|su herramienta|telefono|empresa|llamen|en enero|"
    "en febrero|en marzo|el ano que viene|decidir|requisitos|conductores",
    it="preventivo|prezzo|tariff|vostro servizio|vostro software|vostro prodotto|siamo un|ho un|"
    "abbiamo un|negozi|punti vendita|sedi|persone|dipendenti|utenti|licenze|dispositivi|mensile|"
    "annuale|vostro sistema|il vostro|telefono|azienda|mi chiami|chiamatemi|a gennaio|"
    "a febbraio|a marzo|l'anno prossimo|decidere|budget|requisiti",
    nl="offerte|prijs|tarief|jullie software|uw software|jullie product|uw product|wij zijn een|"
    "we zijn een|ik heb een|we hebben een|winkels|vestigingen|locaties|personen|medewerkers|"
    "gebruikers|licenties|apparaten|per maand|per jaar|jullie systeem|uw systeem|telefoon|"
    "bedrijf|bel mij|bel me|in januari|in februari|in maart|volgend jaar|beslissen|budget|eisen",
    pt="orcamento|preco|tarifa|vosso servico|seu servico|seu software|vosso produto|somos um|"
    "tenho uma|temos uma|lojas|armazens|unidades|pessoas|funcionarios|colaboradores|"
    "utilizadores|usuarios|licencas|dispositivos|mensal|anual|por mes|vosso sistema|seu sistema|"
    "telefone|empresa|liguem|em janeiro|em fevereiro|em marco|proximo ano|decidir|requisitos",
)

# They have bought already.
IS_CUSTOMER = Words(
    en="my order|our order|order number|order no|order #|under order|invoice|my account|"
    "our account|customer number|customer no|customer id|subscription|my plan|our plan|"
    "since the update|since the last update|after the update|since yesterday|your invoice|"
    "we are on the|i am on the|existing customer|customer since|our contract with you|renewal|"
    "my purchase|i bought|we bought|i ordered|we ordered|ordered on|tracking|delivery|my parcel|"
    "my ticket|ticket #|log in|login|password|reset mail|you charged|charged|refund|my payment|"
    "your support|third email|no answer|licence key|license key|shipped|your system|"
    "after the last update|last update|upgrade|since this morning|since friday|"
    "since the weekend|since last|since monday|my booking|our booking|my licence|our licence|"
    "my device|our devices|our tills|the order|order from|return|warranty|guarantee|exchange|"
    "credit note|reminder|direct debit|payout|our data|export|import|sync|integration|api|"
    "the app|your app|logged in|sign in|our users|my users|settings|the report|the invoice|"
    "receipt|bill|statement|as our supplier|you delivered|you sent|you promised|you told|"
    "you said|your colleague|support case|case number|reference|step 3|tried it|it still|again|"
    "still",
    de="meine bestellung|unsere bestellung|bestellnummer|bestellung nr|auftragsnummer|rechnung|"
    "kundennummer|kunden-nr|mein konto|unser konto|abonnement|abo_|vertrag|seit gestern|"
    "lieferung|sendung|paket ist|passwort|anmelden|einloggen|abgebucht|erstattung|ticket|"
    "bestellt am|habe * bestellt|haben * bestellt|habe * gekauft|kunde seit|retoure|seit heute|"
    "seit freitag|seit montag|seit dem|seit der|seit einer|update|kasse|unsere daten|"
    "meine daten|export|import|schnittstelle|die app|einstellungen|bericht|gutschrift|ruckgabe|"
    "garantie|gewahrleistung|umtausch|lastschrift|auszahlung|beleg|mahnung|"
    "sie haben * geliefert|ihr kollege|ihre kollegin|wie besprochen|immer noch|wieder|vorgang|"
    "zugang|login|benutzer|lizenz|upgrade",
    fr="ma commande|notre commande|numero de commande|la commande|facture|mon compte|"
    "notre compte|numero client|abonnement|livraison|colis|mot de passe|connexion|me connecter|"
    "nous connecter|preleve|rembours|j'ai commande|nous avons commande|j'ai achete|"
    "client depuis|contrat|depuis|mise a jour|caisse|nos donnees|mes donnees|export|"
    "l'application|parametres|rapport|avoir|retour|garantie|echange|virement|recu|"
    "vous avez livre|votre collegue|toujours|encore|dossier|acces|identifiant|utilisateur|"
    "licence",
    es="mi pedido|nuestro pedido|numero de pedido|el pedido|factura|mi cuenta|nuestra cuenta|"
    "numero de cliente|suscripcion|entrega|paquete|contrasena|iniciar sesion|acceder|cobrado|"
    "cobro|reembols|he comprado|hemos comprado|cliente desde|contrato|compre|desde|"
    "actualizacion|caja|nuestros datos|mis datos|exporta|la aplicacion|la app|ajustes|informe|"
    "abono|devol|garantia|cambio de talla|domiciliacion|recibo|ticket|su companero|su colega|"
    "todavia|otra vez|sigue sin|expediente|acceso|usuario|licencia",
    it="il mio ordine|mio ordine|nostro ordine|numero d'ordine|numero ordine|dell'ordine|"
    "l'ordine|fattura|mio account|nostro account|codice cliente|numero cliente|abbonamento|"
    "dall'aggiornamento|dopo l'aggiornamento|da ieri|consegna|pacco|spedizione|password|"
    "accedere|addebit|rimbors|reso_|ho ordinato|abbiamo ordinato|ho acquistato|cliente dal|"
    "contratto|da stamattina|da venerdi|da lunedi|aggiornamento|cassa|casse|i nostri dati|"
    "i miei dati|esporta|l'app|impostazioni|report|nota di credito|restitu|garanzia|cambio|"
    "ricevuta|scontrino|il vostro collega|ancora|di nuovo|pratica|accesso|utente|licenza|"
    "mi avete|ci avete",
    nl="mijn bestelling|onze bestelling|bestelnummer|ordernummer|factu|mijn account|ons account|"
    "klantnummer|abonnement|levering|bezorg|pakket|wachtwoord|inloggen|afgeschreven|terugbetal|"
    "besteld op|heb * besteld|hebben * besteld|gekocht|klant sinds|contract|portaal|sinds|"
    "update|kassa|onze gegevens|mijn gegevens|export|de app|instellingen|rapport|creditnota|"
    "retour|garantie|ruilen|incasso|uitbetaling|bon|jullie collega|nog steeds|weer|opnieuw|"
    "dossier|toegang|gebruiker|licentie",
    pt="a minha encomenda|minha encomenda|meu pedido|nossa encomenda|encomenda|"
    "numero da encomenda|numero do pedido|fatura|minha conta|nossa conta|numero de cliente|"
    "assinatura|subscricao|entrega|pacote|senha|palavra-passe|iniciar sessao|entrar na|cobrad|"
    "cobranca|reembols|devolucao|comprei|compramos|cliente desde|contrato|desde|atualizacao|"
    "caixa|nossos dados|meus dados|exporta|a app|o aplicativo|definicoes|configurac|relatorio|"
    "nota de credito|devolv|garantia|troca|debito|recibo|seu colega|vosso colega|ainda|"
    "outra vez|de novo|processo|acesso|utilizador|usuario|licenca",
)
# Something does not work for them.
PROBLEM = Words(
    en="does not work|doesn't work|not working|stopped working|cannot|can't|can not|unable to|"
    "error|bug|broken|crash|fail|empty file|wrong|missing|has not arrived|not arrived|"
    "never arriv|damaged|defect|problem|issue with|locked out|stuck|not show|does not show|"
    "off by one|has not moved|no longer|slow|timeout|faulty|is late|weeks late|days late|"
    "not received|incorrect",
    de="funktioniert nicht|geht nicht|fehler|absturz|sturzt|kaputt|defekt|beschadigt|fehlt|"
    "fehlen|nicht angekommen|nicht erhalten|kann nicht|kann mich nicht|konnen nicht|"
    "konnen uns nicht|problem|gesperrt|falsch|nicht mehr|leer|hangt|langsam|lasst sich nicht|"
    "bitte um hilfe|nicht moglich|verspat|storung|reklamation",
    fr="ne fonctionne|ne marche|erreur|panne|casse|endommage|il manque|manquant|pas arrive|"
    "pas recu|n'arrive|impossible|probleme|bloque|incorrect|plus acces|vide_|incomplet|retard|"
    "defectueu|n'est pas|ne peux|ne pouvons|plante|reclamation",
    es="no funciona|error|fallo|falla|roto|rota|danad|falta|no ha llegado|no llega|"
    "no he recibido|no puedo|no podemos|no consigo|imposible|problema|bloquead|incorrect|vacio|"
    "retras|defectuos|averia|reclamacion",
    it="non funziona|errore|guasto|rotto|rotta|danneggiat|manca|non e arrivat|non arriva|"
    "non ho ricevuto|non riesco|non riusciamo|non posso|impossibile|problema|bloccat|sbagliat|"
    "vuoto|ritardo|difettos|reclamo|non vedo",
    nl="werkt niet|doet het niet|fout|storing|kapot|beschadigd|ontbre|niet aangekomen|"
    "niet ontvangen|kan niet|kunnen niet|niet meer|lukt niet|probleem|geblokkeerd|verkeerd|leeg|"
    "vertrag|defect|klacht|zie * niet|niet zichtbaar",
    pt="nao funciona|erro|falha|avaria|partid|danificad|falta|nao chegou|nao chega|nao recebi|"
    "nao consigo|nao conseguimos|nao posso|impossivel|problema|bloquead|errad|vazio|atras|"
    "defeituos|reclamacao",
)
# They are unhappy, leave, or want their money.
UPSET = Words(
    en="refund|money back|cancel|terminate|dispute|complain|unacceptable|disappoint|third email|"
    "still no answer|nobody answer|no response|replacement|damaged|arrived broken|promised|"
    "leaving you|compensation|overdue|our clients are waiting|customers are waiting|"
    "meeting tomorrow",
    de="erstattung|geld zuruck|kundig|storn|widerruf|beschwer|enttausch|inakzeptabel|"
    "keine antwort|seit wochen|zum dritten mal|reklam|mahnung|ersatz|beschadigt|schadenersatz|"
    "unsere kunden warten|nicht langer hinnehm",
    fr="rembours|resili|annul|reclam|inacceptable|decu|sans reponse|aucune reponse|"
    "plusieurs semaines|troisieme|mise en demeure|remplacement|endommage|nos clients attendent|"
    "clients attendent|il manque",
    es="reembols|devolv|cancelar|dar de baja|anular|queja|inaceptable|decepcion|sin respuesta|"
    "nadie responde|tercera vez|tercer correo|reclamacion|sustitucion|danad|rot[oa]|"
    "clientes esperan|indemniz",
    it="rimbors|disdi|disdett|annull|cancellare|reclamo|inaccettabile|delus|nessuna risposta|"
    "terza volta|terza email|sostituzione|danneggiat|clienti aspettano|risarcimento",
    nl="terugbetal|geld terug|opzeg|annuleren|klacht|onacceptabel|teleurgesteld|geen antwoord|"
    "geen reactie|derde keer|derde mail|vervang|beschadigd|kapot|klanten wachten|"
    "schadevergoeding",
    pt="reembols|devolv|cancelar|anular|reclam|inaceitavel|desilud|decepcion|sem resposta|"
    "ninguem responde|terceira vez|terceiro email|substitui|danificad|clientes estao a espera|"
    "clientes esperam|indemniz",
)
