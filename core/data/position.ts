/** Where a value of a flat array in C order is, counted from 0: "row 3, column 7". */
export function positionText(index: number, shape: readonly number[]): string {
  if (shape.length === 0) return "its only value";
  let rest = index;
  const place = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  if (place.length === 1) return `value ${place[0]}`;
  const [row, column] = place.slice(-2), outer = place.slice(0, -2);
  return `${outer.length > 0 ? `item ${outer.join(", ")}, ` : ""}row ${row}, column ${column}`;
}
