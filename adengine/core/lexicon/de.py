"""German words of adverts that claim what has to be proved."""

from datetime import date

from adengine.core.lexicon.entries import WordList

WORDS = WordList(
    checked=date(2026, 11, 21),
    claims={
        "superlative": (
            *("beste", "bester", "bestes", "besten", "bestem", "bestseller", "nr 1", "nummer 1", "nummer eins"),
            *("testsieger*", "preissieger*", "marktführer*", "marktführend*", "führende", "führender", "führendes"),
            *("weltbest*", "weltweit erste*", "weltneuheit", "unschlagbar*", "unübertroffen*", "unerreicht*"),
            *("konkurrenzlos*", "günstigste*", "billigste*", "bestpreis*", "tiefstpreis*", "niedrigster preis"),
            *("niedrigste preise", "schnellste*", "stärkste*", "leichteste*", "sicherste*", "effektivste*"),
            *("wirksamste*", "beliebteste*", "meistverkauft*", "meistgekauft*", "besser als jede*"),
        ),
        "environment": (
            *("umweltfreundlich*", "umweltschonend*", "umweltbewusst*", "umweltgerecht*", "umweltverträglich*"),
            *("schont die umwelt", "gut für die umwelt", "gut für den planeten", "ökologisch*", "öko"),
            *("nachhaltig*", "klimaneutral*", "klimafreundlich*", "klimapositiv*", "klimaschonend*", "co2 neutral*"),
            *("co2 frei*", "co2 positiv*", "treibhausgasneutral*", "emissionsfrei*", "naturfreundlich*"),
            *("grüne wahl", "grünes produkt", "grüne produkte", "biologisch*", "kompostierbar*", "biobasiert*"),
            *("energieeffizient*", "ressourcenschonend*", "bio", "biobaumwolle", "bioqualität", "zero waste"),
        ),
        "health": (
            *("heilt", "heilend*", "heilsam*", "heilwirkung", "gesund", "gesunde", "gesunder", "gesundes"),
            *("gesunden", "gesünder*", "gesundheitsfördernd*", "gut für die gesundheit", "immunsystem"),
            *("abwehrkräfte", "entgift*", "detox", "entschlack*", "gewichtsverlust", "gewicht verlieren"),
            *("{n} kilo abgenommen", "{n} kg abgenommen", "fettverbrennend*", "fettverbrennung", "schmerzlindernd*"),
            *("lindert schmerzen", "gegen schmerzen", "anti aging", "gegen falten", "antibakteriell*", "antiviral*"),
            *("tötet {n} % der bakterien", "tötet {n} % der keime", "hypoallergen*", "schadstofffrei*", "giftfrei*"),
            *("ohne chemie", "chemiefrei*", "therapeutisch*", "blutdrucksenkend*", "cholesterinsenkend*"),
            *("beugt krankheiten vor", "superfood"),
        ),
        "clinical": (
            *("klinisch getestet*", "klinisch geprüft*", "klinisch erwiesen*", "klinisch bestätigt*"),
            *("wissenschaftlich erwiesen*", "wissenschaftlich bewiesen*", "wissenschaftlich belegt*", "nachweislich*"),
            *("erwiesenermaßen", "dermatologisch getestet*", "dermatologisch bestätigt*", "von ärzten empfohlen*"),
            *("von experten empfohlen*", "von hautärzten empfohlen*", "ärztlich empfohlen*", "laborgeprüft*"),
            *("im labor getestet*", "studien zeigen", "studien belegen", "tüv geprüft*"),
        ),
        "guarantee": (
            *("garantie", "garantien", "garantiert*", "geld zurück", "ohne risiko", "risikofrei*", "risikolos*"),
            *("unzerbrechlich*", "unkaputtbar*", "unzerstörbar*", "hält ewig", "hält ein leben lang", "100 % sicher"),
            *("absolut sicher*", "ohne nebenwirkungen"),
        ),
        "urgency": (
            *("nur heute", "nur noch heute", "nur noch {n}", "letzte chance", "fast ausverkauft", "bald ausverkauft"),
            *("nur für kurze zeit", "nur kurze zeit", "nur diese woche", "endet heute", "endet bald", "jetzt oder nie"),
        ),
        "experience": (
            *("ich habe", "ich nutze", "ich benutze", "ich liebe", "ich trage", "ich schwöre auf", "meine haut"),
            *("meine haare", "hat mein leben verändert", "hat mir geholfen", "mein favorit", "mein lieblings*"),
        ),
    },
    harmless=(
        *("am besten", "beste freundin", "beste freunde", "besten freunde", "bester freund", "besten dank"),
        *("beste wünsche", "beste grüße", "niedrigster preis der letzten {n} tage", "gesunde pflanzen"),
    ),
)
