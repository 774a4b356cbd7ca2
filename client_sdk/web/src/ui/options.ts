/** What a page may choose about the learner's screens. */

export interface Links {
  /** Where a learner appeals. */
  readonly appeal?: string;
  /** What is stored, and until when. */
  readonly privacy?: string;
  /** How to study without face recognition. */
  readonly nonFace?: string;
}

export interface UiOptions {
  /** Where the status goes; by default right after the player. `false`: none. */
  readonly status?: HTMLElement | false;
  /** `auto` follows the device. */
  readonly theme?: "auto" | "light" | "dark";
  readonly links?: Links;
}

export interface Ui {
  destroy(): void;
}
