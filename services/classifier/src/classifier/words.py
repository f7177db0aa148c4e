"""Words by which the rules know a mail, in seven languages.

A text is folded first (lower case, no accents), so the words stand here folded. Each is the
beginning of a word, a whole one with `_` at its end; `*` stands for up to three words in between.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache


def folded(text: str) -> str:
    """Lower case without accents; white space of all kinds is one blank, quotes are '."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(kept.translate(_ALIKE).split())


_QUOTES = "\u2018\u2019\u0060\u00b4"
_ALIKE = str.maketrans(dict.fromkeys(_QUOTES, "'") | {"\u2013": "-", "\u2014": "-", "\u00ad": ""})


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
    "pricing for|your pricing|pricing|your prices|book a demo|a demo|demonstration|free trial|"
    "trial period|trial account|before i sign up|before we sign up|want to buy|like to buy|"
    "looking to buy|interested in buying|interested in your|purchase * licen|volume discount|"
    "educational discount|nonprofit discount|discount for|resell your|reseller|become a partner|"
    "request for proposal|rfp|tender|we need a replacement|replacement vendor|looking for a|"
    "looking for an|comparing|evaluating|shortlist|switch to you|switch from|switching from|"
    "switching to|onboarding 3|what would onboarding|who can we speak to|talk to sales|"
    "sales team|enterprise plan|which plan|would like to subscribe|would like to order|"
    "place an order|do you deliver to|do you ship to|do you offer|do you have a plan|"
    "does the * plan|a company of our size|contact form submission|our budget|budget approv|"
    "board approval|move to your|migrate to you|get started with your|sign a contract with you",
    de="um ihr angebot|um ein angebot|ein angebot fur|senden sie uns ein angebot|"
    "angebot anfordern|angebot zukommen|anfrage: angebot|angebotsanfrage|preisanfrage|"
    "preisliste|was kostet|was wurde * kosten|welche kosten|preise fur|ausschreibung|testzugang|"
    "testversion|probemonat|kostenlos testen|eine demo|vorfuhrung|interessieren uns fur|"
    "interesse an ihr|suchen eine losung|suchen einen anbieter|suchen ein|suchen nach ein|"
    "wechseln zu ihnen|wechsel zu ihnen|anbieter wechseln|wurden gern * bestellen|"
    "mochten * bestellen|mochten * kaufen|mochten * lizenz|lizenzen kaufen|lizenzen erwerben|"
    "mengenrabatt|rabatt fur|wiederverkauf|vertriebspartner|bieten sie * an|liefern sie * nach|"
    "beraten lassen|beratungstermin|fur unser unternehmen geeignet|welcher tarif|welches paket|"
    "neukunde",
    fr="un devis|demande de devis|demande de prix|vos tarifs|quel est le prix|"
    "quel serait le prix|combien coute|combien couterait|une demonstration|une demo|"
    "essai gratuit|periode d'essai|nous cherchons|nous recherchons|je cherche une|"
    "je recherche une|interesses par vo|interessee par vo|interesse par vo|appel d'offres|"
    "souhaitons souscrire|souhaite souscrire|souhaitons acheter|souhaite acheter|"
    "souhaitons commander|voudrions acheter|remise pour|tarif etudiant|devenir revendeur|"
    "revendre|changer de fournisseur|changer de prestataire|proposez-vous|livrez-vous|"
    "quelle formule|quelle offre",
    es="un presupuesto|solicitud de presupuesto|presupuesto para|cotizacion|cuanto cuesta|"
    "cuanto costaria|sus precios|sus tarifas|que precio|lista de precios|una demostracion|"
    "una demo|prueba gratuita|periodo de prueba|queremos contratar|quiero contratar|"
    "contratar su|nos gustaria contratar|queremos comprar|quisiera comprar|quisieramos comprar|"
    "estamos buscando|buscamos un|interesados en su|interesada en su|interesado en su|"
    "licitacion|descuento por|descuento para|ser distribuidor|revender|cambiar de proveedor|"
    "ofrecen ustedes|hacen envios a|que plan",
    it="un preventivo|richiesta di preventivo|preventivo per|quanto costa|quanto costerebbe|"
    "i vostri prezzi|vostri prezzi|listino|una dimostrazione|una demo|prova gratuita|"
    "periodo di prova|vorremmo acquistare|vorrei acquistare|vorremmo comprare|vorrei comprare|"
    "vorremmo ordinare|stiamo cercando|cerchiamo un|siamo interessati|sono interessat|"
    "gara d'appalto|bando|sconto per|diventare rivenditor|rivendere|cambiare fornitore|"
    "spedite in|quale piano|quale abbonamento",
    nl="een offerte|offerte voor|offerteaanvraag|prijsopgave|wat kost|wat zou * kosten|"
    "prijslijst|uw prijzen|jullie prijzen|een demo|demonstratie|proefperiode|gratis proef|"
    "wij zoeken een|we zoeken een|op zoek naar een|geinteresseerd in|aanbesteding|"
    "willen graag bestellen|zouden graag * bestellen|willen kopen|zou graag * kopen|"
    "willen afnemen|licenties kopen|korting voor|korting bij|wederverkoper|reseller worden|"
    "overstappen naar|overstappen van|leveren jullie * aan|leveren jullie naar|welk pakket|"
    "welk abonnement",
    pt="um orcamento|pedido de orcamento|orcamento para|cotacao|quanto custa|quanto custaria|"
    "os vossos precos|seus precos|tabela de precos|uma demonstracao|uma demo|teste gratuito|"
    "periodo de teste|queremos contratar|gostariamos de contratar|queremos comprar|"
    "gostaria de comprar|gostariamos de comprar|estamos a procura|estamos procurando|"
    "procuramos um|interessados em|interessada em|interessado em|licitacao|concurso publico|"
    "desconto para|ser revendedor|revender|mudar de fornecedor|entregam em|qual plano",
)
ABOUT_BUYING = Words(
    en="price|per seat|per user|seats|licence|license|yearly billing|pay monthly|starter plan|"
    "webinar|your product|your software|new contact form|call me back|onboarding|staff|next step",
    de="angebot|einrichtung und schulung|arbeitsplatze|mitarbeiter|nutzer|ihre software|"
    "ihr produkt|ruckruf|webinar|anfrage|preis",
    fr="devis|tarif|votre solution|votre logiciel|votre produit|votre formule|postes|rappel",
    es="presupuesto|precio|tarifa|su servicio|su software|su producto|condiciones de pago",
    it="preventivo|prezzo|tariff|vostro servizio|vostro software|vostro prodotto",
    nl="offerte|prijs|tarief|jullie software|uw software|jullie product|uw product",
    pt="orcamento|preco|tarifa|vosso servico|seu servico|seu software|vosso produto",
)

# They have bought already.
IS_CUSTOMER = Words(
    en="my order|our order|order number|order no|order #|under order|invoice|my account|"
    "our account|customer number|customer no|customer id|subscription|my plan|our plan|"
    "upgrade our|upgrade my|since the update|since the last update|after the update|"
    "since yesterday|your invoice|we are on the|i am on the|existing customer|customer since|"
    "our contract with you|renewal|my purchase|i bought|we bought|i ordered|we ordered|"
    "ordered on|tracking|delivery|my parcel|my ticket|ticket #|log in|login|password|reset mail|"
    "you charged|charged|refund|my payment|your support|third email|no answer|still waiting|"
    "licence key|license key|shipped",
    de="meine bestellung|unsere bestellung|bestellnummer|bestellung nr|auftragsnummer|rechnung|"
    "kundennummer|kunden-nr|mein konto|unser konto|abonnement|abo_|vertrag|seit dem update|"
    "seit dem letzten update|seit gestern|lieferung|sendung|paket ist|passwort|anmelden|"
    "einloggen|abgebucht|erstattung|lizenzschlussel|ticket|bestellt am|habe * bestellt|"
    "haben * bestellt|habe * gekauft|kunde seit|retoure",
    fr="ma commande|notre commande|numero de commande|la commande|facture|mon compte|"
    "notre compte|numero client|abonnement|depuis la mise a jour|depuis hier|livraison|colis|"
    "mot de passe|connexion|me connecter|nous connecter|preleve|rembours|j'ai commande|"
    "nous avons commande|j'ai achete|client depuis|contrat",
    es="mi pedido|nuestro pedido|numero de pedido|el pedido|factura|mi cuenta|nuestra cuenta|"
    "numero de cliente|suscripcion|desde la actualizacion|desde ayer|entrega|paquete|contrasena|"
    "iniciar sesion|acceder|cobrado|cobro|reembols|devolucion|he comprado|hemos comprado|"
    "cliente desde|contrato|compre",
    it="il mio ordine|mio ordine|nostro ordine|numero d'ordine|numero ordine|dell'ordine|"
    "l'ordine|fattura|mio account|nostro account|codice cliente|numero cliente|abbonamento|"
    "dall'aggiornamento|dopo l'aggiornamento|da ieri|consegna|pacco|spedizione|password|"
    "accedere|addebit|rimbors|reso_|ho ordinato|abbiamo ordinato|ho acquistato|cliente dal|"
    "contratto",
    nl="mijn bestelling|onze bestelling|bestelnummer|ordernummer|factu|mijn account|ons account|"
    "klantnummer|abonnement|sinds de update|sinds gisteren|sinds vanochtend|levering|bezorg|"
    "pakket|wachtwoord|inloggen|afgeschreven|terugbetal|besteld op|heb * besteld|"
    "hebben * besteld|gekocht|klant sinds|contract|portaal",
    pt="a minha encomenda|minha encomenda|meu pedido|nossa encomenda|encomenda n|encomenda|"
    "numero da encomenda|numero do pedido|fatura|minha conta|nossa conta|numero de cliente|"
    "assinatura|subscricao|desde a atualizacao|desde ontem|entrega|pacote|senha|palavra-passe|"
    "iniciar sessao|entrar na|cobrad|cobranca|reembols|devolucao|comprei|compramos|"
    "cliente desde|contrato",
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
