import { declaredMethods } from "../spec/methods.ts";
import type { Method, MethodContext } from "./method.ts";

/** A method by its kind. */
export interface AskedMethod extends Method {
  readonly kind: string;
}

/** The methods that a spec asks for, in the order of the registry. */
export function methodsOf(given: MethodContext): AskedMethod[] {
  return declaredMethods(given.spec, given.context.registry).map(({ plugin, options }) => ({
    kind: plugin.kind,
    ...plugin.build(options, given) as Method,
  }));
}
