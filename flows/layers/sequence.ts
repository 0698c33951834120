import type { Params } from "../../core/contracts/flow.ts";
import { add, advance, channels, joinChannels, type Tensor, zeros } from "../../core/engine/mod.ts";
import { fold } from "../../core/base/random.ts";
import { initSequence, type Layer, part, prefixed } from "./layer.ts";

/** Layers one after another. Each step of a walk has a scope of its own, so memory is flat in depth. */
export function sequence(layers: readonly Layer[]): Layer {
  const prefixes = layers.map((_, i) => String(i));
  return {
    init: (key, { x, context }) => initSequence(layers, { key, x, context }).params,
    forward(params, x, context) {
      let y = x, logdet = zeros([x.shape[0]]) as Tensor;
      layers.forEach((layer, i) => {
        ({ y, logdet } = advance(i === 0 ? [logdet] : [y, logdet], () => {
          const out = layer.forward(part(params, prefixes[i]), y, context);
          return { y: out.y, logdet: add(logdet, out.logdet) };
        }));
      });
      return { y, logdet };
    },
    inverse(params, y, context) {
      let x = y;
      for (let i = layers.length - 1; i >= 0; i--) {
        x = advance(x === y ? [] : [x], () => layers[i].inverse(part(params, prefixes[i]), x, context));
      }
      return x;
    },
    backward(params, y, { dy, dlogdet }, context) {
      let x = y, dx = dy, dparams: Params = {}, dcontext: Tensor | undefined;
      for (let i = layers.length - 1; i >= 0; i--) {
        const replaced = [...(x === y ? [] : [x, dx]), ...(dcontext ? [dcontext] : [])];
        const step = advance(replaced, () => {
          const g = layers[i].backward(part(params, prefixes[i]), x, { dy: dx, dlogdet }, context);
          const total = g.dcontext && dcontext ? add(g.dcontext, dcontext) : g.dcontext ?? dcontext?.clone();
          return {
            x: g.x,
            dx: g.dx,
            dparams: g.dparams as Record<string, Tensor>,
            ...(total && { dcontext: total }),
          };
        });
        ({ x, dx } = step);
        dcontext = "dcontext" in step ? step.dcontext : undefined;
        dparams = { ...dparams, ...prefixed(prefixes[i], step.dparams) };
      }
      return { x, dx, dparams, dcontext };
    },
    pullback(params, x, { dx, dlogdet }, context) {
      let y = x, dy = dx, logdet = zeros([x.shape[0]]) as Tensor;
      layers.forEach((layer, i) => {
        ({ y, dy, logdet } = advance(i === 0 ? [logdet] : [y, dy, logdet], () => {
          const out = layer.pullback(part(params, prefixes[i]), y, { dx: dy, dlogdet }, context);
          return { ...out, logdet: add(logdet, out.logdet) };
        }));
      });
      return { y, logdet, dy };
    },
  };
}

/** Two layers side by side, on the first and second half of the channels. */
export function parallel(first: Layer, second: Layer): Layer {
  const split = (x: Tensor) => {
    const c = x.shape[x.shape.length - 1], n = Math.floor(c / 2);
    return [channels(x, 0, n), channels(x, n, c - n)] as const;
  };
  return {
    init(key, { x, context }) {
      const [a, b] = split(x);
      const params = [
        first.init(fold(key, 0), { x: a, context }),
        second.init(fold(key, 1), { x: b, context }),
      ];
      return { ...prefixed("a", params[0]), ...prefixed("b", params[1]) };
    },
    forward(params, x, context) {
      const [a, b] = split(x);
      const p = first.forward(part(params, "a"), a, context),
        q = second.forward(part(params, "b"), b, context);
      return { y: joinChannels([p.y, q.y]), logdet: add(p.logdet, q.logdet) };
    },
    inverse(params, y, context) {
      const [a, b] = split(y);
      return joinChannels([
        first.inverse(part(params, "a"), a, context),
        second.inverse(part(params, "b"), b, context),
      ]);
    },
    backward(params, y, { dy, dlogdet }, context) {
      const [a, b] = split(y), [da, db] = split(dy);
      const p = first.backward(part(params, "a"), a, { dy: da, dlogdet }, context);
      const q = second.backward(part(params, "b"), b, { dy: db, dlogdet }, context);
      return {
        x: joinChannels([p.x, q.x]),
        dx: joinChannels([p.dx, q.dx]),
        dparams: { ...prefixed("a", p.dparams), ...prefixed("b", q.dparams) },
        dcontext: p.dcontext && q.dcontext ? add(p.dcontext, q.dcontext) : p.dcontext ?? q.dcontext,
      };
    },
    pullback(params, x, { dx, dlogdet }, context) {
      const [a, b] = split(x), [da, db] = split(dx);
      const p = first.pullback(part(params, "a"), a, { dx: da, dlogdet }, context);
      const q = second.pullback(part(params, "b"), b, { dx: db, dlogdet }, context);
      return {
        y: joinChannels([p.y, q.y]),
        logdet: add(p.logdet, q.logdet),
        dy: joinChannels([p.dy, q.dy]),
      };
    },
  };
}
