import type { Figure } from "./chart.ts";

/** Figures that are read together. */
export interface Section {
  readonly title: string;
  readonly note: string;
  readonly figures: readonly Figure[];
  /** Colour scale of pictures, its gradient in CSS. */
  readonly scale?: {
    readonly gradient: string;
    readonly low: number;
    readonly high: number;
    readonly quantity: string;
  };
}
