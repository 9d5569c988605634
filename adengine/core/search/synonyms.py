"""Words that shoppers use for the same thing. One line each; docs/search.md says how to add one.

`a = b = c`: whoever says one means them all. `a > b, c`: whoever says a is also served by b or c, not the other way.
Words of a phrase must all be there. German and French names stand beside the English ones.
"""

from __future__ import annotations

from adengine.core.search.stems import stem
from adengine.core.search.words import tokens

SAME, NARROWER = 0.92, 0.75
TABLE = """
sofa = couch = settee = canape
armchair = easy chair = sessel = fauteuil
chair = stuhl = chaise
table = tisch
desk = schreibtisch = bureau
lamp = light = lampe = leuchte
candle = kerze = bougie
vase = blumenvase
cushion = throw pillow = kissen = coussin
pillow > cushion
blanket = throw = decke = plaid
rug = carpet = teppich = tapis
curtain = drape = vorhang = rideau
wardrobe = closet = kleiderschrank = armoire
dresser = chest of drawers = kommode
stool = hocker = tabouret
bookcase = bookshelf = bucherregal
shelf = rack = regal = etagere
mattress = matratze = matelas
mug = cup = becher = tasse
bottle = flask = flasche = bouteille
glass > tumbler, wine glass
plate = teller = assiette
bowl = schussel = bol
pan = frying pan = skillet = pfanne = poele
pot = saucepan = topf = casserole
knife = messer = couteau
cutlery = flatware = silverware = besteck = couverts
kettle = wasserkocher = bouilloire
toaster = grille pain
blender = mixer = standmixer
food processor = kuchenmaschine
coffee maker = coffee machine = kaffeemaschine = machine a cafe
coffee maker > espresso machine, espresso maker
espresso machine = espresso maker = kaffeevollautomat = espressomaschine
air fryer = airfryer = heissluftfritteuse = friteuse sans huile
microwave = microwave oven = mikrowelle = micro ondes
oven = backofen
fridge = refrigerator = kuhlschrank = refrigerateur
freezer = gefrierschrank = congelateur
dishwasher = geschirrspuler = spulmaschine = lave vaisselle
washing machine = washer = waschmaschine = lave linge
dryer = tumble dryer = trockner = seche linge
vacuum = vacuum cleaner = hoover = staubsauger = aspirateur
robot vacuum = robotic vacuum = saugroboter = aspirateur robot
hair dryer = hairdryer = blow dryer = fohn = seche cheveux
shaver = razor = rasierer = rasoir
toothbrush = zahnburste = brosse a dents
iron = bugeleisen = fer a repasser
fan = ventilator = ventilateur
heater = heizung = radiator = chauffage
air conditioner = ac unit = klimaanlage = climatiseur
humidifier = luftbefeuchter = humidificateur
air purifier = air cleaner = luftreiniger = purificateur air
phone = smartphone = mobile phone = cellphone = cell phone = handy = telephone
phone > iphone, android phone
laptop = notebook = notebook computer = portable computer = ordinateur portable
laptop > macbook, chromebook, ultrabook
computer = pc = rechner = ordinateur
computer > desktop, laptop
desktop = desktop computer = desktop pc = tower pc
tablet = tablet computer = tablette
tablet > ipad
tv = television = telly = fernseher = televiseur
monitor = computer screen = display = bildschirm = moniteur = ecran
headphones = headphone = kopfhorer = casque
wired = corded = with cable
headphones > headset, earbuds, earphones, on-ear, over-ear
earbuds = earphones = in-ear headphones = in-ears = ecouteurs = ohrhorer = true wireless = tws
earbuds > airpods
speaker = loudspeaker = lautsprecher = enceinte = haut parleur
soundbar = sound bar = barre de son
subwoofer = sub woofer
microphone = mic = mikrofon
camera = kamera = appareil photo
webcam = web camera = web cam
camcorder = video camera
dash cam = dashcam = dashboard camera
security camera = surveillance camera = cctv = uberwachungskamera = camera de surveillance
action camera = action cam
doorbell = door bell = turklingel = sonnette
drone = quadcopter = drohne
printer = drucker = imprimante
ink = ink cartridge = tinte = encre
mouse = mice = maus = souris
keyboard = tastatur = clavier
mouse pad = mousepad = mouse mat = desk mat = mauspad = tapis de souris
game controller = gamepad = game pad = joypad = manette
controller = gamepad
console = game console = spielkonsole
router = wifi router = wlan router = routeur
mesh = mesh wifi = mesh router
range extender = wifi extender = wifi repeater = wlan repeater = repeater
wifi = wi-fi = wlan = wireless lan
bluetooth = bt
ethernet = lan = rj45
ethernet cable = lan cable = network cable = patch cable = netzwerkkabel
usb c = usbc = type c = usb type c = usb-c
usb a = usba = type a = usb type a
micro usb = microusb
cable = cord = kabel
charger = charging adapter = power adapter = ladegerat = chargeur = wall charger
charger > charging station, charging pad, charging brick
charging cable = charger cable = ladekabel
wireless charger = charging pad = qi charger = induction charger = wireless charging
power bank = powerbank = portable charger = battery pack = external battery = batterie externe
power strip = surge protector = extension lead = steckdosenleiste = multiprise
extension cord = extension cable = verlangerungskabel = rallonge
ups = uninterruptible power supply = battery backup
power station = portable power station
battery = batterie = akku
adapter = adaptor = converter = dongle = adaptateur
hub = docking station = dock
docking station = dock = docking
splitter = switch box
case = cover = hulle = coque = schutzhulle = etui
case > bumper, shell, folio, wallet case
sleeve = laptop case = laptop bag
screen protector = tempered glass = protective film = displayschutz = panzerglas = verre trempe
stand = holder = mount = standfuss = support
mount = bracket = halterung = wandhalterung
strap = band = watch band = armband = bracelet
smartwatch = smart watch = montre connectee
fitness tracker = activity tracker = fitness band
watch = wristwatch = uhr = montre
watch > smartwatch
ssd = solid state drive = solid state disk
ssd = nvme
hdd = hard drive = hard disk = hard disk drive = festplatte = disque dur
external hard drive = portable hard drive = externe festplatte
external ssd = portable ssd
usb stick = flash drive = thumb drive = usb drive = pen drive = usb flash drive = memory stick = cle usb
memory card = sd card = speicherkarte = carte memoire
micro sd = microsd = micro sd card = tf card
memory = ram = arbeitsspeicher
graphics card = gpu = video card = grafikkarte = carte graphique
processor = cpu = prozessor = processeur
motherboard = mainboard = carte mere
power supply = psu = netzteil = alimentation
pc case = computer case = tower case
cpu cooler = processor cooler = heatsink
nas = network attached storage = network storage
projector = beamer = projecteur
e-reader = ereader = ebook reader = e-book reader = liseuse
vr headset = virtual reality headset = vr glasses
turntable = record player = plattenspieler = platine vinyle
amplifier = amp = verstarker = amplificateur
av receiver = receiver
streaming stick = media player = streaming player = streaming box
smart plug = wifi plug = smart socket = smarte steckdose = prise connectee
light bulb = bulb = gluhbirne = ampoule
light strip = led strip = lichtband = ruban led
smart lock = door lock
thermostat = heating control
walkie talkie = two way radio
baby monitor = babyphone
smart speaker = voice assistant
noise cancelling = noise canceling = noise cancellation = noise reduction = anc = noise reducing
wireless = cordless = kabellos = drahtlos = sans fil
wireless > bluetooth
wired = kabelgebunden = filaire
waterproof = water resistant = wasserdicht = etanche = water proof
waterproof > ip67, ip68, ipx7, ipx8
rechargeable = wiederaufladbar = aufladbar
4k = uhd = ultra hd = 2160p = 3840x2160
1080p = full hd = fhd = 1920x1080
1440p = qhd = wqhd = 2k = 2560x1440
720p = hd ready
backlit = illuminated = rgb
mechanical = mechanisch = mecanique
foldable = folding = collapsible = faltbar = pliable
gaming = gamer
kids = children = child = kinder = enfant
men = mens = herren = homme
women = womens = ladies = damen = femme
baby = infant
jumper = sweater = pullover
cardigan = strickjacke = gilet
trousers = pants = pantalon
shorts = kurze hose
t-shirt = tee = tshirt = tee shirt
shirt = hemd = chemise
dress = kleid
skirt = jupe
jacket = jacke = veste
coat = mantel = manteau
jacket > coat, parka, anorak
raincoat = rain jacket = regenjacke
hoodie = hooded sweatshirt = kapuzenpullover
sneakers = trainers = running shoes = turnschuhe = plimsolls
shoes = schuhe = chaussures = footwear
shoes > sneakers, boots, sandals, loafers, plimsolls
boots = stiefel = bottes
sandals = sandalen = sandales
socks = socken = chaussettes
hat > beanie, cap
cap = baseball cap = mutze = casquette
beanie = woolly hat = wollmutze = bonnet
scarf = schal = echarpe
gloves = handschuhe = gants
swimsuit = bathing suit = swimwear = badeanzug = maillot
underwear = unterwasche
pyjamas = pajamas = schlafanzug
backpack = rucksack = sac a dos
bag = tasche = sac
bag > handbag, tote, backpack
handbag = purse = handtasche = sac a main
wallet = geldborse = portefeuille
suitcase = luggage = koffer = valise
umbrella = regenschirm = parapluie
sunglasses = shades = sonnenbrille = lunettes de soleil
necklace = kette = collier
ring = anneau
earrings = ohrringe = boucles oreilles
perfume = fragrance = parfum = cologne
lipstick = lippenstift = rouge a levres
bike = cycle = bicycle = fahrrad = velo
helmet = helm = casque velo
stroller = pram = pushchair = buggy = kinderwagen = poussette
toy = spielzeug = jouet
nappy = diaper = windel
torch = flashlight = taschenlampe = lampe torche
rubbish bin = trash can = waste bin = mulleimer = poubelle
tap = faucet = wasserhahn
drill = bohrmaschine = perceuse
screwdriver = schraubendreher = tournevis
lawn mower = lawnmower = rasenmaher
grill = barbecue = bbq
plant pot = planter = flower pot = blumentopf
tea towel = dish towel = kitchen towel
duvet = comforter = bettdecke = couette
bed linen = bedding = bed sheets = bettwasche
towel = handtuch = serviette
soap = seife = savon
leather = leder = cuir
cotton = baumwolle = coton
wool = woollen = woolen = wolle = laine
wool > merino, cashmere
rubber = gummi = caoutchouc
plastic = kunststoff = plastik = plastique
metal = metall = metal
aluminium = aluminum = alu
silicone = silikon
glass = glas = verre
steel = stahl = acier
bamboo = bambus = bambou
silk = seide = soie
velvet = samt = velours
fleece = polaire
down = daunen = duvet
feather = feder = plume
transparent = clear = see through = durchsichtig = crystal clear
magnetic = magsafe = magnetisch
splashproof = water repellent = spritzwassergeschutzt
sunscreen = sunblock = sun cream = sun lotion = suncream = sonnencreme = sonnenschutz = creme solaire
moisturizer = moisturiser = face cream = facial cream = feuchtigkeitscreme = creme hydratante
shampoo = shampooing
floor lamp = standing lamp = stehlampe = lampadaire
desk lamp = schreibtischlampe = lampe de bureau
table lamp = tischlampe = lampe de table
ceiling lamp = ceiling light = deckenlampe = plafonnier
winter jacket = parka = padded jacket = puffer jacket = winterjacke = doudoune
rain jacket = waterproof jacket
daypack = backpack
laptop stand = notebook riser = notebook stand = laptop riser
tv stand = tv cabinet = tv unit = media console = meuble tv = lowboard
wall mount = wall bracket = wandhalterung = support mural
building blocks = construction set = bausteine = bauklotze = blocs de construction
puzzle = jigsaw = jigsaw puzzle
board game = brettspiel = jeu de societe
doll = puppe = poupee
plush toy = soft toy = stuffed animal = kuscheltier = peluche
yoga mat = exercise mat = yogamatte = tapis de yoga
dumbbell = hantel = haltere
tent = zelt = tente
sleeping bag = schlafsack = sac de couchage
water bottle = drinking bottle = trinkflasche = gourde
thermos = insulated bottle = vacuum flask = thermosflasche
lunch box = bento box = brotdose
frying pan = bratpfanne
cutting board = chopping board = schneidebrett = planche a decouper
scale = waage = balance
alarm clock = wecker = reveil
wall clock = wanduhr
mirror = looking glass = spiegel = miroir
picture frame = photo frame = bilderrahmen = cadre photo
storage box = aufbewahrungsbox
laundry basket = waschekorb
shower curtain = duschvorhang
bath towel = badetuch = duschtuch = drap de bain
hair straightener = flat iron = glatteisen = lisseur
electric toothbrush = elektrische zahnburste
beard trimmer = bartschneider = tondeuse barbe
instant camera = sofortbildkamera
digital camera = digitalkamera
mirrorless camera = system camera = systemkamera
lens = objektiv = objectif
tripod = stativ = trepied
espresso machine > automatic coffee machine, bean to cup
hand blender = immersion blender = stick blender = stabmixer = mixeur plongeant
rice cooker = reiskocher
slow cooker = crock pot
electric kettle = wasserkocher
running shoes = jogging shoes = laufschuhe = chaussures de course
hiking boots = walking boots = wanderschuhe
slippers = hausschuhe = chaussons
leggings = tights
sports bra = sport bh
polo shirt = poloshirt
blouse = bluse
jeans = denim trousers
belt = gurtel = ceinture
tie = krawatte = cravate
dog bed = hundebett
cat tree = scratching post = kratzbaum
bird feeder = vogelhaus
garden hose = gartenschlauch = tuyau arrosage
angle grinder = winkelschleifer
cordless drill = akkuschrauber = drill driver
toolbox = tool box = werkzeugkasten
tape measure = massband
graphics tablet = drawing tablet = pen tablet
scanner = document scanner = dokumentenscanner
label printer = etikettendrucker
laser printer = laserdrucker
home theatre = home cinema = heimkino
car charger = kfz ladegerat
phone holder = phone mount = handyhalter = support telephone
phone case = phone cover = mobile phone case = handyhulle = coque telephone
tablet case = tablet cover
folio case = folio = flip case = book case
linen = leinen = lin
wood = wooden = holz = bois
oak = eiche = chene
stoneware = steinzeug = gres
ceramic = keramik = ceramique
stainless steel = edelstahl = inox
juice = saft = jus
tea = tee
coffee = kaffee = cafe
"""
Stems = tuple[str, ...]


def stems_of(text: str) -> Stems:
    """The English stems of a phrase, in order."""
    return tuple(stem(one.word) for one in tokens(text))


def _read(table: str) -> dict[Stems, dict[Stems, float]]:
    found: dict[Stems, dict[Stems, float]] = {}
    for line in table.strip().splitlines():
        broad, _, narrow = line.partition(" > ")
        if narrow:
            given = found.setdefault(stems_of(broad), {})
            for one in narrow.split(","):
                given.setdefault(stems_of(one), NARROWER)
            continue
        names = [stems_of(one) for one in line.split(" = ")]
        for name in names:
            given = found.setdefault(name, {})
            given.update({other: SAME for other in names if other != name})
    return found


SYNONYMS = _read(TABLE)
LONGEST = max(len(name) for name in SYNONYMS)


def others(name: Stems) -> dict[Stems, float]:
    """What else serves who asks for these stems, each with how well (below 1)."""
    return SYNONYMS.get(name, {})
