/** Short tones: who has turned away, or closed the eyes, hears that the next step has come. */

const HERTZ: Readonly<Record<string, number>> = { start: 523, next: 659, done: 784, failed: 330 };
let context: AudioContext | null = null;

export function cue(name: string): void {
  try {
    context ??= new AudioContext();
    const sound = context;
    void sound.resume();
    const from = sound.currentTime;
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = HERTZ[name] ?? 440;
    volume.gain.setValueAtTime(0.12, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.18);
    tone.connect(volume).connect(sound.destination);
    tone.start(from);
    tone.stop(from + 0.2);
    navigator.vibrate?.(40);
  } catch {
    // Without sound the words still say it.
  }
}

/** Let go of the sound device. */
export function hush(): void {
  void context?.close().catch(() => undefined);
  context = null;
}
