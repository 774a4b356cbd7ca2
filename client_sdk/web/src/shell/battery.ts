/** The battery, where the browser tells (Chromium on phones and laptops): low and not charging means sparing it. */

interface Battery extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}

const LOW = 0.2;

/** Call `changed` whenever the battery becomes low or no longer is; returns how to stop. */
export function watchBattery(changed: (low: boolean) => void): () => void {
  let stop = (): void => undefined;
  let gone = false;
  const source = navigator as Navigator & { getBattery?(): Promise<Battery> };
  void source.getBattery?.().then(
    (battery) => {
      if (gone) return;
      const look = (): void => changed(battery.level <= LOW && !battery.charging);
      for (const name of ["levelchange", "chargingchange"]) battery.addEventListener(name, look);
      stop = () => {
        for (const name of ["levelchange", "chargingchange"]) battery.removeEventListener(name, look);
      };
      look();
    },
    // A policy may deny it; then nothing is known and nothing is spared.
    () => undefined,
  );
  return () => {
    gone = true;
    stop();
  };
}
