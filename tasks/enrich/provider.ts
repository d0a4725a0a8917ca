// What a provider of places, weather or exchange rates can do. The offline ones answer from seeds; a
// live one speaks HTTP behind the same two functions and has the same cache, layer raw.

/** An answer as it was given. Bytes: a refusal may be HTML, or no text at all. */
export interface Reply {
  /** HTTP status. 2xx is an answer; with any other status the question stays pending. */
  status: number
  body: Buffer
}

export interface Provider<Question, Answer> {
  /** In raw.api_responses and on the rows of dds: a new name is asked anew. */
  readonly name: string
  /** A throw leaves the question pending; what asks goes on with the others. */
  ask(question: Question, signal: AbortSignal): Promise<Reply>
  /** Reads the body of a 2xx, today's or one that raw has kept. Throws when it is no such answer. */
  read(body: Buffer): Answer
}

export interface Place {
  latitude: number
  longitude: number
}

/** null: the provider knows no city there, and that is its answer. */
export type CityAnswer = { city: string; country: string } | null

export interface PlaceHour extends Place {
  hour: Date
}

/** null: there is no weather of that hour and there never will be. */
export type WeatherAnswer = { condition: string; temperatureC: number } | null

/** Units of each currency for one US dollar, as decimal strings; every currency that there is. */
export type RatesAnswer = Record<string, string>
