// What to do about a refusal of the Bot API, in the words of its settings.

const FIXES: [code: number, description: RegExp, fix: string][] = [
  [
    400,
    /chat not found/i,
    'Write to the bot first, or add it to the group; then set TELEGRAM_CHAT_ID to the number of that ' +
      'chat (a group has a negative one), or to @name of a channel',
  ],
  [
    400,
    /thread not found|TOPIC_DELETED/i,
    'Set TELEGRAM_THREAD_ID to the message_thread_id of a topic that the group has, or unset it',
  ],
  [
    400,
    /TOPIC_CLOSED/i,
    'Open the topic again, or set TELEGRAM_THREAD_ID to another one of the group',
  ],
  [
    400,
    /not enough rights|have no rights|CHAT_WRITE_FORBIDDEN/i,
    'Allow the bot to write in the chat: in a channel it has to be an administrator',
  ],
  [
    401,
    /./,
    'The token is not valid any more: set TELEGRAM_BOT_TOKEN to the one that @BotFather shows',
  ],
  [
    403,
    /bots can't send messages to bots/i,
    'Set TELEGRAM_CHAT_ID to a chat of people, not of a bot',
  ],
  [403, /can't initiate/i, 'Write to the bot first: it cannot begin a conversation'],
  [403, /./, 'Unblock the bot, or add it to the chat again'],
  [
    404,
    /./,
    'The Bot API knows no such token: set TELEGRAM_BOT_TOKEN to the one that @BotFather shows, and ' +
      'check TELEGRAM_API_URL if it is set',
  ],
]

/** Null for what has no known remedy. */
export function fixFor(errorCode: number, description: string): string | null {
  const found = FIXES.find(([code, pattern]) => code === errorCode && pattern.test(description))
  return found ? `${found[2]}.` : null
}
