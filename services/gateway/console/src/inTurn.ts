import { Problem } from "@/api/client";

/** = so often at most; then the person decides. */
const TRIES = 6;
const UNSAID_S = 10;

/** Logs in; where too many do at once the server says when to come again, and nobody has to press the button for that.
 *
 * `waitFor` waits so many seconds, and says whether it is still wanted. */
export async function inTurn(enter: () => Promise<unknown>, waitFor: (seconds: number) => Promise<boolean>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await enter();
      return;
    } catch (error) {
      const isLine = error instanceof Problem && error.code === "too_many_logins";
      if (!isLine || tries === TRIES || !(await waitFor(error.retryAfterS ?? UNSAID_S))) throw error;
    }
  }
}
