import { diagonal } from "./corrections/diagonal.ts";
import { evidence } from "./corrections/evidence.ts";
import { finetune } from "./corrections/finetune.ts";
import { flow } from "./corrections/flow.ts";
import { lowRank } from "./corrections/low_rank.ts";
import { mean } from "./corrections/mean.ts";
import { none } from "./corrections/none.ts";
import { coupling } from "./networks/coupling.ts";
import { glow } from "./networks/glow.ts";
import { hint } from "./networks/hint.ts";
import { adam } from "./optimizers/adam.ts";

/** Every component kind that this folder provides. */
export const plugins = [glow, hint, coupling, none, mean, diagonal, lowRank, flow, finetune, evidence, adam];
