import type { Plugin, Slot } from "../contracts/plugin.ts";
import { didYouMean } from "../base/suggest.ts";

/** Every component kind that a spec may name. */
export interface Registry {
  readonly plugins: readonly Plugin[];
  /** The kinds of one slot, in the order of registration. */
  of<S extends Slot>(slot: S): readonly Plugin<S>[];
  /** The plugin of a kind; an unknown kind is an error that lists the known ones. */
  get<S extends Slot>(slot: S, kind: string): Plugin<S>;
}

/** A lookup by (slot, kind) over plugins; two plugins of the same slot and kind are an error. */
export function createRegistry(plugins: readonly Plugin[]): Registry {
  const bySlot = new Map<Slot, Map<string, Plugin>>();
  for (const plugin of plugins) {
    const kinds = bySlot.get(plugin.slot) ?? new Map<string, Plugin>();
    if (kinds.has(plugin.kind)) {
      throw new Error(
        `Two ${plugin.slot} plugins are of kind ${plugin.kind}: kinds must be unique in a slot.`,
      );
    }
    bySlot.set(plugin.slot, kinds.set(plugin.kind, plugin));
  }
  const kindsOf = <S extends Slot>(slot: S) => (bySlot.get(slot) ?? new Map()) as Map<string, Plugin<S>>;
  return {
    plugins,
    of: <S extends Slot>(slot: S) => [...kindsOf(slot).values()] as unknown as Plugin<S>[],
    get<S extends Slot>(slot: S, kind: string) {
      const plugin = kindsOf(slot).get(kind);
      if (plugin) return plugin as unknown as Plugin<S>;
      const kinds = [...kindsOf(slot).keys()];
      throw new Error(
        `There is no ${slot} of kind "${kind}": the kinds are ${kinds.join(", ") || "none"}${
          didYouMean(kind, kinds)
        }`,
      );
    },
  };
}
