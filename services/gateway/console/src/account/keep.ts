/** Getting something that is shown once out of the page: to the clipboard, or on paper. */

/** Whether it is on the clipboard now. Without HTTPS browsers have no clipboard to write to; the older way is left. */
export async function copied(text: string): Promise<boolean> {
  if (window.isSecureContext && navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // not allowed: the older way
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}

/** Prints the part of the page with this class alone (base.css). */
export function printOnly(): void {
  document.documentElement.classList.add("prints-part");
  window.print();
  document.documentElement.classList.remove("prints-part");
}
