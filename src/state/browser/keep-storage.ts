// Asks for persistent storage, which the browser does not clear by itself when the disk is full.

/**
 * Call it when the user has just asked for something to be stored. No caller waits for the answer: Firefox
 * shows a prompt that may never be answered, and after a refusal everything still works.
 */
export function askToKeepStorage(): void {
  void navigator.storage?.persist?.().catch(() => false);
}
