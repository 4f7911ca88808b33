/** Who may do what here, so that nobody is offered what the server refuses. */

import { may } from "@/session";

export const mayOrder = (): boolean => may("order");

export const mayAnswer = (): boolean => may("answer");
