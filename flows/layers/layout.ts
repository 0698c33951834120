/**
 * Whether a tensor, without its batch axis, is laid out as an image [h, w, channels]; vectors are [d]. The layout is
 * all that a flow knows of a space: `FlowShapes` follow from its kind.
 */
export function isImageLayout(shape: readonly number[]): boolean {
  return shape.length === 3;
}
