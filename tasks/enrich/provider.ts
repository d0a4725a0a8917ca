// What a provider of places, weather or exchange rates can do. The offline ones answer from seeds; a
// live one speaks HTTP behind the same functions. All have the same cache, layer raw.

/** An answer as it was given. Bytes: a refusal may be HTML, or no text at all. */
export interface Reply {
  /** HTTP status. 2xx is an answer; with any other status the question stays pending. */
  status: number
  body: Buffer
  /** What a server calls this version of its answer. */
  etag?: string | null
}

export interface Provider<Question, Answer> {
  /** In raw.api_responses and on the rows of dds: a new name is asked anew. */
  readonly name: string
  /** Asking takes a network: not on the way of the base load, and not before lookup_question says. */
  readonly isLive?: boolean
  /** What is known of a question without asking, also while the provider is down. */
  knows?(question: Question): { answer: Answer } | null
  /** @throws NotAskedError, NoAnswerError; any throw leaves the question pending */
  ask(question: Question, signal: AbortSignal): Promise<Reply>
  /** Reads the body of a 2xx, today's or one that raw has kept. Throws when it is no such answer. */
  read(body: Buffer, question: Question): Answer
}

/** No call was made: a quota, a pace, a breaker. The next question would meet the same. */
export class NotAskedError extends Error {
  override name = 'NotAskedError'
}

/** A call was made and brought nothing that answers. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError'
  /** What came instead, to be kept. */
  readonly reply: Reply | null
  /** The provider is well and refused this very question. */
  readonly isRefusal: boolean

  constructor(message: string, reply: Reply | null, isRefusal: boolean) {
    super(message)
    this.reply = reply
    this.isRefusal = isRefusal
  }
}

export interface Place {
  latitude: number
  longitude: number
}

/** null: the provider knows no place there, and that is its answer. */
export type CityAnswer = { city: string | null; country: string | null } | null

export interface PlaceHour extends Place {
  hour: Date
}

/** null: there is no weather of that hour and there never will be. */
export type WeatherAnswer = { condition: string; temperatureC: number } | null

/** Units of each currency for one US dollar, as decimal strings; every currency that there is. */
export type RatesAnswer = Record<string, string>
