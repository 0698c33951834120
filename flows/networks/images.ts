import { z } from "zod";
import { haar, pixels, type Squeeze } from "../layers/squeeze.ts";

/** Squeezes by their name in a spec. */
export const SQUEEZES: Readonly<Record<"haar" | "pixels", Squeeze>> = { haar, pixels };

/** The option `squeeze` of the image networks. */
export const squeezeOption = z.enum(["haar", "pixels"]).default("haar").describe(
  "how 2 x 2 pixels become channels: averages and details, or as they are",
);
