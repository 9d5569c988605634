// Buy forms: the price follows the choice, and a page brought back by the browser buys anew.

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
    for (const one of form.querySelectorAll("[type=submit]")) one.setAttribute("aria-busy", "true");
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
