import { type Document, type DocumentOptions, type SchemaOptions, visit } from "yaml";

/**
 * Whole numbers keep all their digits, at any length. {@link narrowIntegers} turns them into plain numbers.
 */
export const EXACT: DocumentOptions & SchemaOptions & { intAsBigInt: true } = { intAsBigInt: true };

/** Whole numbers that a double keeps become numbers; longer ones stay `bigint`, which no setting takes. */
export function narrowIntegers(document: Document): void {
  visit(document, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value !== "bigint") return;
      const number = Number(value);
      if (Number.isSafeInteger(number)) node.value = number;
    },
  });
}
