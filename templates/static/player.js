// The shoppable player. The server wrote the film, the buy form and the settings inside <adengine-player>;
// this adds hotspots, controls and the report of what was seen. Without it the film plays and the form buys.

const STORE = "adengine.events.";
const KEPT_MS = 72 * 3600 * 1000;
const BATCH = 50;
const FLUSH_MS = 2000;
const SKIP_S = 2;
const VIEWS = [["view_3s", 3], ["view_6s", 6], ["view_15s", 15]];
const QUARTERS = [["quartile_25", 0.25], ["quartile_50", 0.5], ["quartile_75", 0.75]];
const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  loud: "M4 9v6h4l5 5V4L8 9zM16 8a5 5 0 0 1 0 8zM16 4v2a7 7 0 0 1 0 12v2a9 9 0 0 0 0-16z",
  quiet: "M4 9v6h4l5 5V4L8 9zM16 9l1.4-1.4L19 9.2l1.6-1.6L22 9l-1.6 1.6L22 12.2l-1.4 1.4L19 12l-1.6 1.6L16 12.2l1.6-1.6z",
  again: "M12 5V1L7 6l5 5V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z",
  words: "M3 5h18v14H3zM5.5 13v2h6v-2zM13 13v2h5.5v-2zM5.5 9.5v2H9v-2zM10.500 9.500v2h8v-2z",
};

/** A UUIDv7: time first, so that ids made later sort later. */
export function uuid7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 5, rest = now; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Sends events until the server has answered for each: sent twice they count once, since their ids stay. */
class Report {
  constructor({ events, viewer, ad, experiment, keep }) {
    Object.assign(this, { to: events, viewer, ad, experiment, keep, waiting: [], seen: new Set() });
    this.key = STORE + uuid7();
    this.adopt();
    setInterval(() => this.send(), FLUSH_MS);
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    addEventListener("pagehide", () => this.leave());
  }

  once(type, second) {
    if (!this.seen.has(type)) this.note(type, second);
  }

  note(type, second) {
    this.seen.add(type);
    const event = { id: uuid7(), type, ad: this.ad, experiment: this.experiment, at: Date.now() };
    if (second !== undefined) event.second = Math.round(second * 100) / 100;
    this.waiting.push({ to: this.to, viewer: this.viewer, event });
    this.save();
  }

  async send() {
    if (!this.waiting.length || this.busy) return;
    this.busy = true;
    const [batch, body] = this.batch();
    try {
      const answer = await fetch(batch[0].to, { method: "POST", body, keepalive: true });
      if (answer.status < 500) this.drop(batch);
    } catch {
      // Offline: they stay and are sent again, by the next page if need be.
    }
    this.busy = false;
  }

  leave() {
    if (!this.waiting.length) return;
    const [batch, body] = this.batch();
    navigator.sendBeacon(batch[0].to, body); // nobody hears the answer, so they also stay for the next page
  }

  batch() {
    const { to, viewer } = this.waiting[0];
    const batch = this.waiting.filter((one) => one.to === to && one.viewer === viewer).slice(0, BATCH);
    return [batch, JSON.stringify({ viewer, sent_at: Date.now(), events: batch.map((one) => one.event) })];
  }

  drop(batch) {
    this.waiting = this.waiting.filter((one) => !batch.includes(one));
    this.save();
  }

  save() {
    if (!this.keep) return;
    try {
      if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is full or forbidden here: the events live as long as the page.
    }
  }

  adopt() {
    if (!this.keep) return;
    try {
      for (const key of Object.keys(localStorage).filter((one) => one.startsWith(STORE))) {
        const left = JSON.parse(localStorage.getItem(key)) || [];
        this.waiting.push(...left.filter((one) => one.event.at > Date.now() - KEPT_MS));
        localStorage.removeItem(key);
      }
      this.save();
    } catch {
      // as above
    }
  }
}

function element(name, className, words = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = words;
  if (name === "button") made.type = "button";
  return made;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function link(address, words) {
  const made = element("a", "", words);
  made.href = address;
  made.target = "_top";
  return made;
}

/** Send a form and read the JSON that answers it. */
async function sent(address, body) {
  const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

function clock(seconds) {
  const whole = Math.floor(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The film's small pictures: for each second the sheet and the place on it (WebVTT with #xywh=). */
async function stills(address) {
  if (!address) return [];
  try {
    const answer = await fetch(address);
    const found = [...(await answer.text()).matchAll(/^(\S+)#xywh=([\d,]+)$/gm)];
    const base = new URL(address, location.href);
    return found.map(([, name, place]) => {
      const sheet = new URL(name, base);
      sheet.search = base.search;
      return { sheet: sheet.href, place: place.split(",").map(Number) };
    });
  } catch {
    return []; // no pictures to look ahead with; the film plays
  }
}

class AdenginePlayer extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.settings = JSON.parse(this.querySelector("script").textContent);
    this.video = this.querySelector("video");
    this.frame = this.querySelector(".player__frame");
    this.screen = this.querySelector(".player__screen");
    this.sheet = this.querySelector(".player__sheet");
    this.form = this.sheet.querySelector("form");
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.report = new Report(this.settings);
    this.watched = this.inRow = this.last = 0;
    this.build();
    this.listen();
    this.watch();
    this.classList.add("is-ready");
  }

  build() {
    const { video } = this;
    video.controls = false;
    video.muted = true;
    video.disablePictureInPicture = true;
    this.screen.tabIndex = 0;
    this.screen.setAttribute("role", "group");
    this.screen.setAttribute("aria-label", `${this.dataset.label}. Space plays, M sound, C captions, arrows seek.`);
    this.spots = element("div", "player__spots");
    this.bar = element("div", "player__bar");
    this.playing = this.control("play", "Play", () => this.toggle());
    this.seeker = element("input", "player__seek");
    Object.assign(this.seeker, { type: "range", min: 0, max: 1000, value: 0 });
    this.seeker.setAttribute("aria-label", "Position in the film");
    this.time = element("span", "player__time", "0:00");
    this.words = this.control("words", "Captions", () => this.caption());
    this.words.setAttribute("aria-pressed", "false");
    this.sound = element("button", "player__sound");
    this.sound.addEventListener("click", () => this.mute());
    this.peek = element("span", "player__peek");
    this.peek.hidden = true;
    this.bar.append(this.playing, this.seeker, this.time, this.words);
    this.frame.append(this.spots, this.sound, this.peek, this.bar);
    this.buttons = new Map();
    this.close = element("button", "player__close", "Close");
    this.close.addEventListener("click", () => this.shut());
    this.sheet.prepend(this.close);
    this.sheet.setAttribute("role", "dialog");
    this.sheet.hidden = true;
    this.showSound();
  }

  control(name, words, act) {
    const button = element("button", "player__control");
    button.setAttribute("aria-label", words);
    button.append(icon(name));
    button.addEventListener("click", act);
    return button;
  }

  listen() {
    const { video } = this;
    this.screen.addEventListener("click", () => this.toggle());
    this.addEventListener("keydown", (event) => this.key(event));
    this.seeker.addEventListener("input", () => this.scrub());
    this.seeker.addEventListener("pointermove", (event) => this.hover(event));
    for (const leaving of ["pointerleave", "change", "blur"]) {
      this.seeker.addEventListener(leaving, () => (this.peek.hidden = true));
    }
    video.addEventListener("play", () => this.showPlaying("pause", "Pause"));
    video.addEventListener("pause", () => this.showPlaying("play", "Play"));
    video.addEventListener("playing", () => this.report.once("start", video.currentTime));
    video.addEventListener("ended", () => this.end());
    video.addEventListener("seeked", () => this.draw());
    // A source of a kind the browser does not play fails too, and the next one is tried.
    const sources = video.querySelectorAll("source");
    for (const last of [video, sources[sources.length - 1]]) last.addEventListener("error", () => this.gone());
    this.form.addEventListener("change", (event) => {
      if (event.target.name === "variant") this.report.note("variant_pick", video.currentTime);
    });
    addEventListener("submit", (event) => this.stamp(event.target), true);
    if (this.form.dataset.inPlace) this.form.addEventListener("submit", (event) => this.buy(event));
    // A stream may bring captions of its own; the page's are the ones that are shown.
    for (const track of video.textTracks) track.mode = "hidden";
    this.captions = this.querySelector("track");
    this.captions?.addEventListener("load", () => this.lift());
  }

  /** Play while half of the film is on screen, and count what was really watched. */
  watch() {
    new IntersectionObserver(
      ([entry]) => {
        this.visible = entry.intersectionRatio >= 0.5;
        if (this.visible) this.report.once("impression");
        if (this.calm || this.stopped || this.video.ended) return;
        if (this.visible) this.video.play().catch(() => {});
        else this.video.pause();
      },
      { threshold: [0, 0.5] },
    ).observe(this.frame);
    const tick = () => {
      this.draw();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  get length() {
    return this.video.duration || Number(this.dataset.seconds);
  }

  draw() {
    const now = this.video.currentTime;
    this.count(now);
    this.time.textContent = `${clock(now)} / ${clock(this.length)}`;
    if (document.activeElement !== this.seeker || !this.video.paused) this.seeker.value = (now / this.length) * 1000;
    const current = new Map();
    for (const spot of this.settings.spots) {
      if (now >= spot.from && now < spot.to) current.set(spot.variant, spot);
    }
    for (const [variant, button] of this.buttons) if (!current.has(variant)) this.hide(button);
    for (const spot of current.values()) this.place(spot);
  }

  /** One button for each variant: it moves with the product, so that the keyboard's focus stays on it. */
  place(spot) {
    let button = this.buttons.get(spot.variant);
    if (!button) {
      button = element("button", "player__spot");
      button.append(element("span", "player__price", spot.price));
      button.setAttribute("aria-label", `${spot.title}, ${spot.price}: see and buy`);
      button.addEventListener("click", () => this.tap(spot, button));
      this.buttons.set(spot.variant, button);
      this.spots.append(button);
    }
    if (button.spot === spot && !button.hidden) return;
    const [x, y, w, h] = spot.box;
    const width = Math.min(w, 0.8);
    const top = Math.max(y, 0.1);
    const height = Math.max(0.12, Math.min(y + h, 0.86) - top);
    const style = { left: x + (w - width) / 2, top, width, height };
    for (const [side, part] of Object.entries(style)) button.style[side] = `${part * 100}%`;
    button.spot = spot;
    button.hidden = false;
  }

  hide(button) {
    if (button === document.activeElement) this.screen.focus({ preventScroll: true });
    button.hidden = true;
  }

  count(now) {
    const step = now - this.last;
    this.last = now;
    const isWatched = step > 0 && step < 0.6 && this.visible && !document.hidden && !this.video.seeking;
    if (!isWatched) {
      if (step) this.inRow = 0;
      return;
    }
    this.watched += step;
    this.inRow += step;
    if (this.inRow >= 2) this.report.once("view_2s", now);
    for (const [type, seconds] of VIEWS) if (this.watched >= seconds - 0.1) this.report.once(type, now);
    for (const [type, part] of QUARTERS) if (now >= part * this.length) this.report.once(type, now);
  }

  end() {
    this.report.once("complete", this.length);
    this.classList.add("has-ended");
    this.showPlaying("again", "Play again");
  }

  toggle() {
    const { video } = this;
    if (video.paused || video.ended) {
      if (video.ended) this.report.note("replay", 0);
      this.stopped = false;
      this.classList.remove("has-ended");
      video.play().catch(() => {});
    } else {
      this.stopped = true;
      video.pause();
    }
  }

  scrub() {
    const part = this.seeker.value / 1000;
    this.seek(part * this.length);
    this.show(part);
  }

  hover({ offsetX, pointerType }) {
    if (pointerType === "mouse") this.show(Math.max(0, Math.min(1, offsetX / this.seeker.clientWidth)));
  }

  /** Show what is to be seen at a part of the film, from the sheet of small pictures. */
  async show(part) {
    this.asked = part;
    this.sheetOfStills ||= stills(this.settings.sprites);
    const cues = await this.sheetOfStills;
    const cue = cues[Math.min(cues.length - 1, Math.floor(part * cues.length))];
    if (!cue || this.asked !== part) return;
    const { style } = this.peek;
    const [x, y, width, height] = cue.place;
    style.backgroundImage = `url("${cue.sheet}")`;
    style.backgroundPosition = `-${x}px -${y}px`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    const track = this.seeker;
    const middle = track.offsetLeft + part * track.clientWidth;
    style.left = `${Math.max(8, Math.min(this.frame.clientWidth - width - 8, middle - width / 2))}px`;
    this.peek.hidden = false;
  }

  seek(second) {
    this.video.currentTime = Math.max(0, Math.min(this.length - 0.05, second));
  }

  mute() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted) {
      this.report.once("unmute", this.video.currentTime);
      if (this.video.paused && !this.stopped) this.toggle();
    }
    this.showSound();
  }

  caption() {
    const track = this.captions?.track;
    if (!track) return;
    track.mode = track.mode === "showing" ? "hidden" : "showing";
    this.lift();
    this.words.setAttribute("aria-pressed", String(track.mode === "showing"));
  }

  /** Captions stand above the control bar. */
  lift() {
    for (const cue of this.captions?.track.cues || []) cue.line = -3 - cue.text.split("\n").length;
  }

  key(event) {
    if (event.key === "Escape" && !this.sheet.hidden) return this.shut();
    const { target } = event;
    const writes = target.closest("input, select, textarea, a");
    const presses = target.closest("button") && event.key === " ";
    if (writes || presses || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const acts = {
      " ": () => this.toggle(),
      k: () => this.toggle(),
      m: () => this.mute(),
      c: () => this.caption(),
      ArrowLeft: () => this.seek(this.video.currentTime - SKIP_S),
      ArrowRight: () => this.seek(this.video.currentTime + SKIP_S),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) {
      event.preventDefault();
      act();
    }
    return undefined;
  }

  /** A product that this film's form sells opens it; another one is bought on its own page. */
  tap(spot, button) {
    if (!spot.page) return this.open(spot.variant, button);
    this.report.note("hotspot_open", this.video.currentTime);
    return window.open(spot.page, "_top");
  }

  /** Show what the tapped product is and costs; the film plays on, small. */
  open(variant, opener) {
    this.opener = opener;
    this.moment = this.video.currentTime;
    this.report.note("hotspot_open", this.moment);
    const choice = [...this.form.querySelectorAll("[name=variant]")].find((one) => one.value === variant);
    if (choice && choice.type === "radio" && !choice.disabled && !choice.checked) {
      choice.checked = true;
      this.form.dispatchEvent(new Event("change"));
    }
    this.sheet.hidden = false;
    this.classList.add("is-open");
    const room = 1 - (this.sheet.offsetHeight + 28) / this.frame.clientHeight;
    this.frame.style.setProperty("--shrink", Math.max(0.22, Math.min(0.9, room)).toFixed(3));
    (this.form.querySelector("[name=variant]:checked, select") || this.form.querySelector("[type=submit]")).focus({
      preventScroll: true,
    });
  }

  /** Buy without leaving the film, where that can be done; else the form's own page does it. */
  async buy(event) {
    event.preventDefault();
    const { form } = this;
    try {
      const opened = await sent(form.action, new FormData(form));
      if (!opened.pay) return window.open(opened.page, "_top");
      this.till = element("div", "player__till");
      const [pay, decline] = opened.choices.map(([outcome, words]) => {
        const button = element("button", `button button--wide${outcome === "paid" ? "" : " button--quiet"}`, words);
        button.addEventListener("click", () => this.decide(opened, outcome));
        return button;
      });
      this.tell(`${opened.title}, ${opened.total}. ${opened.note}`, pay, decline, link(opened.page, "Address, codes and more"));
      form.hidden = true;
      form.after(this.till);
      pay.focus({ preventScroll: true });
    } catch {
      form.submit(); // the page says what is the matter
    }
    return undefined;
  }

  async decide(opened, outcome) {
    const body = new FormData();
    body.set("form_token", this.form.elements.form_token.value);
    body.set("outcome", outcome);
    try {
      const { status, location } = await sent(opened.pay, body);
      this.form.elements.key.value = uuid7(); // the next purchase is another one
      this.form.hidden = false;
      if (status === "paid") this.tell("Thank you, it is yours.", link(location, "See your order"));
      else this.tell("The payment was declined, and no money was taken. You can try again.");
      this.till.focus({ preventScroll: true });
    } catch {
      window.open(opened.page, "_top");
    }
  }

  tell(words, ...more) {
    const said = element("p", "", words);
    said.setAttribute("role", "status");
    this.till.tabIndex = -1;
    this.till.replaceChildren(said, ...more);
  }

  shut() {
    this.sheet.hidden = true;
    this.classList.remove("is-open");
    (this.opener && !this.opener.hidden ? this.opener : this.screen).focus({ preventScroll: true });
  }

  /** Write into a buy form which second of this film it is sent at. */
  stamp(form) {
    if (!form.elements.second || form.elements.ad_id.value !== this.settings.ad) return;
    const inFilm = form === this.form;
    const second = inFilm ? this.moment : this.video.currentTime;
    if (inFilm || this.report.seen.has("start")) form.elements.second.value = (second || 0).toFixed(2);
  }

  gone() {
    this.classList.add("is-gone");
    this.screen.setAttribute("aria-label", "This film is no longer shown.");
  }

  showPlaying(name, words) {
    this.playing.replaceChildren(icon(name));
    this.playing.setAttribute("aria-label", words);
    this.classList.toggle("is-playing", name === "pause");
  }

  showSound() {
    const { muted } = this.video;
    this.sound.replaceChildren(icon(muted ? "quiet" : "loud"), muted ? "Unmute" : "Mute");
    this.sound.classList.toggle("is-loud", !muted);
  }
}

customElements.define("adengine-player", AdenginePlayer);
