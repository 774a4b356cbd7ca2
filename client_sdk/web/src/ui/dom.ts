/** Small helpers: elements without innerHTML, styles that a content security policy allows. */

type Child = Node | string | null | false;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void) | null | undefined>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

/** Events on which players act. In fullscreen our elements lie inside the player, which toggles playing on a click. */
const OURS = ["keydown", "keypress", "keyup", "click", "dblclick", "contextmenu", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "touchend", "wheel"];

/**
 * A host element with a shadow root and styles. Constructed style sheets are not subject to `style-src`.
 *
 * Keys and clicks end at the host: outside it an event names the host as its target, a plain element, so that a player
 * with hotkeys takes the digits of a code for jumps in the film, and Space on a button for a pause.
 */
export function shadow(host: HTMLElement, css: string): ShadowRoot {
  const root = host.attachShadow({ mode: "open" });
  for (const kind of OURS) host.addEventListener(kind, (event) => {
    if (event.target === host) event.stopPropagation();
  }, { passive: true });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = css;
    root.append(style);
  }
  return root;
}

/** Give a host its theme; `auto` follows the page around it, now. */
export function themed(host: HTMLElement, theme = "auto"): void {
  host.dataset["theme"] = theme === "auto" ? (isDark() ? "dark" : "light") : theme;
}

function isDark(): boolean {
  const root = document.documentElement;
  for (const element of [document.body, root]) {
    const [r = 0, g = 0, b = 0, a = 1] = (getComputedStyle(element).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (a > 0.5) return r + 2 * g + b < 512;
  }
  const scheme = getComputedStyle(root).colorScheme;
  return scheme.includes("dark") && (!scheme.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches);
}

/** Set text only where it differs, so that a screen reader is not told the same twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** 75,400 ms -> "1:15"; only whole seconds that were reached. */
export function clockText(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
