/** Who may do what here, so that nobody is offered what the server refuses. */

import { may } from "@/session";

export const mayOrder = (): boolean => may("order");

/** Sealed files: to make, to list and to fetch. */
export const maySeal = (): boolean => may("seal_evidence");

export const mayAnswer = (): boolean => may("answer");
