import { z } from "zod";
import type { FlowShapes } from "../../core/contracts/flow.ts";
import type { Remark } from "../../core/contracts/plugin.ts";
import { haar, pixels, type Squeeze } from "../layers/squeeze.ts";
import { isImageLayout } from "../layers/layout.ts";

/** Squeezes by their name in a spec. */
export const SQUEEZES: Readonly<Record<"haar" | "pixels", Squeeze>> = { haar, pixels };

/** The option `squeeze` of the image networks. */
export const squeezeOption = z.enum(["haar", "pixels"]).default("haar").describe(
  "how 2 x 2 pixels become channels: averages and details, or as they are",
);

/** Why an image flow cannot take an unknown, as a sentence about its kind or its levels. */
export function imageRemarks(
  kind: string,
  { shapes, levels }: { shapes?: FlowShapes; levels?: number },
): Remark[] {
  if (!shapes) return [];
  const { x } = shapes;
  if (!isImageLayout(x)) {
    return [{
      path: ["kind"],
      message: `is ${kind}, which maps images: the unknown is a vector of ${x}; write coupling`,
    }];
  }
  const message = sidesFault(x, levels ?? 1);
  if (!message) return [];
  return [
    levels === undefined
      ? { path: ["kind"], message: `is ${kind}, ${message}` }
      : { path: ["levels"], message: `is ${levels}, ${message}` },
  ];
}

/** Why an image cannot be halved `levels` times; undefined if it can. */
export function sidesFault([height, width]: readonly number[], levels: number): string | undefined {
  const factor = 2 ** levels;
  if (height % factor === 0 && width % factor === 0) return;
  const times = levels === 1 ? "once" : `${levels} times`;
  return `which halves images ${times}: both sides of ${height} x ${width} must be multiples of ${factor}`;
}
