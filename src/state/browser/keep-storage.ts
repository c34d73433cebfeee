// Storage that the browser does not clear by itself when the disk runs full.

/**
 * Asks for it where a person has just said what it is for. Nothing waits for the answer: Firefox asks the
 * person, who may overlook that or never answer, and a refusal only means a smaller promise.
 */
export function askToKeepStorage(): void {
  void navigator.storage?.persist?.().catch(() => false);
}
