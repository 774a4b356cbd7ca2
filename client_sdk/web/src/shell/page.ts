/** The page: whether it is seen and has the focus, and when the browser freezes, hides or restores it. */

export interface PageEvents {
  changed(cause: "visibility" | "focus" | "freeze" | "hints"): void;
  online(): void;
  offline(): void;
}

export function pageState(): { visible: boolean; focused: boolean } {
  return { visible: document.visibilityState === "visible", focused: hasFocus() };
}

/** A frame of a page that has the focus elsewhere is still being looked at; only a same-origin parent can be asked. */
function hasFocus(): boolean {
  if (document.hasFocus()) return true;
  if (window.top === window) return false;
  try {
    return window.top?.document.hasFocus() ?? false;
  } catch {
    return false;
  }
}

export function listenToPage(events: PageEvents): () => void {
  const on: [EventTarget, string, () => void][] = [
    [document, "visibilitychange", () => events.changed("visibility")],
    [document, "freeze", () => events.changed("freeze")],
    [window, "pagehide", () => events.changed("freeze")],
    [window, "pageshow", () => events.online()],
    [window, "focus", () => events.changed("focus")],
    [window, "blur", () => events.changed("focus")],
    [window, "online", () => events.online()],
    [window, "offline", () => events.offline()],
    [document, "enterpictureinpicture", () => events.changed("hints")],
    [document, "leavepictureinpicture", () => events.changed("hints")],
  ];
  // Chromium tells of a second screen; elsewhere `screen` takes no listeners.
  if ("addEventListener" in screen) on.push([screen as unknown as EventTarget, "change", () => events.changed("hints")]);
  for (const [target, name, listener] of on) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of on) target.removeEventListener(name, listener);
  };
}
