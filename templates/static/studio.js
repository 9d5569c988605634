// The studio: watches a job until it is settled, shows a film before it is made, and finds a film's moments.

const job = document.querySelector("[data-job]");

async function look() {
  const answer = await fetch(job.dataset.job, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const said = await answer.json();
  job.querySelector("progress").value = said.percent;
  job.querySelector("[data-percent]").textContent = `${said.percent} %`;
  job.querySelector("[data-words]").textContent = said.shots.length
    ? `${said.words} (shots at ${said.shots.join(" %, ")} %)`
    : said.words;
  return said.settled;
}

async function watch() {
  let settled = false;
  try {
    settled = await look();
    job.querySelector("[data-trouble]").hidden = true;
  } catch {
    job.querySelector("[data-trouble]").hidden = false;
  }
  if (settled) location.reload();
  else setTimeout(watch, 1000);
}

if (job) watch();

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}

const film = document.querySelector("[data-film]");
document.addEventListener("click", (event) => {
  const moment = event.target.closest("[data-seek]");
  const shown = film || document.querySelector("[data-stage] video");
  if (!moment || !shown) return;
  shown.pause();
  shown.currentTime = Number(moment.dataset.seek);
  shown.scrollIntoView({ block: "center" });
});

const maker = document.querySelector("[data-maker]");
const CALM_MS = 900;

/** The form of a new film: what depends on a choice follows it, and the preview is drawn anew once it was asked for. */
class Maker {
  constructor(form) {
    this.form = form;
    this.stage = form.querySelector("[data-stage]");
    this.refusal = form.querySelector("[data-refusal]");
    this.button = form.querySelector("[data-look]");
    this.button.hidden = false;
    this.button.addEventListener("click", () => {
      this.brings = matchMedia("(max-width: 860px)").matches;
      this.ask();
    });
    form.addEventListener("change", () => this.changed());
    this.follow();
  }

  changed() {
    this.follow();
    if (!this.asked) return;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.ask(), CALM_MS);
  }

  follow() {
    const { form } = this;
    const template = form.querySelector("[name=template]:checked");
    const format = form.querySelector("[name=format]:checked").value;
    const several = form.querySelector("[data-several]:is(fieldset)");
    if (several) several.hidden = !template || template.dataset.several !== "yes";
    form.querySelector("[data-recording]").hidden = form.elements.voice.value !== "recording";
    for (const place of form.querySelectorAll("[data-fits]")) {
      place.disabled = !place.dataset.fits.split(" ").includes(format);
      if (place.disabled) place.checked = false;
    }
  }

  async ask() {
    const { form } = this;
    if (!form.reportValidity()) return;
    const turn = (this.turn = (this.turn || 0) + 1);
    const body = new FormData(form);
    body.set("instead_of", this.asked || "");
    this.button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (turn !== this.turn) return;
      this.refuse(answer.ok ? "" : said.error.message);
      if (!answer.ok) return;
      this.asked = said.id;
      form.elements.recording.value = said.recording;
      form.elements.voice_file.value = "";
      this.show(said, turn);
    } catch {
      this.refuse("The server does not answer just now; try again.");
    } finally {
      this.button.removeAttribute("aria-busy");
    }
  }

  refuse(words) {
    this.refusal.textContent = words;
    this.refusal.hidden = !words;
  }

  show(said, turn) {
    if (turn !== this.turn) return;
    if (this.shown !== said.html) this.stage.innerHTML = this.shown = said.html;
    if (this.brings) this.stage.scrollIntoView({ block: "start" });
    this.brings = false;
    if (!said.done) setTimeout(() => this.poll(said.id, turn), 350);
  }

  async poll(id, turn) {
    try {
      const answer = await fetch(this.form.dataset.progress.replace("ID", id), { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.json(), turn);
    } catch {
      if (turn === this.turn) setTimeout(() => this.poll(id, turn), 2000);
    }
  }
}

if (maker) new Maker(maker);

const brand = document.querySelector("[data-brand]");
if (brand) {
  const light = (colour) => {
    const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  brand.addEventListener("input", () => {
    for (const line of brand.querySelectorAll("[data-ground]")) {
      const front = line.dataset.front ? brand.elements[line.dataset.front].value : "#ffffff";
      const [dark, bright] = [light(front), light(brand.elements[line.dataset.ground].value)].sort((a, b) => a - b);
      const ratio = (bright + 0.05) / (dark + 0.05);
      line.querySelector("[data-ratio]").textContent = ratio.toFixed(1);
      line.querySelector("[data-verdict]").hidden = ratio >= 4.5;
    }
  });
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const one of form.querySelectorAll("[type=submit]")) one.setAttribute("aria-busy", "true");
  });
}
