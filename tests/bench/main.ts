/** `deno task bench [name...]`: one JSON line per measurement of the benchmarks beside this file, all or the named. */

/** A measured number. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const folder = new URL("./", import.meta.url);
const known = (await Array.fromAsync(Deno.readDir(folder)))
  .map(({ name }) => name.replace(/\.ts$/, ""))
  .filter((name) => name !== "main")
  .sort();
const unknown = Deno.args.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}: the benchmarks are ${known.join(", ")}`);
  Deno.exit(2);
}
for (const name of known.filter((name) => Deno.args.length === 0 || Deno.args.includes(name))) {
  const { bench }: { bench(): AsyncIterable<Measurement> } = await import(new URL(`${name}.ts`, folder).href);
  for await (const { value, ...measurement } of bench()) {
    console.log(JSON.stringify({ benchmark: name, ...measurement, value: Number(value.toPrecision(4)) }));
  }
}
