// Buy forms: the price follows the choice, and a page brought back by the browser buys anew.

const till = document.querySelector("[data-till]");

function shown(form) {
  return form.querySelector("[name=variant]:checked") || form.querySelector("option:checked");
}

function follow(form) {
  const chosen = shown(form);
  if (!chosen) return;
  const price = form.querySelector("[data-price]");
  price.querySelector("strong").textContent = chosen.dataset.amount;
  price.querySelector("s").textContent = chosen.dataset.was || "";
  const basis = price.querySelector("small");
  basis.hidden = !chosen.dataset.was;
  for (const one of document.querySelectorAll(`[data-amount-of="${form.id}"]`)) one.textContent = chosen.dataset.amount;
  for (const one of document.querySelectorAll(`[data-name-of="${form.id}"]`)) one.textContent = chosen.dataset.name;
  const stage = document.querySelector(`[data-stage-of="${form.id}"]`);
  if (stage && chosen.dataset.picture) stage.src = chosen.dataset.picture;
}

for (const form of document.querySelectorAll("[data-buy]")) {
  form.addEventListener("change", () => follow(form));
}

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const one of document.querySelectorAll("[data-once] [aria-busy]")) one.removeAttribute("aria-busy");
  if (till) location.replace(till.dataset.page); // what was sent is kept; the page may have been paid meanwhile
  for (const key of document.querySelectorAll("[data-buy] [name=key]")) {
    key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  }
});

const bar = document.querySelector("[data-bar]");
const button = document.querySelector("[data-main-button]");
if (bar && button) {
  new IntersectionObserver(([entry]) => bar.classList.toggle("is-away", entry.isIntersecting)).observe(button);
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    if (form.dataset.inPlace) return; // the player buys on its own
    for (const one of form.querySelectorAll("[type=submit]")) one.setAttribute("aria-busy", "true");
  });
}

// The checkout prices itself anew as it is filled in: sums, ways and button follow, and what is typed stays.
const PAUSE_MS = 400;
let asking;
function asked() {
  const body = new URLSearchParams(new FormData(till));
  body.delete("code");
  return body;
}
async function reprice() {
  asking?.abort();
  asking = new AbortController();
  const focused = document.activeElement.id;
  const [body, filled] = [asked(), String(asked())];
  try {
    const answer = await fetch(till.dataset.till, { method: "POST", body, signal: asking.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("[data-till]")) return location.assign(till.dataset.page); // it was paid, or ran out
    for (const field of till.querySelectorAll(".field [name]")) {
      if (field.value && field.value === body.get(field.name) && !isBeingTyped(field)) mark(field, page);
    }
    if (String(asked()) !== filled) return undefined; // typed on meanwhile, which a later change will tell
    for (const part of till.querySelectorAll("[data-part]")) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (fresh && fresh.outerHTML !== part.outerHTML) part.replaceWith(fresh);
    }
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  } catch {
    // Another change came, or nobody answered: the button asks again, and tells what changed.
  }
  return undefined;
}
function isBeingTyped(field) {
  return field === document.activeElement && field.matches("input");
}
function mark(field, page) {
  const [now, fresh] = [field, page.getElementById(field.id)].map((one) => one?.closest(".field"));
  if (!now || !fresh) return;
  const words = fresh.querySelector(".field__problem");
  now.classList.toggle("field--wrong", Boolean(words));
  field.toggleAttribute("aria-invalid", Boolean(words));
  if (words) field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", words?.id || "");
  now.querySelector(".field__problem")?.remove();
  if (words) now.append(words);
  if (!till.querySelector(".field--wrong")) document.querySelector(".notice--alarm")?.remove();
}
if (till && performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
  location.replace(till.dataset.page); // the browser kept the page as it was; it may be half paid by now
} else if (till) {
  for (const one of till.querySelectorAll("[data-plain]")) one.hidden = true;
  let pause;
  till.addEventListener("change", (event) => event.target.name !== "code" && reprice());
  till.addEventListener("input", (event) => {
    clearTimeout(pause);
    // Before the last field is left, so that Tab leads on to the ways it may be sent.
    if (event.target.name !== "code" && till.checkValidity()) pause = setTimeout(reprice, PAUSE_MS);
  });
}

// A poster comes to life under the pointer or the keyboard.
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
for (const poster of calm ? [] : document.querySelectorAll("[data-moving]")) {
  const [card, still] = [poster.closest("a"), poster.src];
  const swap = (to) => () => (poster.src = to);
  for (const coming of ["mouseenter", "focus"]) card.addEventListener(coming, swap(poster.dataset.moving));
  for (const going of ["mouseleave", "blur"]) card.addEventListener(going, swap(still));
}
