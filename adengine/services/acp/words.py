"""What agents' buyers read beside the numbers, in the languages the protocol's skin speaks."""

from __future__ import annotations

LANGUAGES = ("en", "de")

WORDS = {
    "items_base_amount": {"en": "Items", "de": "Artikel"},
    "items_discount": {"en": "Discount", "de": "Rabatt"},
    "subtotal": {"en": "Subtotal", "de": "Zwischensumme"},
    "fulfillment": {"en": "Shipping", "de": "Versand"},
    "tax": {"en": "Tax", "de": "Steuer"},
    "total": {"en": "Total", "de": "Gesamt"},
    "amount_refunded": {"en": "Refunded", "de": "Erstattet"},
    "needs_address": {
        "en": "The shipping address is missing.",
        "de": "Es fehlt die Lieferadresse.",
    },
    "needs_option": {
        "en": "Choose one of the ways to ship.",
        "de": "Bitte eine Versandart wählen.",
    },
    "needs_delivery": {
        "en": "The shop does not ship there. Use another address.",
        "de": "Dorthin liefert der Shop nicht. Bitte eine andere Adresse angeben.",
    },
    "left": {
        "en": "Only {left} of {title} left. Ask for {left} or fewer.",
        "de": "Von {title} sind nur noch {left} da. Bitte höchstens {left} bestellen.",
    },
    "sold_out": {
        "en": "{title} is sold out. Take it out or choose another item.",
        "de": "{title} ist ausverkauft. Bitte entfernen oder einen anderen Artikel wählen.",
    },
    "code_expired": {"en": "The code {code} has expired.", "de": "Der Code {code} ist abgelaufen."},
    "code_invalid": {"en": "There is no code {code}.", "de": "Den Code {code} gibt es nicht."},
    "code_already_applied": {
        "en": "The code {code} is applied already.",
        "de": "Der Code {code} ist schon eingelöst.",
    },
    "code_combination_disallowed": {
        "en": "The code {code} does not combine with another one.",
        "de": "Der Code {code} gilt nicht zusammen mit einem anderen.",
    },
    "code_minimum_not_met": {
        "en": "The basket is too small for the code {code}.",
        "de": "Der Warenkorb ist zu klein für den Code {code}.",
    },
    "code_usage_limit_reached": {
        "en": "The code {code} was used as often as it may.",
        "de": "Der Code {code} ist aufgebraucht.",
    },
    "tax_inside": {"en": "The prices include {rates}.", "de": "In den Preisen enthalten: {rates}."},
    "payment_declined": {
        "en": "The payment was declined. Nothing was charged; use another way to pay.",
        "de": "Die Zahlung wurde abgelehnt. Es wurde nichts abgebucht; bitte anders bezahlen.",
    },
    "needs_authentication": {
        "en": "The buyer's bank asks them to confirm this payment.",
        "de": "Die Bank möchte, dass diese Zahlung bestätigt wird.",
    },
    "authentication_failed": {
        "en": "The bank did not confirm the buyer. Nothing was charged.",
        "de": "Die Bank hat die Zahlung nicht bestätigt. Es wurde nichts abgebucht.",
    },
    "expired": {
        "en": "The price is no longer held. Send an update to get a new one.",
        "de": "Der Preis gilt nicht mehr. Eine Änderung holt einen neuen.",
    },
    "canceled": {"en": "The checkout was canceled.", "de": "Der Kauf wurde abgebrochen."},
    "complete_in_progress": {
        "en": "The payment is under way. Ask again in a moment.",
        "de": "Die Zahlung läuft. Bitte gleich noch einmal nachfragen.",
    },
    "price_changed": {
        "en": "The total changed to {total}. Nothing was charged; confirm it with the buyer and complete again.",
        "de": "Der Gesamtpreis ist jetzt {total}. Es wurde nichts abgebucht; bitte bestätigen lassen.",
    },
    "exemption_ignored": {
        "en": "Tax exemptions are not taken here: tax is charged.",
        "de": "Steuerbefreiungen werden hier nicht angenommen: Steuer wird berechnet.",
    },
    "needs_buyer": {
        "en": "The buyer's e-mail address is missing.",
        "de": "Es fehlt die E-Mail-Adresse.",
    },
    "pays_there": {
        "en": "Give the buyer continue_url: they fill in what is missing, confirm the total and pay there.",
        "de": "Bitte continue_url weitergeben: dort wird ergänzt, der Gesamtpreis bestätigt und bezahlt.",
    },
    "not_agreed": {
        "en": "The buyer did not agree to the total. Nothing was charged.",
        "de": "Dem Gesamtpreis wurde nicht zugestimmt. Es wurde nichts abgebucht.",
    },
    "consent_email": {
        "en": "news and offers from {shop} by e-mail",
        "de": "Neuigkeiten und Angebote von {shop} per E-Mail",
    },
}


def say(key: str, language: str, **parts: object) -> str:
    """The words of that key in a language of LANGUAGES, with their parts filled in."""
    return WORDS[key][language].format(**parts)


def language_of(locale: str) -> str:
    """The language of LANGUAGES that a locale such as `de-AT` reads best; English where it is none of them."""
    first = locale.replace("_", "-").split("-")[0].lower()
    return first if first in LANGUAGES else LANGUAGES[0]
