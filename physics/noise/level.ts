import { z } from "zod";
import type { Remark, Slots, SpecContext } from "../../core/contracts/plugin.ts";
import { about, oneOf, quantity } from "../../core/base/units.ts";

/** The noise's RMS: as a number, against the clean training data, or against the training noise. */
export const levelSchema = oneOf({
  sigma: about(z.number().positive(), "RMS of one datum, in the data's unit"),
  snr: about(quantity("level"), "20 log10(RMS of clean training data / RMS of the noise)"),
  scale: about(z.number().positive(), "factor on the training noise; for shifts"),
});

const NOMINAL_SCALE = "is a factor on the training noise, for shifts: the nominal noise needs sigma or snr";

/** Refuses a factor on the training noise where that noise itself is declared. */
export function levelRemarks({ scale }: z.output<typeof levelSchema>, { nominal }: SpecContext): Remark[] {
  return nominal && scale !== undefined ? [{ path: ["level", "scale"], message: NOMINAL_SCALE }] : [];
}

/** RMS that a level names. */
export function sigmaOf(
  level: z.output<typeof levelSchema>,
  { signalRms, trainingSigma }: Slots["noise"]["context"],
): number {
  if (level.sigma !== undefined) return level.sigma as number;
  if (level.snr !== undefined) return signalRms * 10 ** (-(level.snr as number) / 20);
  if (trainingSigma === undefined) throw new Error(`noise.level.scale ${NOMINAL_SCALE}`);
  return trainingSigma * (level.scale as number);
}
