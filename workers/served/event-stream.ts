// The events of a response as they arrive (https://html.spec.whatwg.org/multipage/server-sent-events.html): lines
// that begin with "data: ", ended by an empty one; comments are signs of life.

import { ModelError } from '../runtime';

/** Longer than any event of an answer. */
const MOST_CHARS = 1 << 22;

/**
 * Gives the data of each event, until the response ends or the reader stops asking.
 * @param alive told of every piece that arrives
 * @throws ModelError `network` for an event beyond reason, or what the connection throws
 */
export async function* eventsOf(
  response: Response,
  alive: () => void,
): AsyncGenerator<string, void, undefined> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      alive();
      rest += done ? `${decoder.decode()}\n` : decoder.decode(value, { stream: true });
      if (rest.length > MOST_CHARS) {
        throw new ModelError(
          'network',
          'The server sent an event of more than 4 million characters.',
        );
      }
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines.map((one) => one.replace(/\r$/, ''))) {
        if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
        if (line !== '' || data.length === 0) continue;
        yield data.join('\n');
        data = [];
      }
      if (!done) continue;
      if (data.length > 0) yield data.join('\n');
      return;
    }
  } finally {
    // Where the reader stopped early, so that the server stops writing, too.
    await reader.cancel().catch(() => {});
  }
}
