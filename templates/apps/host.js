// The app's side of MCP Apps (ext-apps 2026-01-26): JSON-RPC with the host by postMessage.
const SPOKEN = "2026-01-26";
const PATIENCE_MS = 30000;

/** A UUIDv7: time first, so that ids made later sort later. */
function uuid7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 5, rest = now; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A tool's answer as {document} or {refusal}; some hosts pass the text alone, so the JSON in it is read too. */
function read(result) {
  const text = (result?.content || []).find((one) => one.type === "text")?.text || "";
  if (result?.isError) return { refusal: text || "The shop did not answer." };
  if (result?.structuredContent) return { document: result.structuredContent };
  try {
    return { document: JSON.parse(text) };
  } catch {
    return { refusal: text || "The shop sent nothing to show." };
  }
}

class Host {
  constructor(name) {
    Object.assign(this, { name, waiting: new Map(), sent: 0, context: {}, grants: {}, input: {} });
    this.adapt({});
    addEventListener("message", ({ source, data }) => {
      if (source === parent && data?.jsonrpc === "2.0") this.take(data);
    });
  }

  /** Greet the host; afterwards `onResult({document | refusal})` hears every answer of the app's tool. */
  async connect({ onResult, onNews = () => {} }) {
    Object.assign(this, { onResult, onNews });
    const met = await this.ask("ui/initialize", {
      appInfo: { name: `adengine-${this.name}`, version: "1" },
      appCapabilities: { availableDisplayModes: ["inline"] },
      protocolVersion: SPOKEN,
    });
    this.grants = met.hostCapabilities || {};
    this.adapt(met.hostContext || {});
    this.post({ method: "ui/notifications/initialized" });
    new ResizeObserver(() => this.measure()).observe(document.documentElement);
  }

  get callsTools() {
    return Boolean(this.grants.serverTools);
  }

  get locale() {
    return this.context.locale || navigator.language || "en";
  }

  /** Call a tool of our server through the host; answers {document} or {refusal}, and never throws. */
  async call(name, given) {
    const store = this.input.store ? { store: this.input.store } : {};
    try {
      return read(await this.ask("tools/call", { name, arguments: { ...store, ...given } }));
    } catch (error) {
      return { refusal: error.message };
    }
  }

  async resource(uri) {
    const { contents } = await this.ask("resources/read", { uri });
    return contents?.[0]?.text || "";
  }

  /** Tell the model what happened here, for its next turn. */
  remember(text) {
    if (this.grants.updateModelContext)
      this.ask("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {});
  }

  async open(url) {
    const { isError } = await this.ask("ui/open-link", { url });
    if (isError) throw new Error("the host did not open the link");
  }

  ask(method, params) {
    const id = ++this.sent;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.settle(id, { error: { message: "No answer came. Try again." } }), PATIENCE_MS);
      this.waiting.set(id, { resolve, reject, late });
      this.post({ id, method, params });
    });
  }

  settle(id, { result, error }) {
    const asked = this.waiting.get(id);
    if (!asked) return undefined;
    this.waiting.delete(id);
    clearTimeout(asked.late);
    return error ? asked.reject(new Error(error.message || "The host refused.")) : asked.resolve(result || {});
  }

  post(message) {
    parent.postMessage({ jsonrpc: "2.0", ...message }, "*"); // an app is not told its host's origin
  }

  take({ id, method, params = {}, ...answer }) {
    if (!method) return this.settle(id, answer);
    if (id !== undefined) return this.reply(id, method);
    if (method === "ui/notifications/tool-input") this.input = params.arguments || {};
    else if (method === "ui/notifications/tool-result") this.onResult(read(params));
    else if (method === "ui/notifications/tool-cancelled") this.onResult({ refusal: "This was cancelled." });
    else if (method === "ui/notifications/host-context-changed") this.adapt(params);
    else if (method === "notifications/resources/updated") this.onNews(params.uri);
    return undefined;
  }

  reply(id, method) {
    const known = method === "ping" || method === "ui/resource-teardown";
    this.post(known ? { id, result: {} } : { id, error: { code: -32601, message: `no method ${method}` } });
  }

  adapt(context) {
    Object.assign(this.context, context);
    const night = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const root = document.documentElement;
    root.dataset.theme = this.context.theme || night;
    const font = this.context.styles?.variables?.["--font-sans"];
    if (font) root.style.setProperty("--font-sans", font);
    const { top = 0, right = 0, bottom = 0, left = 0 } = this.context.safeAreaInsets || {};
    root.style.padding = `${top}px ${right}px ${bottom}px ${left}px`;
  }

  /** Only the height is ours to ask for: the host gives the width. */
  measure() {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === this.height) return;
    this.height = height;
    this.post({ method: "ui/notifications/size-changed", params: { height } });
  }
}
