/** What a page may choose about the learner's screens. */

export interface Links {
  /** Where a learner sees the record and appeals; by default the service's own page. */
  readonly appeal?: string;
  /** The whole privacy notice. The details list the stored data and its end in any case. */
  readonly privacy?: string;
  /** How to study without face recognition: an address, or what to do. */
  readonly nonFace?: string | (() => void);
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
