"""English words of adverts that claim what has to be proved."""

from datetime import date

from adengine.core.lexicon.entries import WordList

WORDS = WordList(
    checked=date(2026, 11, 21),
    claims={
        "superlative": (
            *("best", "bestseller", "bestselling", "finest", "greatest", "number one", "number 1", "no 1", "# 1"),
            *("world s first", "first in the world", "world leading", "market leader", "market leading"),
            *("leading brand", "industry leading", "award winning", "unbeatable", "unbeaten", "unrivalled"),
            *("unrivaled", "unmatched", "unsurpassed", "cheapest", "lowest price", "lowest prices", "fastest"),
            *("strongest", "toughest", "lightest", "safest", "longest lasting", "most effective", "most powerful"),
            *("most advanced", "most popular", "most loved", "most trusted", "better than any", "like no other"),
        ),
        # Examples of recital 9 of 2024/825 among them. A colour is no claim: 'green' alone is not here.
        "environment": (
            *("eco", "eco friendly", "ecofriendly", "ecological", "ecologically", "eco conscious"),
            *("environmentally friendly", "environmentally conscious", "environmentally correct"),
            *("gentle on the environment", "good for the environment", "earth friendly", "planet friendly"),
            *("good for the planet", "kind to the planet", "saves the planet", "nature s friend", "climate neutral"),
            *("climate friendly", "climate positive", "carbon neutral", "carbon negative", "carbon positive"),
            *("carbon friendly", "carbon free", "low carbon", "zero carbon", "net zero", "co2 neutral", "co2 free"),
            *("zero emission", "zero emissions", "green product", "green products", "green choice", "greener"),
            *("go green", "sustainable", "sustainably", "sustainability", "biodegradable", "compostable"),
            *("biobased", "bio based", "energy efficient", "zero waste", "organic", "organically", "reef safe"),
        ),
        "health": (
            *("cures", "cure for", "heals", "healing", "healthy", "healthier", "healthiest", "good for your health"),
            *("detox", "detoxifies", "detoxifying", "boosts immunity", "boosts your immune system", "immune system"),
            *("weight loss", "lose weight", "lose {n} kg", "lose {n} pounds", "lose {n} lbs", "lost {n} kg"),
            *("lost {n} kilos", "lost {n} pounds", "lost {n} lbs", "burns fat", "fat burning", "slimming"),
            *("anti aging", "anti ageing", "anti wrinkle", "reduces wrinkles", "pain relief", "relieves pain"),
            *("prevents disease", "treats acne", "treats eczema", "treats pain", "therapeutic", "antibacterial"),
            *("antiviral", "antimicrobial", "kills {n} % of bacteria", "kills {n} % of germs", "kills germs"),
            *("hypoallergenic", "non toxic", "toxin free", "chemical free", "lowers blood pressure"),
            *("lowers cholesterol", "superfood", "sleep better", "stress relief", "relieves stress"),
        ),
        "clinical": (
            *("clinically proven", "clinically tested", "scientifically proven", "scientifically tested"),
            *("medically proven", "proven to", "proven results", "proven effective", "dermatologically tested"),
            *("dermatologist tested", "dermatologist recommended", "doctor recommended", "recommended by doctors"),
            *("recommended by experts", "recommended by dermatologists", "lab tested", "laboratory tested"),
            *("medical grade", "fda approved", "studies show", "backed by science", "science backed"),
        ),
        "guarantee": (
            *("guarantee", "guaranteed", "guarantees", "money back", "risk free", "no risk", "warranty"),
            *("unbreakable", "indestructible", "never breaks", "never fails", "lasts forever", "lasts a lifetime"),
            *("100 % safe", "100 % effective", "completely safe", "always works", "no side effects"),
        ),
        "urgency": (
            *("last chance", "today only", "only today", "tonight only", "only {n} left", "last {n} left"),
            *("almost gone", "almost sold out", "nearly sold out", "selling fast", "selling out fast", "ends today"),
            *("ends tonight", "ends soon", "final hours", "hurry", "limited time", "this week only"),
            *("only this week", "now or never"),
        ),
        "experience": (
            *("i lost", "i tried", "i use", "i used", "i ve used", "i have used", "i ve been using", "i love"),
            *("i swear by", "i wear", "i bought", "i was sceptical", "i was skeptical", "my skin", "my hair"),
            *("changed my life", "worked for me", "works for me", "my favourite", "my favorite"),
        ),
    },
    harmless=(
        *("best before", "best wishes", "best friend", "best friends", "best man", "best served", "best enjoyed"),
        *("best used", "works best", "best at room temperature", "lowest price in the last {n} days"),
        *("lowest price of the last {n} days", "organic shape", "organic shapes", "organic form", "organic forms"),
        *("organic lines", "organic curves", "healthy plants"),
    ),
)
