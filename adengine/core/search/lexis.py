"""What kinds of words there are: those that say nothing, those that end the thing asked for, colours, accessories."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _words(
    "a about affordable also am an and any anybody anyone anything are around as at au auf aus aux be because bei "
    "best beste bester bestes billig billige birthday bitte bon bonne brauche broke broken budget but buy by can ce "
    "cet cette cheap cheapest cher cherche christmas cost costs could dad dans das daughter de deal deals dem den "
    "der des die do does dont du ein eine einem einen einer est et even favorite favourite find friend from get "
    "gift gifts give go goes going good great gunstig gunstige gut gute guter gutes has have help here how husband "
    "i ich ideal if im in inexpensive is ist it item items its je just keep know la latest le les let lets like "
    "look looking made make makes me meilleur meilleure mir moins mom mum my need needs neu neue new nice not oder "
    "of old on once one online only or ou our pas people perfect person please popular present price priced product "
    "products put quality really recommend recommended replace replacing sale search searching shop should show "
    "sind so some somebody someone something son sont still store suche suchen sur than that thats the then there "
    "these thing things this those today tomorrow too top un und une us use using very veux voudrais want wants was "
    "we what when where whether which while who who's wie wife will would you your zeig"
)
# They end what is asked for and begin what it is to be used with or for.
TURNS = _words(
    "avec compatible fit fits fitting for fur geeignet incl includes including inside mit passend plus pour under "
    "von w with zum zur"
)
PURPOSE = _words("for fur pour zum zur")
# Either says nothing, or turns; "to" joins ("usb c to hdmi").
EMPTY = STOP | TURNS | _words("to size grosse taille colour color farbe couleur")
WITHOUT = _words("except excluding kein keine keinen minus no non not ohne sans w/o without")
# What describes a thing and may go unsaid by its maker.
ADJECTIVES = _words(
    "adult adults automatic basic beautiful beginner beginners big bigger bluetooth bright classic clear cold "
    "comfortable compact cool cosy cozy custom cute daily dark deep deluxe digital double dual easy electric "
    "elegant ergonomic everyday extra fancy fast foldable folding full gaming genuine grand grande gross grosse "
    "handmade hard hd healthy heavy high home huge indoor klein kleine large larger leicht leise light lightweight "
    "long loud low luxury mini mobile modern multi narrow natural official organic original outdoor personal petit "
    "petite portable premium pretty private pro professional quick quiet real retro safe schnell short silent "
    "simple single slim slow small smaller smart soft standard strong student students sturdy stylish summer super "
    "tall thick thin tiny travel ultra universal vintage warm waterproof wide winter wireless"
)
ADJECTIVE_ENDINGS = (
    "able",
    "ible",
    "ful",
    "less",
    "ous",
    "ish",
    "ical",
    "ive",
    "ier",
    "iest",
    "est",
    "ly",
    "lich",
    "ig",
)
# Who asks for a laptop does not want these, unless they say so.
ACCESSORIES = _words(
    "accessoire accessoires accessories accessory adapter adapters adaptor backpack backpacks bag bags band bands "
    "batteries battery box boxes bracket brackets bumper cabinet cable cables cap caps cartridge cartridges case "
    "cases charger chargers chargeur cleaner coque cord cords cover covers cradle cushion cushioned cushions decal "
    "decals dock docking docks drawer earpads eartips ersatz etui feet film filter filters foot furniture halter "
    "halterung holder holders hook hooks housse hub hubs hulle ink kabel key keyboard keychain kit kits ladegerat "
    "lens lid lids liner meuble mount mounts organizer pad pads paper part parts pen pouch protector protectors "
    "rack refill refills remote replacement replacements ring riser schutz shell skin skins sleeve sleeves "
    "soundproofing spare stand stands sticker stickers storage strap straps stylus support tasche tip tips toner "
    "tray trays tripod wheel wheels wipes zubehor"
)
# In French the thing stands before what it is for: "meuble TV".
THING_FIRST = _words("cable chargeur coque etui film housse meuble protection sac support verre")
# They make another model of one ("13", "13 Pro").
MODELS = _words("air fe lite max mini plus pro se ultra xl xs")
# Plain colour -> its names in English, German and French, and its shades.
_SHADES = {
    "black": _words("black ebony ink jet midnight noir noire obsidian onyx schwarz schwarze schwarzer schwarzes"),
    "grey": _words(
        "anthracite anthrazit ash charcoal graphite grau graue grauer graues gray grey gris grise gunmetal slate smoke "
        "titanium"
    ),
    "white": _words("alabaster blanc blanche chalk ivory pearl snow weiss weisse weisser weisses white"),
    "silver": _words("argent chrome platinum silber silver steel"),
    "gold": _words("brass champagne dore doree gold golden"),
    "red": _words("bordeaux burgundy cherry crimson maroon red rot rote roter rotes rouge ruby scarlet wine"),
    "orange": _words("amber apricot copper coral orange rust tangerine terracotta"),
    "yellow": _words("gelb gelbe gelber gelbes jaune lemon mustard ochre yellow"),
    "green": _words("emerald forest green grun grune gruner grunes khaki lime mint moss olive sage vert verte"),
    "blue": _words("azure blau blaue blauer blaues bleu bleue blue cobalt denim indigo navy sapphire sky"),
    "turquoise": _words("aqua cyan petrol teal turkis turquoise"),
    "purple": _words("aubergine lavender lila lilac mauve plum purple violet violett"),
    "pink": _words("blush fuchsia magenta pink rosa rose"),
    "brown": _words("braun braune brauner braunes brown brun brune chocolate cognac marron mocha tan umber walnut"),
    "beige": _words("beige cream creme ecru flax linen natural nude oat sand taupe"),
    "multicolour": _words("bunt colorful colourful multicolor multicolour rainbow"),
}
COLOURS = {word: base for base, words in _SHADES.items() for word in sorted(words)}
# Names that stand for a colour with all of its shades.
COLOUR_NAMES = _words(
    "beige black blanc blanche blau bleu bleue blue braun brown gelb gold grau gray green grey gris grun ivory "
    "jaune lila marron multicolour navy noir noire orange pink purple red rosa rot rouge schwarz silber silver teal "
    "turquoise vert verte violet weiss white yellow"
)
# Names of colours that are goods or stuffs as well: who asks for red wine wants no red jumper.
AMBIGUOUS = _words(
    "amber apricot ash brass chalk champagne charcoal cherry chocolate chrome copper coral cream denim ebony "
    "emerald flax forest honey ink jet lemon lime linen mint mocha moss natural nude oat obsidian olive pearl "
    "petrol platinum plum rose ruby rust sand sapphire sky slate smoke snow steel titanium umber walnut wine"
)
COLOUR_OPTIONS = _words("color colore colour couleur farbe finish")
SIZE_OPTIONS = _words("capacite capacity grosse kapazitat lange length longueur size speicher storage taille volume")
SIZE_WORDS = _words("2xl 3xl 4xl 5xl xl xs xxl xxs xxxl")
SIZE_NAMES = {
    "small": "s",
    "medium": "m",
    "large": "l",
    "xlarge": "xl",
    "2xl": "xxl",
    "3xl": "xxxl",
    "klein": "s",
    "mittel": "m",
    "petit": "s",
    "moyen": "m",
    "grand": "l",
}
# Goods of every trade: a word that names one is spelt rightly, also where this shop has none of it.
GOODS = _words(
    "adapter alarm apple aquarium backpack ball banana bat battery bean bed beer belt bicycle bike bikini bird "
    "blanket blender blouse boat book boot bottle bowl bra bracelet bread brick broom brush bucket bulb butter "
    "cabinet cable cake camera candle candy canoe cap car card carpet cat chair charger cheese chocolate clock coat "
    "coffee computer console controller cooler cotton couch cpu cream crib cup curtain desk diaper dishwasher dog "
    "doll drawer dress drill drive drone drum dryer dumbbell earbud earring egg fan fence fish flour flower flute "
    "food fork frame freezer fridge fruit game gate glass glove gpu guitar hammer handbag hat hdd headphone heater "
    "helmet honey hoodie horse hose iron jacket jeans jewelry juice kayak kettle keyboard knife ladder lamp laptop "
    "leather legging light linen lipstick lock lotion luggage makeup mattress meat medicine memory microphone "
    "microscope milk mirror mixer modem monitor mop motherboard motorcycle mouse mug nail necklace notebook nut oil "
    "oven paint pan pants paper pasta pen pencil pepper perfume pet phone piano pillow pizza plant plate plug pot "
    "printer projector purse puzzle pyjamas radio ram razor rice ring rope router rug safe salt sandal sauce saw "
    "scanner scarf screen screw sensor shampoo shelf shirt shoe shovel silk skate skateboard ski skirt snack "
    "sneaker snowboard soap sock sofa soup speaker sponge spoon ssd steel stove stroller sugar suit suitcase "
    "sunglasses surfboard sweater swimsuit switch table tablet tea telescope television tent thermostat tie tile "
    "tire tires toaster toothbrush toothpaste towel toy treadmill truck trumpet tyre tyres umbrella underwear "
    "vacuum vase vegetable vest violin vitamin wallet wardrobe washer watch water wheel wig wine wood wool yoga"
)
