/** What the file at `place` holds; the error of a missing or foreign file is a sentence that names it. */
export function readInput<T>(place: string, parse: (bytes: Uint8Array) => T): T {
  const bytes = bytesOfFile(place);
  const fail = (error: unknown): never => {
    throw new Error(`Cannot read ${place}: ${(error as Error).message}`);
  };
  try {
    const value = parse(bytes);
    return value instanceof Promise ? value.catch(fail) as T : value;
  } catch (error) {
    return fail(error);
  }
}

function bytesOfFile(place: string): Uint8Array {
  try {
    return Deno.readFileSync(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`there is no file ${place}`);
    if (error instanceof Deno.errors.IsADirectory) {
      throw new Error(`${place} is a folder: it must be a file`);
    }
    throw error;
  }
}
