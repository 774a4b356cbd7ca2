/** What to do, drawn: an arrow over the preview, and a face beside the words. */

const NS = "http://www.w3.org/2000/svg";

function svg(tag: string, attributes: Record<string, string>, ...children: SVGElement[]): SVGElement {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Degrees by which an arrow that points to the right is turned. The preview is a mirror: one's own left is at the left. */
const TURN: Readonly<Record<string, number>> = { turn_right: 0, look_down: 90, turn_left: 180, look_up: 270 };

/** The oval over the preview, with the arrow for a movement. */
export class Overlay {
  readonly element: SVGElement;
  private readonly arrow = svg("path", { class: "arrow", d: "M-9 -4H1V-9L11 0L1 9V4H-9Z" });
  private readonly place = svg("g", {}, this.arrow);

  constructor() {
    const oval = { cx: "50", cy: "37.5", rx: "19", ry: "29", fill: "none" };
    this.element = svg("svg", { viewBox: "0 0 100 75", class: "over", "aria-hidden": "true" }, svg("ellipse", { ...oval, class: "rim" }), svg("ellipse", { ...oval, class: "oval-line" }), this.place);
  }

  point(action: string): void {
    const degrees = TURN[action];
    this.place.setAttribute("visibility", degrees === undefined ? "hidden" : "visible");
    if (degrees === undefined) return;
    const radians = (degrees * Math.PI) / 180;
    this.place.setAttribute("transform", `translate(${50 + 35 * Math.cos(radians)} ${37.5 + 25 * Math.sin(radians)}) rotate(${degrees})`);
  }
}

/** A small face that does what is asked. */
export function face(action: string): SVGElement {
  const dx = action === "turn_left" ? -5 : action === "turn_right" ? 5 : 0;
  const dy = action === "look_up" ? -5 : action === "look_down" ? 5 : 0;
  const eye = (x: number): SVGElement =>
    action === "blink" ? svg("path", { d: `M${x - 3} ${19 + dy}q3 3 6 0`, fill: "none" }) : svg("circle", { cx: String(x), cy: String(19 + dy), r: "1.6", class: "solid" });
  const mouth = action === "open_mouth" ? svg("ellipse", { cx: "24", cy: "31", rx: "4", ry: "6", fill: "none" }) : svg("path", { d: `M${19 + dx} ${31 + dy}h10`, fill: "none" });
  return svg("svg", { viewBox: "0 0 48 48", class: "face", "aria-hidden": "true" }, svg("ellipse", { cx: "24", cy: "24", rx: "15", ry: "20", fill: "none" }), eye(18 + dx), eye(30 + dx), mouth);
}
