/** A key as it stands in a path: in quotes where it would be read as something else. */
export function keyText(key: string | number): string {
  return /^$|^"|[=\p{Cc}\p{Cf}]|^\s|\s$/u.test(String(key)) ? quotedText(String(key)) : String(key);
}

/** In quotes, with an escape for each character that is not seen. */
export function quotedText(key: string): string {
  const code = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(key).replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (seen) => seen.split("").map(code).join(""),
  );
}
