// A film that sells: hotspots over the picture, a buy card, the licence of who appears, and what was watched.
const RECHECK_MS = 60000;
const QUARTERS = { quartile_25: 0.25, quartile_50: 0.5, quartile_75: 0.75 };
// Hotspots keep clear of the label above and the browser's controls below (fractions of the frame).
const TOP = 0.09;
const FLOOR = 0.84;

/** WebVTT as [from, to, words]; marks inside the words go. */
function cuesOf(vtt) {
  const second = (at) => at.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const found = vtt.matchAll(/^([\d:.]+) --> ([\d:.]+).*\r?\n((?:.+\r?\n?)+)/gm);
  return [...found].map(([, from, to, words]) => [second(from), second(to), words.trim().replace(/<[^>]*>/g, "")]);
}

class Film {
  /** Draw the film of a get_ad answer into `place`; `stop()` ends what it does in the background. */
  constructor(host, place, doc) {
    Object.assign(this, { host, place, seen: new Set(), inRow: 0, last: 0, buttons: new Map(), viewer: uuid7() });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.read(doc);
    this.build();
    this.listen();
    this.caption();
    this.checking = setInterval(() => this.check(), RECHECK_MS);
  }

  read(doc) {
    this.doc = doc;
    this.spots = doc.hotspots || [];
    this.goods = new Map(this.spots.map((one) => [one.variant_id, one]));
  }

  price({ price, currency }) {
    return money(price, currency, this.host.locale);
  }

  name({ title, variant_title: variant }) {
    return variant && variant !== "Default Title" ? `${title}, ${variant}` : title;
  }

  build() {
    const { doc } = this;
    this.video = el("video.film__video", {
      src: web(doc.film_url),
      poster: web(doc.poster_url),
      preload: "metadata",
      playsinline: "",
      tabindex: "0",
      muted: true,
      controlslist: "nodownload nofullscreen noremoteplayback",
      disablepictureinpicture: "",
      "aria-label": `Film: ${doc.title}`,
    });
    this.layer = el("div.film__spots");
    this.begin = el("button.film__start", { "aria-label": "Play the film", onclick: () => this.play() });
    const tag = doc.disclosure && el("span.film__tag", { text: doc.disclosure });
    this.frame = el("div.film__frame", {}, this.video, this.layer, tag, this.begin);
    this.side = el("div.film__side");
    this.root = el("section.film", { "aria-label": doc.title }, this.frame, this.side);
    const [wide, tall] = (doc.format || "9x16").split("x");
    this.root.style.setProperty("--ratio", wide / tall);
    this.place.replaceChildren(this.root);
    this.tell();
  }

  /** What is beside the film: its products, who appears in it, what is said. */
  tell() {
    const { doc } = this;
    const goods = [...this.goods.values()].map((one) => {
      const facts = el("p", {}, el("span.number", { text: `${this.price(one)} ` }), this.stock(one));
      return el("li", {}, el("div", {}, el("b", { text: this.name(one) }), facts), this.offer(one));
    });
    const parts = [
      el("h2", { text: doc.product_title || doc.title }),
      goods.length && el("ul.goods", { "aria-label": "In this film" }, goods),
      this.appearance(),
      this.said,
    ];
    if (!this.host.callsTools) parts.push(link(this.host, doc.watch_url, "Watch and buy on the shop's page"));
    this.side.replaceChildren(...parts.filter(Boolean));
  }

  stock({ available }) {
    return el(`span.stock${available ? "" : ".stock--out"}`, { text: available ? "In stock" : "Sold out" });
  }

  offer(spot) {
    if (!this.host.callsTools) return spot.available && link(this.host, this.doc.buy_url, "Buy", "a.button");
    const open = (event) => this.open(spot, event.currentTarget);
    return el("button.button", {
      text: "Buy",
      disabled: !spot.available,
      "aria-label": `Buy ${this.name(spot)}`,
      onclick: open,
    });
  }

  appearance() {
    const { appearance: name, disclosure } = this.doc;
    if (!name) return disclosure && el("p.small.quiet", { text: disclosure });
    const words = el("p.small", {}, el("b", { text: `Licensed appearance: ${name}` }), disclosure && `. ${disclosure}`);
    const more = (event) => this.licence(event.currentTarget);
    return el(
      "div",
      {},
      words,
      this.host.callsTools && el("button.link.small", { text: "See the licence", onclick: more }),
    );
  }

  listen() {
    const { video } = this;
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.sheet && this.shut());
    video.addEventListener("play", () => {
      video.controls = true;
      this.begin.hidden = true;
    });
    video.addEventListener("pause", () => (this.halted = this.visible));
    video.addEventListener("playing", () => this.once("start"));
    video.addEventListener("ended", () => this.once("complete"));
    video.addEventListener("volumechange", () => video.muted || this.once("unmute"));
    video.addEventListener("error", () => this.check());
    for (const moved of ["seeked", "timeupdate", "loadedmetadata"]) video.addEventListener(moved, () => this.draw());
    this.looking = new IntersectionObserver(([entry]) => this.look(entry.intersectionRatio >= 0.5), {
      threshold: [0, 0.5],
    });
    this.looking.observe(this.frame);
  }

  play() {
    this.video.play().catch(() => {});
    this.video.focus({ preventScroll: true });
  }

  /** Play while half of the film is to be seen, unless somebody stopped it or asked for less motion. */
  look(visible) {
    this.visible = visible;
    if (visible) this.once("impression");
    if (this.calm || this.halted || this.over || this.video.ended) return;
    if (visible) this.video.play().catch(() => {});
    else this.video.pause();
  }

  draw() {
    const now = this.video.currentTime;
    this.count(now);
    const current = new Map(
      this.spots.filter((one) => now >= one.start_s && now < one.end_s).map((one) => [one.variant_id, one]),
    );
    for (const [variant, button] of this.buttons) if (!current.has(variant)) this.hide(button);
    for (const spot of current.values()) this.put(spot);
  }

  /** One button for each variant: it moves with the product, so that the keyboard's focus stays on it. */
  put(spot) {
    if (!this.buttons.has(spot.variant_id)) {
      const made = el("button.spot", { onclick: () => this.open(made.spot, made) });
      this.buttons.set(spot.variant_id, made);
      this.layer.append(made);
    }
    const button = this.buttons.get(spot.variant_id);
    if (button.spot !== spot) this.dress(button, spot);
    button.hidden = false;
  }

  dress(button, spot) {
    const out = spot.available ? "" : ", sold out";
    button.spot = spot;
    button.className = spot.available ? "spot" : "spot spot--out";
    button.ariaLabel = `${this.name(spot)}, ${this.price(spot)}${out || ", in stock"}: see and buy`;
    button.replaceChildren(
      el("span.spot__face", {}, el("span", { text: spot.title }), el("b.number", { text: this.price(spot) + out })),
    );
    const top = Math.min(Math.max(spot.y, TOP), FLOOR - 0.12);
    const box = { left: spot.x, top, width: spot.w, height: Math.max(0.12, Math.min(spot.y + spot.h, FLOOR) - top) };
    for (const [side, part] of Object.entries(box)) button.style[side] = `${part * 100}%`;
  }

  hide(button) {
    if (button === document.activeElement) this.video.focus({ preventScroll: true });
    button.hidden = true;
  }

  /** Count seconds that were really watched. */
  count(now) {
    const step = now - this.last;
    this.last = now;
    this.inRow = step > 0 && step < 0.6 && this.visible && !this.video.seeking ? this.inRow + step : 0;
    if (this.inRow >= 2) this.once("view_2s");
    if (this.inRow)
      for (const [type, part] of Object.entries(QUARTERS)) if (now >= part * this.video.duration) this.once(type);
  }

  once(type) {
    if (!this.seen.has(type)) this.note(type);
  }

  /** Report what was done; the film goes on whether or not anybody listens. */
  note(type, second = this.video.currentTime) {
    this.seen.add(type);
    const about = { ad_id: this.doc.id, type, second: Math.round(second * 100) / 100, viewer: this.viewer };
    if (this.host.callsTools) this.host.call("record_event", { ...about, event_id: uuid7() });
  }

  /** Captions come through the host: a sandboxed page may load no text track of another origin. */
  async caption() {
    if (!this.host.grants.serverResources) return;
    const found = cuesOf(await this.host.resource(`ad://${this.doc.id}/captions.vtt`).catch(() => ""));
    if (!found.length || this.over) return;
    const track = this.video.addTextTrack("captions", "Captions", this.doc.locale);
    for (const given of found) {
      const cue = new VTTCue(...given);
      track.addCue(Object.assign(cue, { snapToLines: false, line: 74 })); // above the browser's controls
    }
    track.mode = "showing";
    const words = found.map(([, , said]) => said).join(" ");
    this.said = el(
      "details",
      {},
      el("summary", { text: "What is said" }),
      el("p.quiet.small", { lang: this.doc.locale, text: words }),
    );
    this.tell();
  }

  /** Put a card in front, while the film plays on; answers the element that its contents go into. */
  card(title, opener) {
    this.sheet?.remove();
    this.opener = opener;
    const head = el("h2", { tabindex: "-1", text: title });
    const close = el("button.sheet__close", { "aria-label": "Close", text: "×", onclick: () => this.shut() });
    const body = el("div.stack");
    this.sheet = el(
      "section.sheet",
      { role: "dialog", "aria-label": title },
      el("div.sheet__head", {}, head, close),
      body,
    );
    this.root.append(this.sheet);
    this.root.classList.add("has-sheet");
    head.focus({ preventScroll: true });
    return body;
  }

  shut() {
    this.sheet.remove();
    this.sheet = null;
    this.root.classList.remove("has-sheet");
    (this.opener?.isConnected && !this.opener.hidden ? this.opener : this.video).focus({ preventScroll: true });
  }

  open(spot, opener, news) {
    if (!news) this.moment = this.video.currentTime;
    if (!news) this.note("hotspot_open");
    const body = this.card(this.name(spot), opener);
    const words = `Buy for ${this.price(spot)}`;
    const wide = "button.button--wide";
    const buy = this.host.callsTools
      ? press(words, () => this.buy(spot, body), `button.${wide}`)
      : link(this.host, this.doc.buy_url, words, `a.${wide}`);
    const facts = el("p", {}, el("span.number.sheet__price", { text: this.price(spot) }), this.stock(spot));
    body.replaceChildren(...[news && say(news, "warn"), facts, spot.available && buy].filter(Boolean));
  }

  /** Look again at price, stock and licence, then open a checkout that this film and second are credited with. */
  async buy(shown, body) {
    if (!(await this.check()) || !body.isConnected) return;
    const spot = this.goods.get(shown.variant_id) || { ...shown, available: false };
    if (!spot.available) return this.open(spot, this.opener, "This has just sold out.");
    if (spot.price !== shown.price)
      return this.open(spot, this.opener, `The price was ${this.price(shown)} a moment ago.`);
    this.till ||= new Till(this.host, el("div.stack"));
    const { place } = this.till;
    const opened = await this.till.start(spot.variant_id, { ad_id: this.doc.id, second: this.moment.toFixed(2) });
    if (!opened) return body.append(place);
    this.note("checkout_start", this.moment);
    body.replaceChildren(place);
    place.querySelector("a, button")?.focus({ preventScroll: true });
  }

  async licence(opener) {
    const body = this.card("Licensed appearance", opener);
    body.append(el("div.skeleton"));
    const { document: doc, refusal } = await this.host.call("get_cameo_licence", { licence: this.doc.id });
    body.replaceChildren(...(refusal ? [say(plain(refusal), "bad")] : terms(doc, this.host.locale)));
  }

  /** Ask whether the film may still be shown, and what it sells now; false when it is gone. */
  async check() {
    if (this.over || !this.host.callsTools) return !this.over;
    const { document: doc, refusal } = await this.host.call("get_ad", { ad_id: this.doc.id });
    if (/\[(licence_refused|gone|not_found|forbidden)\]/.test(refusal)) this.leave(refusal);
    const isNew = doc && !this.over && JSON.stringify(doc) !== JSON.stringify(this.doc);
    if (isNew) this.read(doc);
    if (isNew) this.tell();
    if (isNew) this.draw();
    return !this.over;
  }

  /** The film may not be shown any more: stop it, let go of its file, and say so. */
  leave(refusal) {
    this.stop();
    this.video.removeAttribute("src");
    this.video.load();
    this.root.replaceWith(gone(refusal));
  }

  stop() {
    this.over = true;
    this.video.pause();
    clearInterval(this.checking);
    this.looking.disconnect();
  }
}

/** Why a film is not shown, kindly. */
function gone(refusal) {
  const why = /licen[cs]e/i.test(refusal) ? "No longer available: licence revoked" : "This film is no longer available";
  return el("div.empty", { role: "alert" }, el("b", { text: why }), el("p.quiet.small", { text: plain(refusal) }));
}

const TERMS = {
  appearance: "Who",
  state: "State",
  purposes: "For",
  placements: "Shown on",
  territories: "Countries",
  languages: "Languages",
  starts: "From",
  ends: "Until",
  revoked_at: "Revoked",
  remix: "May be remixed",
  licence: "Record",
};

/** A licence: what it says in a sentence, then its terms; `*` is all, and what is empty is left out. */
function terms({ words, record = {} }, locale) {
  const said = (value) => {
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (Array.isArray(value)) return value.join(", ").replace("*", "all");
    return /^\d{4}-\d\d-\d\dT/.test(value)
      ? new Date(value).toLocaleDateString(locale, { dateStyle: "medium" })
      : value;
  };
  const known = Object.entries(TERMS).filter(([key]) => record[key]?.length || record[key] === !!record[key]);
  const rows = known.map(([key, label]) =>
    el("div", {}, el("dt", { text: label }), el("dd", { text: said(record[key]) })),
  );
  return [el("p", { text: words }), el("dl.facts", {}, rows)];
}
