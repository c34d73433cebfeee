/** One turn of a conversation, as chat templates take them. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}
