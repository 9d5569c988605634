// Small parts of pages. Merchants' words enter through textContent alone, addresses through `web`.

/** An element of a tag and classes; `text`, `on...` and booleans are properties. Nothing is parsed as HTML. */
function el(name, given = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  if (tag === "button") made.type = "button";
  for (const [key, value] of Object.entries(given)) {
    if (key === "text") made.textContent = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") made[key] = value;
    else if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.flat(9).filter(Boolean));
  return made;
}

/** The address if it is one of the web, else nothing: no scripts, files or data come in by a link. */
function web(address) {
  try {
    const { protocol, href } = new URL(String(address));
    return /^https?:$/.test(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}

/** A link that the host opens; where it cannot, the browser does. */
function link(host, address, words, name = "a") {
  const href = web(address);
  if (!href) return null;
  const made = el(name, { href, target: "_blank", rel: "noopener noreferrer", text: words });
  made.addEventListener("click", (event) => {
    if (!host.grants.openLinks) return;
    event.preventDefault();
    host.open(href).catch(() => made.after(say(`Open this address: ${href}`)));
  });
  return made;
}

/** An amount of minor units as money of the reader's locale. */
function money(minor, currency, locale) {
  try {
    const form = new Intl.NumberFormat(locale, { style: "currency", currency });
    return form.format(minor / 10 ** form.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${minor} ${currency || ""}`;
  }
}

/** A picture; where none comes, a plain tile. */
function picture(address, alt = "", name = "img.thumb") {
  const tile = () => el(name.replace("img", "span"));
  const src = web(address);
  const made = src ? el(name, { src, alt, loading: "lazy", decoding: "async" }) : tile();
  made.addEventListener("error", () => made.replaceWith(tile()));
  return made;
}

/** Press once: the button is busy until the act is done. */
function press(words, act, name = "button.button") {
  const made = el(name, { text: words });
  made.addEventListener("click", async () => {
    if (made.ariaBusy === "true") return;
    made.ariaBusy = "true";
    await act(made);
    made.ariaBusy = "false";
  });
  return made;
}

function say(words, tone) {
  return el(tone ? `p.notice.notice--${tone}` : "p.notice", { role: tone === "bad" ? "alert" : "status", text: words });
}

/** A refusal without its code in brackets, which is for agents. */
function plain(words) {
  return String(words).replace(/\s*\[[a-z_]+\]\s*$/, "");
}
