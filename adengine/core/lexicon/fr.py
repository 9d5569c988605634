"""French words of adverts that claim what has to be proved."""

from datetime import date

from adengine.core.lexicon.entries import WordList

WORDS = WordList(
    checked=date(2026, 11, 21),
    claims={
        "superlative": (
            *("meilleur", "meilleure", "meilleurs", "meilleures", "numéro 1", "numéro un", "n 1", "leader"),
            *("imbattable*", "inégalé*", "inégalable*", "sans égal", "unique au monde", "premier au monde"),
            *("première au monde", "le moins cher", "la moins chère", "les moins chers", "les moins chères"),
            *("prix le plus bas", "prix les plus bas", "le plus vendu", "la plus vendue", "les plus vendus"),
            *("le plus efficace", "la plus efficace", "le plus rapide", "la plus rapide", "le plus puissant"),
            *("la plus puissante", "le plus solide", "la plus solide", "le plus léger", "la plus légère"),
            *("élu produit de l année", "élue produit de l année"),
        ),
        # 'Durable' alone also says that a thing lasts long.
        "environment": (
            *("écologique*", "écolo", "écolos", "éco responsable*", "écoresponsable*", "éco conçu*", "écoconçu*"),
            *("mode durable", "production durable", "respectueux de l environnement", "respectueux de la planète"),
            *("respectueuse de l environnement", "respectueuse de la planète", "respectueuses de l environnement"),
            *("bon pour la planète", "bonne pour la planète", "ami de la nature", "neutre en carbone"),
            *("neutre en co2", "neutralité carbone", "zéro carbone", "bas carbone", "zéro émission"),
            *("climatiquement neutre*", "produit vert", "produits verts", "geste vert", "choix vert"),
            *("biodégradable*", "compostable*", "biosourcé*", "bio", "biologique*", "zéro déchet"),
            *("économe en énergie", "économes en énergie"),
        ),
        "health": (
            *("guérit", "guérison", "soulage", "soulagent", "bon pour la santé", "bonne pour la santé"),
            *("bénéfique pour la santé", "sain", "saine", "sains", "saines", "détox", "perte de poids"),
            *("perdre du poids", "perdu {n} kilos", "perdu {n} kg", "maigrir", "minceur", "brûle les graisses"),
            *("brûle graisse*", "système immunitaire", "renforce l immunité", "anti âge", "anti rides", "antirides"),
            *("antibactérien*", "antiviral*", "élimine {n} % des bactéries", "hypoallergénique*", "non toxique*"),
            *("sans produits chimiques", "thérapeutique*"),
        ),
        "clinical": (
            *("cliniquement prouvé*", "cliniquement testé*", "testé* cliniquement", "scientifiquement prouvé*"),
            *("prouvé* scientifiquement", "efficacité prouvée", "testé* en laboratoire", "dermatologiquement testé*"),
            *("testé* dermatologiquement", "testé* sous contrôle dermatologique", "recommandé* par les médecins"),
            *("recommandé* par les dermatologues", "recommandé* par les experts", "des études montrent"),
            *("les études montrent",),
        ),
        "guarantee": (
            *("garantie", "garanties", "garanti", "garantis", "garantit", "satisfait ou remboursé", "sans risque"),
            *("zéro risque", "incassable*", "indestructible*", "inusable*", "100 % sûr", "100 % efficace"),
            *("dure toute une vie", "sans effets secondaires"),
        ),
        "urgency": (
            *("dernière chance", "aujourd hui seulement", "seulement aujourd hui", "plus que {n}", "presque épuisé*"),
            *("bientôt épuisé*", "offre limitée", "durée limitée", "cette semaine seulement", "derniers jours"),
            *("se termine aujourd hui", "se termine bientôt", "maintenant ou jamais", "dépêchez vous"),
        ),
        "experience": (
            *("j ai perdu", "j ai essayé", "j ai testé", "j utilise", "je l utilise", "j adore", "je porte"),
            *("ma peau", "mes cheveux", "a changé ma vie", "mon préféré", "ma préférée"),
        ),
    },
    harmless=(
        *("prix le plus bas des {n} derniers jours", "meilleurs vœux", "meilleur ami", "meilleure amie"),
        *("meilleurs amis", "{n} derniers jours"),
    ),
)
