import { fold, type Key, uniforms } from "../../../core/base/random.ts";
import { countWithin, type Range, smoothField, within } from "./draws.ts";

export interface StructureParameters {
  readonly dip: Range;
  readonly folds: { readonly amplitude: Range; readonly wavelength: Range };
  readonly roughness: Range;
  readonly faults: { readonly count: Range; readonly throw: Range; readonly dip: Range };
  readonly unconformities: { readonly count: Range; readonly tilt: Range };
}

/** Where a cell lies in the pile of sediments: its package, 0 on top, and its depth there before deformation. */
export interface Place {
  package: number;
  depth: number;
}

export interface Structure {
  readonly packages: number;
  /** Writes the place of the point (z, x), in cells, to `place`. */
  locate(z: number, x: number, place: Place): void;
}

/**
 * Geology as a map from present to depositional depth: faults displace their hanging walls, then every package has
 * its own dip, fold and roughness; an unconformity is a level of the package above at which the next one begins.
 */
export function drawStructure(
  parameters: StructureParameters,
  { key, shape: [nz, nx] }: { key: Key; shape: readonly [number, number] },
): Structure {
  const faults = drawFaults(parameters.faults, { key: fold(key, "faults"), shape: [nz, nx] });
  const breaks = countWithin(parameters.unconformities.count, { key, name: "unconformities" });
  const levels = [...uniforms(fold(key, "levels"), breaks)].map((u) => nz * (0.15 + 0.7 * u)).sort((a, b) =>
    a - b
  );
  const packages = Array.from({ length: breaks + 1 }, (_, i) => {
    const packageKey = fold(fold(key, "package"), i);
    const tilt = i === 0 ? 0 : within(parameters.unconformities.tilt, { key: packageKey, name: "tilt" });
    return drawDeformation(parameters, { key: packageKey, tilt, nx });
  });
  return {
    packages: packages.length,
    locate(z, x, place) {
      const before = faults(z, x);
      let i = 0, depth = packages[0](before, x);
      while (i < levels.length && depth > levels[i]) depth = packages[++i](before, x);
      place.package = i;
      place.depth = depth;
    },
  };
}

/** Depth before dip, fold and roughness. */
function drawDeformation(
  { dip, folds, roughness }: StructureParameters,
  { key, tilt, nx }: { key: Key; tilt: number; nx: number },
): (z: number, x: number) => number {
  const slope = tilt + within(dip, { key, name: "dip" });
  const amplitude = within(folds.amplitude, { key, name: "amplitude" });
  const wavenumber = 2 * Math.PI / within(folds.wavelength, { key, name: "wavelength" });
  const phase = within([0, 2 * Math.PI], { key, name: "phase" });
  const rough = within(roughness, { key, name: "roughness" });
  const field = smoothField(fold(key, "field"), [12, 8]);
  return (z, x) => {
    const folded = amplitude * Math.sin(wavenumber * x + phase);
    return z - slope * (x - nx / 2) - folded - rough * field(z, x);
  };
}

/** Depth before normal faulting: the hanging wall of a fault, above its plane, has slid down by the throw. */
function drawFaults(
  { count, throw: slip, dip }: StructureParameters["faults"],
  { key, shape: [nz, nx] }: { key: Key; shape: readonly [number, number] },
): (z: number, x: number) => number {
  const faults = Array.from({ length: countWithin(count, { key, name: "count" }) }, (_, i) => {
    const faultKey = fold(key, i);
    const side = uniforms(fold(faultKey, "side"), 1)[0] < 0.5 ? -1 : 1;
    const angle = within(dip, { key: faultKey, name: "dip" }) * Math.PI / 180;
    return {
      side,
      run: side / Math.tan(angle),
      x: within([0.1 * nx, 0.9 * nx], { key: faultKey, name: "x" }),
      slip: within(slip, { key: faultKey, name: "throw" }),
    };
  });
  return (z, x) => {
    let before = z;
    for (const fault of faults) {
      const plane = fault.x + fault.run * (z - nz / 2);
      if (fault.side * (x - plane) > 0) before -= fault.slip;
    }
    return before;
  };
}
