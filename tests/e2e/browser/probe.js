// Looks at the learner's screens, which live in shadow roots. Put into a page by the tests.
window.probe = {
  shadowed(selector) {
    for (const host of document.querySelectorAll("*")) {
      const found = host.shadowRoot?.querySelector(selector);
      if (found) return found;
    }
    return null;
  },

  /** Elements off the screen, wider than it, or too small for a thumb. */
  misfits() {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
    const look = (root) => {
      for (const element of root.querySelectorAll("*")) {
        const box = element.getBoundingClientRect();
        if (box.width === 0) continue;
        const name = `${element.tagName}.${element.className} "${element.textContent.slice(0, 20)}"`;
        // Drawings over the preview are clipped by it, and the arrow swings.
        if (element.closest(".away, .over") === null && (box.left < -1 || box.right > innerWidth + 1)) found.push(`${name} is off the side`);
        if (element.matches(".layer") && (box.top < 0 || box.bottom > innerHeight)) found.push("the layer is off the screen");
        if (element.matches("button, input, a.button") && (box.height < 44 || box.width < 44)) {
          found.push(`${name} is ${box.width}x${box.height}`);
        }
      }
    };
    for (const host of document.body.querySelectorAll("*")) if (host.shadowRoot) look(host.shadowRoot);
    return found;
  },

  /** Whether the challenge leaves the player's own controls free. */
  offTheControls() {
    const video = document.querySelector("video").getBoundingClientRect();
    const layer = this.shadowed(".layer").getBoundingClientRect();
    const beside = layer.left >= video.right || layer.right <= video.left;
    return beside || layer.top >= video.bottom || layer.bottom <= video.bottom - 72;
  },

  /** Whether the code's picture has dark pixels. */
  codeDrawn() {
    const canvas = this.shadowed("canvas.code");
    const pixels = canvas?.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    return pixels.some((value, index) => index % 4 === 0 && value > 0 && value < 90);
  },

  async axe() {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await axe.run(document, { runOnly: tags });
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  },
};
