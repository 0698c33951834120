import type { RunSummary } from "../contracts/summary.ts";
import type { Figure } from "./chart.ts";
import { imageAxes } from "./image_rows.ts";
import { panel } from "./panel.ts";
import { magnitudeQuantile } from "./picture.ts";
import type { StoredArray } from "./run_folder.ts";

/** A survey's velocity with its sources as stars and its receivers as triangles; undefined where it has none. */
export async function acquisitionFigure(
  arrays: ReadonlyMap<string, StoredArray>,
  { name, slug, problem }: { name: string; slug: string; problem?: RunSummary["problem"] },
): Promise<Figure | undefined> {
  const velocity = arrays.get("velocity"),
    sources = arrays.get("sources"),
    receivers = arrays.get("receivers");
  if (!velocity || !sources || !receivers) return undefined;
  const high = magnitudeQuantile([velocity], 1), low = velocity.data.reduce((a, b) => Math.min(a, b));
  const svg = await panel(velocity, {
    ...imageAxes(velocity.shape, problem?.spacing),
    scale: { map: "grey", low: 0.5 * low, high },
    points: [
      ...pointsOf(receivers, { shape: "triangle-down", color: "#4477aa" }),
      ...pointsOf(sources, { shape: "circle", color: "#ee6677" }),
    ],
  });
  const range = [low, high].map((v) => (v / 1e3).toFixed(2)).join(" to ");
  const counted = `${sources.shape[0]} sources, ${receivers.shape[1]} receivers`;
  return { name: `${slug}/acquisition`, title: `${name}: ${counted}, ${range} km/s`, svg };
}

/** Positions [.., 2] of [z, x]. */
function pointsOf({ data }: StoredArray, look: { shape: string; color: string }) {
  return Array.from({ length: data.length / 2 }, (_, i) => ({ z: data[2 * i], x: data[2 * i + 1], ...look }));
}
