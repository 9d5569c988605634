// A UCP checkout as people see it. Paying happens on the shop's own page: no card is ever seen here.
const SUM_WORDS = { items_discount: "Discount", fulfillment: "Shipping" };
const LINK_WORDS = {
  privacy_policy: "Privacy",
  terms_of_service: "Terms",
  refund_policy: "Refunds",
  shipping_policy: "Shipping",
};

class Till {
  constructor(host, place) {
    Object.assign(this, { host, place, keys: {} });
    place.ariaLive = "polite";
    addEventListener("focus", () => this.left && this.look());
  }

  /** Open a checkout of one variant; before an answer came, again is the same act. Answers whether it is open. */
  async start(variant, attribution) {
    const act = JSON.stringify([variant, attribution]);
    this.keys[act] ||= uuid7();
    const checkout = { line_items: [{ item: { id: variant }, quantity: 1 }], ...(attribution && { attribution }) };
    const answer = await this.host.call("create_checkout", { meta: { "idempotency-key": this.keys[act] }, checkout });
    if (answer.document) delete this.keys[act];
    return this.take(answer);
  }

  /** Show an answer; a refusal stands above what was there. Answers whether there is a checkout to show. */
  take({ document: given, refusal }) {
    const doc = given?.checkout || given;
    this.place.querySelector(".notice--bad")?.remove();
    if (!doc?.id || doc.ucp?.status === "error") {
      const words = refusal || (doc?.messages || []).map((one) => one.content).join(" ") || "The shop did not answer.";
      const said = say(plain(words), "bad");
      if (this.doc) this.draw(said);
      else this.place.prepend(said);
      return false;
    }
    const before = this.doc?.id === doc.id && this.total();
    if (!this.doc) this.host.remember(`The buyer has checkout ${doc.id} before them, in state ${doc.status}.`);
    this.doc = doc;
    this.draw(before && before !== this.total() && say(`The total changed from ${before} to ${this.total()}.`, "warn"));
    return true;
  }

  async look() {
    if (this.host.callsTools) this.take(await this.host.call("get_checkout", { id: this.doc.id }));
  }

  amount(minor) {
    return money(minor, this.doc.currency, this.host.locale);
  }

  total() {
    const found = this.doc.totals?.find((one) => one.type === "total");
    return found ? this.amount(found.amount) : "";
  }

  draw(news) {
    const ends = {
      completed: () => this.bought(),
      canceled: () => this.end("×", "This checkout was canceled", "Nothing was charged."),
    };
    const end = ends[this.doc.status];
    const parts = end
      ? end()
      : [
          news,
          this.said("warning"),
          this.lines(),
          this.choices(),
          this.sums(),
          this.missing(),
          this.pay(),
          this.links(),
        ];
    this.place.replaceChildren(...[parts].flat(9).filter(Boolean));
  }

  /** What the buyer can change here: nothing, in a small till. */
  choices() {}

  messages(type) {
    return (this.doc.messages || []).filter((one) => one.type === type);
  }

  said(type) {
    return this.messages(type).map((one) => say(one.content, "warn"));
  }

  lines() {
    const rows = this.doc.line_items.map(({ item, quantity, totals }) => {
      const sum = totals?.find((one) => one.type === "total")?.amount ?? item.price * quantity;
      const each = quantity > 1 && el("p.quiet.small", { text: `${quantity} × ${this.amount(item.price)}` });
      const words = el("div", {}, el("b", { text: item.title || item.id }), each);
      return el("li", {}, picture(item.image_url), words, el("span.number", { text: this.amount(sum) }));
    });
    return el("ul.lines", { "aria-label": "What you buy" }, rows);
  }

  /** What is still to be done, but for paying on the shop's page: the button below says that. */
  missing() {
    const todo = this.messages("error").filter((one) => one.path !== "$.continue_url");
    const open = todo.map((one) => el("li", { text: plain(one.content) }));
    return todo.length && el("div.notice", {}, el("b", { text: "Still to do" }), el("ul.missing", {}, open));
  }

  sums() {
    const row = (name, words, amount) =>
      el(`div${name}`, {}, el("dt", { text: words }), el("dd.number", { text: this.amount(amount) }));
    const rows = (this.doc.totals || []).flatMap(({ type, display_text: words, amount, lines = [] }) => {
      const name = type === "total" ? ".sums__total" : amount < 0 ? ".sums__off" : "";
      const parts = lines.map((one) => row(".sums__part", one.display_text, one.amount));
      return [row(name, words || SUM_WORDS[type] || type[0].toUpperCase() + type.slice(1), amount), ...parts];
    });
    return el("dl.sums", {}, rows);
  }

  pay() {
    const again =
      this.host.callsTools && press("I have paid: look again", () => this.look(), "button.button.button--quiet");
    if (this.doc.status === "complete_in_progress") return [say("Your payment is being confirmed."), again];
    const open = link(this.host, this.doc.continue_url, `Confirm and pay ${this.total()}`, "a.button.button--wide");
    if (!open) return say("Tell the assistant to place the order; you confirm the total there.");
    const after = el("div.stack", { hidden: !this.left }, say("Finish on the shop's page; this card follows."), again);
    open.addEventListener("click", () => {
      this.left = true;
      after.hidden = false;
    });
    return [
      open,
      el("p.quiet.small", { text: "You pay on the shop's own page. Nothing is charged before you confirm there." }),
      after,
    ];
  }

  links() {
    const found = (this.doc.links || []).map((one) =>
      link(this.host, one.url, one.title || LINK_WORDS[one.type] || one.type),
    );
    return el(
      "p.small",
      {},
      found.filter(Boolean).flatMap((one) => [one, " "]),
    );
  }

  bought() {
    const { order } = this.doc;
    const name = order?.label || `Order ${order?.id || ""}`;
    return this.end(
      "✓",
      "Thank you, it is yours",
      `${name}, ${this.total()}`,
      link(this.host, order?.permalink_url, "See your order", "a.button.button--quiet"),
    );
  }

  end(mark, title, words, more) {
    const sign = el(mark === "✓" ? "span.done__mark" : "span.done__mark.done__mark--off", {
      "aria-hidden": "true",
      text: mark,
    });
    return el("div.done", { role: "status" }, sign, el("h2", { text: title }), el("p.quiet", { text: words }), more);
  }
}
