// The headers that every response of ClickHouse carries, and its error responses.

import type { ServerResponse } from 'node:http'
import { type ClickHouseError, errorText, httpStatus } from './clickhouse-error.ts'

export interface ServerIdentity {
  version: string
  timezone: string
  displayName: string
}

export function setIdentityHeaders(response: ServerResponse, identity: ServerIdentity): void {
  response.setHeader('X-ClickHouse-Server-Display-Name', identity.displayName)
  response.setHeader('X-ClickHouse-Timezone', identity.timezone)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Cache-Control', 'no-store')
}

/** `encoded` is the text as the client asked to have results encoded, if it did. */
export function sendError(
  response: ServerResponse,
  error: ClickHouseError,
  identity: ServerIdentity,
  encoded: { bytes: Buffer; contentEncoding: string | null } | null = null,
): void {
  const status = httpStatus(error)
  setIdentityHeaders(response, identity)
  response.removeHeader('X-ClickHouse-Format')
  response.setHeader('X-ClickHouse-Exception-Code', error.code)
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  if (status === 401) {
    response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"')
  }
  response.statusCode = status
  if (encoded !== null && encoded.contentEncoding !== null) {
    response.setHeader('Content-Encoding', encoded.contentEncoding)
  }
  response.end(encoded?.bytes ?? errorText(error, identity.version))
}

export function contentType(format: string): string {
  if (/^(JSON\w*EachRow\w*|JSONLines|NDJSON)$/i.test(format)) {
    return 'application/x-ndjson; charset=UTF-8'
  }
  if (/^JSON/i.test(format)) return 'application/json; charset=UTF-8'
  if (/^CSVWithNames/i.test(format)) return 'text/csv; charset=UTF-8; header=present'
  if (/^CSV/i.test(format)) return 'text/csv; charset=UTF-8; header=absent'
  if (/^(TSV|TabSeparated)/i.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  if (/^XML$/i.test(format)) return 'application/xml; charset=UTF-8'
  if (/^(RowBinary|Native|Parquet|Arrow|ORC|Avro|MsgPack|Protobuf|CapnProto)/i.test(format)) {
    return 'application/octet-stream'
  }
  return 'text/plain; charset=UTF-8'
}
